//! Route changes as Python objects.
use lianzhen_wire::frame_assembler::Codec;
use pyo3::prelude::*;

use super::MisuseError;
use crate::input::{self, MediaKind};
use crate::peers::ExtensionIds;
use crate::routes::{self, InputRoute, LayerSelection, OutputRoute, RouteChange};

/// Highest id of the one-byte header form (RFC 8285 §4.2); the core writes no other.
const MAX_EXTENSION_ID: u8 = 14;

/// Highest RTP payload type.
const MAX_PAYLOAD_TYPE: u8 = 127;

#[pyclass(frozen, module = "lianzhen_core")]
struct SetExtensions(RouteChange);

#[pymethods]
impl SetExtensions {
    #[new]
    #[pyo3(signature = (*, peer, mid=0, rid=0, repaired_rid=0, audio_level=0, transport_cc=0, video_orientation=0, playout_delay=0))]
    #[allow(clippy::too_many_arguments)] // The seam's names; all are keywords in Python.
    fn new(
        peer: u32,
        mid: u8,
        rid: u8,
        repaired_rid: u8,
        audio_level: u8,
        transport_cc: u8,
        video_orientation: u8,
        playout_delay: u8,
    ) -> PyResult<SetExtensions> {
        let ids = ExtensionIds {
            mid,
            rid,
            repaired_rid,
            audio_level,
            transport_cc,
            video_orientation,
            playout_delay,
        };
        let all = [
            mid,
            rid,
            repaired_rid,
            audio_level,
            transport_cc,
            video_orientation,
            playout_delay,
        ];
        if let Some(id) = all.iter().find(|id| **id > MAX_EXTENSION_ID) {
            return Err(MisuseError::new_err(format!(
                "header extension id {id} is not 0 to {MAX_EXTENSION_ID}"
            )));
        }
        Ok(SetExtensions(RouteChange::SetExtensions { peer, ids }))
    }
}

#[pyclass(frozen, module = "lianzhen_core")]
struct InputCodec(input::InputCodec);

#[pymethods]
impl InputCodec {
    #[new]
    #[pyo3(signature = (*, codec, format, payload_type, rtx_payload_type=None, red_payload_type=None, has_nack=false))]
    fn new(
        codec: &str,
        format: String,
        payload_type: u8,
        rtx_payload_type: Option<u8>,
        red_payload_type: Option<u8>,
        has_nack: bool,
    ) -> PyResult<InputCodec> {
        check_payload_types(payload_type, [rtx_payload_type, red_payload_type])?;
        let codec = Codec::from_name(codec).ok_or_else(|| {
            MisuseError::new_err(format!(
                "codec {codec:?} is not \"opus\", \"VP8\" or \"H264\""
            ))
        })?;
        Ok(InputCodec(input::InputCodec {
            codec,
            format,
            payload_type,
            rtx_payload_type,
            red_payload_type,
            has_nack,
        }))
    }
}

#[pyclass(frozen, module = "lianzhen_core")]
struct AddInput(RouteChange);

#[pymethods]
impl AddInput {
    #[new]
    #[pyo3(signature = (*, track, peer, mid, kind, clock_rate_hz, codecs, ssrcs=Vec::new()))]
    fn new(
        track: u32,
        peer: u32,
        mid: String,
        kind: &str,
        clock_rate_hz: u32,
        codecs: Vec<PyRef<'_, InputCodec>>,
        ssrcs: Vec<(u32, Option<u32>)>,
    ) -> PyResult<AddInput> {
        let kind = match kind {
            "audio" => MediaKind::Audio,
            "video" => MediaKind::Video,
            _ => {
                return Err(MisuseError::new_err(format!(
                    "kind {kind:?} is neither \"audio\" nor \"video\""
                )));
            }
        };
        if clock_rate_hz == 0 {
            return Err(MisuseError::new_err("clock_rate_hz is 0"));
        }
        let codecs = codecs.iter().map(|codec| codec.0.clone()).collect();
        let route = InputRoute {
            track,
            peer,
            mid: checked_mid(mid)?,
            kind,
            clock_rate_hz,
            codecs,
            ssrcs,
        };
        Ok(AddInput(RouteChange::AddInput(route)))
    }
}

#[pyclass(frozen, module = "lianzhen_core")]
struct RemoveInput(RouteChange);

#[pymethods]
impl RemoveInput {
    #[new]
    #[pyo3(signature = (*, track))]
    fn new(track: u32) -> RemoveInput {
        RemoveInput(RouteChange::RemoveInput { track })
    }
}

#[pyclass(frozen, module = "lianzhen_core")]
struct OutputCodec(routes::OutputCodec);

