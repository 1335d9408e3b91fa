//! Tap records as Python objects.
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::tap::TapRecord;

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct TapFrame {
    codec: &'static str,
    rtp_timestamp: i64,
    arrival_ns: u64,
    is_keyframe: bool,
    lost_packets: u32,
    width: u16,
    height: u16,
    data: Py<PyBytes>,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct TapClock {
    rtp_timestamp: i64,
    ntp_ns: u64,
    arrival_ns: u64,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct TapOverflow {
    frames: u64,
    arrival_ns: u64,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct TapEnd {
    arrival_ns: u64,
}

/// Records as a list, in order.
pub(super) fn to_list<'py>(
    py: Python<'py>,
    records: Vec<TapRecord>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for record in records {
        list.append(to_object(py, record)?)?;
    }
    Ok(list)
}

fn to_object(py: Python<'_>, record: TapRecord) -> PyResult<Py<PyAny>> {
    Ok(match record {
        TapRecord::Frame(frame) => {
            let frame = TapFrame {
                codec: frame.codec.name(),
                rtp_timestamp: frame.timestamp,
                arrival_ns: frame.arrival_ns,
                is_keyframe: frame.is_keyframe,
                lost_packets: frame.lost_packets,
                width: frame.width,
                height: frame.height,
                data: PyBytes::new(py, &frame.data).unbind(),
            };
            Py::new(py, frame)?.into_any()
        }
        TapRecord::Clock {
            rtp_timestamp,
            ntp_ns,
            arrival_ns,
        } => Py::new(
            py,
            TapClock {
                rtp_timestamp,
                ntp_ns,
                arrival_ns,
            },
        )?
        .into_any(),
        TapRecord::Overflow { frames, arrival_ns } => {
            Py::new(py, TapOverflow { frames, arrival_ns })?.into_any()
        }
        TapRecord::End { arrival_ns } => Py::new(py, TapEnd { arrival_ns })?.into_any(),
    })
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TapFrame>()?;
    module.add_class::<TapClock>()?;
    module.add_class::<TapOverflow>()?;
    module.add_class::<TapEnd>()
}
