//! The packet core of Lianzhen and its binding to Python.
use pyo3::prelude::*;

#[pymodule]
fn lianzhen_core(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