#[pymethods]
impl OutputCodec {
    #[new]
    #[pyo3(signature = (*, format, payload_type, rtx_payload_type=None, red_payload_type=None))]
    fn new(
        format: String,
        payload_type: u8,
        rtx_payload_type: Option<u8>,
        red_payload_type: Option<u8>,
    ) -> PyResult<OutputCodec> {
        check_payload_types(payload_type, [rtx_payload_type, red_payload_type])?;
        Ok(OutputCodec(routes::OutputCodec {
            format,
            payload_type,
            rtx_payload_type,
            red_payload_type,
        }))
    }
}

#[pyclass(frozen, module = "lianzhen_core")]
struct AddOutput(RouteChange);

#[pymethods]
impl AddOutput {
    #[new]
    #[pyo3(signature = (*, output, track, peer, mid, codecs, ssrc, rtx_ssrc, layer=None))]
    #[allow(clippy::too_many_arguments)] // The seam's names; all are keywords in Python.
    fn new(
        output: u32,
        track: u32,
        peer: u32,
        mid: String,
        codecs: Vec<PyRef<'_, OutputCodec>>,
        ssrc: u32,
        rtx_ssrc: Option<u32>,
        layer: Option<String>,
    ) -> PyResult<AddOutput> {
        let codecs = codecs.iter().map(|codec| codec.0.clone()).collect();
        let route = OutputRoute {
            output,
            track,
            peer,
            mid: checked_mid(mid)?,
            codecs,
            ssrc,
            rtx_ssrc,
            layer,
        };
        Ok(AddOutput(RouteChange::AddOutput(route)))
    }
}

#[pyclass(frozen, module = "lianzhen_core")]
struct RemoveOutput(RouteChange);

#[pymethods]
impl RemoveOutput {
    #[new]
    #[pyo3(signature = (*, output))]
    fn new(output: u32) -> RemoveOutput {
        RemoveOutput(RouteChange::RemoveOutput { output })
    }
}

#[pyclass(frozen, module = "lianzhen_core")]
struct SelectLayer(RouteChange);

#[pymethods]
impl SelectLayer {
    #[new]
    #[pyo3(signature = (*, output, layer, is_paused=false, priority=0, max_fps=0))]
    fn new(
        output: u32,
        layer: Option<String>,
        is_paused: bool,
        priority: u32,
        max_fps: u32,
    ) -> SelectLayer {
        SelectLayer(RouteChange::SelectLayer(LayerSelection {
            output,
            layer,
            is_paused,
            priority,
            max_fps,
        }))
    }
}

/// Any of the change classes.
#[derive(FromPyObject)]
enum AnyChange<'py> {
    SetExtensions(PyRef<'py, SetExtensions>),
    AddInput(PyRef<'py, AddInput>),
    RemoveInput(PyRef<'py, RemoveInput>),
    AddOutput(PyRef<'py, AddOutput>),
    RemoveOutput(PyRef<'py, RemoveOutput>),
    SelectLayer(PyRef<'py, SelectLayer>),
}

/// The changes of a patch, in order.
pub(super) fn read_patch(changes: &Bound<'_, PyAny>) -> PyResult<Vec<RouteChange>> {
    let read = |change: PyResult<Bound<'_, PyAny>>| {
        Ok(match change?.extract::<AnyChange<'_>>()? {
            AnyChange::SetExtensions(change) => change.0.clone(),
            AnyChange::AddInput(change) => change.0.clone(),
            AnyChange::RemoveInput(change) => change.0.clone(),
            AnyChange::AddOutput(change) => change.0.clone(),
            AnyChange::RemoveOutput(change) => change.0.clone(),
            AnyChange::SelectLayer(change) => change.0.clone(),
        })
    };
    changes.try_iter()?.map(read).collect()
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SetExtensions>()?;
    module.add_class::<InputCodec>()?;
    module.add_class::<AddInput>()?;
    module.add_class::<RemoveInput>()?;
    module.add_class::<OutputCodec>()?;
    module.add_class::<AddOutput>()?;
    module.add_class::<RemoveOutput>()?;
    module.add_class::<SelectLayer>()
}

fn check_payload_types(payload_type: u8, further: [Option<u8>; 2]) -> PyResult<()> {
    let mut all = further.into_iter().flatten().chain([payload_type]);
    if all.any(|payload_type| payload_type > MAX_PAYLOAD_TYPE) {
        return Err(MisuseError::new_err("a payload type is above 127"));
    }
    Ok(())
}

/// A MID goes out in a one-byte header element, which holds 1 to 16 bytes (RFC 8285 §4.2).
fn checked_mid(mid: String) -> PyResult<String> {
    if (1..=16).contains(&mid.len()) {
        Ok(mid)
    } else {
        Err(MisuseError::new_err("mid is not 1 to 16 bytes long"))
    }
}
