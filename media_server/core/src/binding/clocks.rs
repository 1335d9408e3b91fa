//! Clocks of outputs as Python objects.
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::router;

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct OutputClock {
    peer: u32,
    track: u32,
    rtp_timestamp: u32,
    ntp_ns: u64,
    arrival_ns: u64,
    clock_rate_hz: u32,
}

/// Clocks as a list.
pub(super) fn to_list<'py>(
    py: Python<'py>,
    clocks: Vec<router::OutputClock>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for clock in clocks {
        list.append(Py::new(
            py,
            OutputClock {
                peer: clock.peer,
                track: clock.track,
                rtp_timestamp: clock.rtp_timestamp,
                ntp_ns: clock.ntp_ns,
                arrival_ns: clock.arrival_ns,
                clock_rate_hz: clock.clock_rate_hz,
            },
        )?)?;
    }
    Ok(list)
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<OutputClock>()
}
