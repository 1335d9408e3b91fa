//! Events as Python objects.
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::events::Event;

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct DtlsDatagram {
    peer: u32,
    datagram: Py<PyBytes>,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct PathSelected {
    peer: u32,
    is_first: bool,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct PeerSilent {
    peer: u32,
    silent_ms: u64,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct PeerHeard {
    peer: u32,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct LayerSeen {
    track: u32,
    rid: String,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct AudioLevels {
    levels: Vec<(u32, u32)>,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct StreamPaused {
    peer: u32,
    output: u32,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct StreamResumed {
    peer: u32,
    output: u32,
}

#[pyclass(frozen, get_all, module = "lianzhen_core")]
struct EventsLost {
    count: u64,
}

macro_rules! representations {
    ($($class:ident { $($field:ident),* }),* $(,)?) => {
        $(#[pymethods]
        impl $class {
            fn __repr__(&self) -> String {
                let fields: Vec<String> = vec![$(format!(concat!(stringify!($field), "={:?}"), self.$field)),*];
                let fields = fields.join(", ").replace("=true", "=True").replace("=false", "=False");
                format!(concat!(stringify!($class), "({})"), fields)
            }
        })*
    };
}

representations! {
    PathSelected { peer, is_first },
    PeerSilent { peer, silent_ms },
    PeerHeard { peer },
    LayerSeen { track, rid },
    AudioLevels { levels },
    StreamPaused { peer, output },
    StreamResumed { peer, output },
    EventsLost { count },
    DtlsDatagram { peer },
}

/// All events as a list, in order.
pub(super) fn to_list<'py>(py: Python<'py>, events: Vec<Event>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for event in events {
        list.append(to_object(py, event)?)?;
    }
    Ok(list)
}

fn to_object(py: Python<'_>, event: Event) -> PyResult<Py<PyAny>> {
    Ok(match event {
        Event::Dtls { peer, datagram } => Py::new(
            py,
            DtlsDatagram {
                peer,
                datagram: PyBytes::new(py, &datagram).unbind(),
            },
        )?
        .into_any(),
        Event::PathSelected { peer, is_first } => {
            Py::new(py, PathSelected { peer, is_first })?.into_any()
        }
        Event::PeerSilent { peer, silent_ms } => {
            Py::new(py, PeerSilent { peer, silent_ms })?.into_any()
        }
        Event::PeerHeard { peer } => Py::new(py, PeerHeard { peer })?.into_any(),
        Event::LayerSeen { track, rid } => Py::new(py, LayerSeen { track, rid })?.into_any(),
        Event::AudioLevels { levels } => {
            let levels = levels
                .into_iter()
                .map(|(track, level)| (track, u32::from(level)))
                .collect();
            Py::new(py, AudioLevels { levels })?.into_any()
        }
        Event::StreamPaused { peer, output } => {
            Py::new(py, StreamPaused { peer, output })?.into_any()
        }
        Event::StreamResumed { peer, output } => {
            Py::new(py, StreamResumed { peer, output })?.into_any()
        }
        Event::Lost { count } => Py::new(py, EventsLost { count })?.into_any(),
    })
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<DtlsDatagram>()?;
    module.add_class::<PathSelected>()?;
    module.add_class::<PeerSilent>()?;
    module.add_class::<PeerHeard>()?;
    module.add_class::<LayerSeen>()?;
    module.add_class::<AudioLevels>()?;
    module.add_class::<StreamPaused>()?;
    module.add_class::<StreamResumed>()?;
    module.add_class::<EventsLost>()
}
