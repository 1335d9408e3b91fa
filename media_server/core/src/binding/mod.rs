//! The Python module: lianzhen_core.pyi says what is in it.
mod changes;
mod clocks;
mod core;
mod events;
mod records;
mod stats;

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::routes::Misuse;

create_exception!(
    lianzhen_core,
    MisuseError,
    PyException,
    "The caller broke the contract of the packet core."
);

impl From<Misuse> for PyErr {
    fn from(misuse: Misuse) -> PyErr {
        MisuseError::new_err(misuse.to_string())
    }
}

#[pymodule]
fn lianzhen_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("MisuseError", module.py().get_type::<MisuseError>())?;
    changes::register(module)?;
    clocks::register(module)?;
    events::register(module)?;
    records::register(module)?;
    module.add_class::<core::PacketCore>()
}
