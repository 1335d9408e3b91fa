//! The snapshot of the core as nested dicts.
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::router::{LayerSnapshot, OutputSnapshot, PeerSnapshot, Snapshot};

/// {"counters", "peers", "tracks", "outputs"}, as lianzhen_core.pyi describes.
pub(super) fn to_dict<'py>(
    py: Python<'py>,
    snapshot: &Snapshot,
    commands_dropped: u64,
    of_streams: &[(&str, u64)],
) -> PyResult<Bound<'py, PyDict>> {
    let counters = PyDict::new(py);
    for (name, count) in snapshot.counters.named() {
        counters.set_item(name, count)?;
    }
    counters.set_item("commands_dropped", commands_dropped)?;
    for (name, count) in of_streams {
        counters.set_item(name, count)?;
    }
    let peers = PyDict::new(py);
    for (number, peer) in &snapshot.peers {
        peers.set_item(number, peer_dict(py, peer)?)?;
    }
    let tracks = PyDict::new(py);
    for (number, track) in &snapshot.tracks {
        let layers = PyDict::new(py);
        for (rid, layer) in &track.layers {
            layers.set_item(rid, layer_dict(py, layer)?)?;
        }
        let dict = PyDict::new(py);
        dict.set_item("layers", layers)?;
        tracks.set_item(number, dict)?;
    }
    let outputs = PyDict::new(py);
    for (number, output) in &snapshot.outputs {
        outputs.set_item(number, output_dict(py, output)?)?;
    }
    let dict = PyDict::new(py);
    dict.set_item("counters", counters)?;
    dict.set_item("peers", peers)?;
    dict.set_item("tracks", tracks)?;
    dict.set_item("outputs", outputs)?;
    Ok(dict)
}

fn peer_dict<'py>(py: Python<'py>, peer: &PeerSnapshot) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("is_silent", peer.is_silent)?;
    dict.set_item("is_ready", peer.is_ready)?;
    dict.set_item("last_heard_ms_ago", peer.last_heard_ms_ago)?;
    dict.set_item("rtt_ms", peer.rtt_ms)?;
    dict.set_item("wanted_bps", peer.wanted_bps)?;
    dict.set_item("allotted_bps", peer.allotted_bps)?;
    dict.set_item("estimate_bps", peer.estimate_bps)?;
    dict.set_item("acknowledged_bps", peer.acknowledged_bps)?;
    dict.set_item("data_bps", peer.data_bps)?;
    dict.set_item("pacer_queue_ms", peer.pacer_queue_ms)?;
    dict.set_item("probes", peer.probes)?;
    dict.set_item("congestion", peer.congestion)?;
    Ok(dict)
}

fn layer_dict<'py>(py: Python<'py>, layer: &LayerSnapshot) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("packets", layer.packets)?;
    dict.set_item("bytes", layer.bytes)?;
    dict.set_item("lost", layer.lost)?;
    dict.set_item("jitter_ms", layer.jitter_ms)?;
    dict.set_item("is_live", layer.is_live)?;
    dict.set_item("keyframes", layer.keyframes)?;
    dict.set_item("bps", layer.bps)?;
    dict.set_item("width", layer.width)?;
    dict.set_item("height", layer.height)?;
    Ok(dict)
}

fn output_dict<'py>(py: Python<'py>, output: &OutputSnapshot) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("peer", output.peer)?;
    dict.set_item("track", output.track)?;
    dict.set_item("layer", &output.layer)?;
    dict.set_item("target_layer", &output.target_layer)?;
    dict.set_item("is_paused", output.is_paused)?;
    dict.set_item("grant", output.grant)?;
    dict.set_item("max_temporal", output.max_temporal)?;
    dict.set_item("packets", output.packets)?;
    dict.set_item("bytes", output.bytes)?;
    dict.set_item("nacks", output.nacks)?;
    dict.set_item("retransmitted", output.retransmitted)?;
    dict.set_item("plis", output.plis)?;
    dict.set_item("switches", output.switches)?;
    dict.set_item("fraction_lost", output.fraction_lost)?;
    dict.set_item("rtt_ms", output.rtt_ms)?;
    Ok(dict)
}
