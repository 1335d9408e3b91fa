//! PacketCore: the verbs as Python methods.
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;

use lianzhen_wire::srtp::Profile;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyList};

use super::{MisuseError, changes, clocks, events, records, stats};
use crate::front::turn::Policy;
use crate::front::{Door, Speaks, tls};
use crate::routes::Misuse;
use crate::thread::{Closed, CoreThread};

/// Where the names of TURN hold; there is one realm, and clients take it from the first answer.
const TURN_REALM: &str = "lianzhen";

#[pyclass(frozen, module = "lianzhen_core")]
pub(super) struct PacketCore {
    thread: CoreThread,
}

impl From<Closed> for PyErr {
    fn from(_: Closed) -> PyErr {
        PyRuntimeError::new_err("the packet core is closed")
    }
}

#[pymethods]
impl PacketCore {
    #[new]
    #[pyo3(signature = (*, bind_address, port))]
    fn new(py: Python<'_>, bind_address: &str, port: u16) -> PyResult<PacketCore> {
        let address = read_address(bind_address)?;
        let thread = py
            .detach(|| CoreThread::start(address, port))
            .map_err(os_error)?;
        Ok(PacketCore { thread })
    }

    #[staticmethod]
    #[pyo3(signature = (*, bind_address, port, threads))]
    fn several(
        py: Python<'_>,
        bind_address: &str,
        port: u16,
        threads: NonZeroUsize,
    ) -> PyResult<Vec<PacketCore>> {
        let address = read_address(bind_address)?;
        let started = py
            .detach(|| CoreThread::start_several(address, port, threads))
            .map_err(os_error)?;
        Ok(started
            .into_iter()
            .map(|thread| PacketCore { thread })
            .collect())
    }

    #[getter]
    fn thread_id(&self, py: Python<'_>) -> PyResult<i32> {
        Ok(py.detach(|| {
            self.thread
                .call(|_, _| rustix::thread::gettid().as_raw_nonzero().get())
        })?)
    }

    #[getter]
    fn port(&self) -> u16 {
        self.thread.port()
    }

    #[pyo3(signature = (*, peer, ufrag, password))]
    fn open_peer(
        &self,
        py: Python<'_>,
        peer: u32,
        ufrag: String,
        password: String,
    ) -> PyResult<()> {
        self.judged(py, move |router, _| {
            router.open_peer(peer, &ufrag, password.as_bytes())
        })
    }

    #[pyo3(signature = (*, peer, ufrag, password))]
    fn add_credentials(
        &self,
        py: Python<'_>,
        peer: u32,
        ufrag: String,
        password: String,
    ) -> PyResult<()> {
        self.judged(py, move |router, _| {
            router.add_credentials(peer, &ufrag, password.as_bytes())
        })
    }

    #[pyo3(signature = (*, peer))]
    fn close_peer(&self, py: Python<'_>, peer: u32) {
        // A closed core has forgotten the peer, too.
        let _ = py.detach(|| {
            self.thread
                .call(move |router, now_ns| router.close_peer(now_ns, peer))
        });
    }

    #[pyo3(signature = (*, peer, profile, receive, transmit))]
    fn set_keys(
        &self,
        py: Python<'_>,
        peer: u32,
        profile: &str,
        receive: PyBackedBytes,
        transmit: PyBackedBytes,
    ) -> PyResult<()> {
        let profile = match profile {
            "SRTP_AES128_CM_SHA1_80" => Profile::Aes128CmSha1_80,
            "SRTP_AEAD_AES_128_GCM" => Profile::AeadAes128Gcm,
            _ => {
                return Err(MisuseError::new_err(format!(
                    "SRTP profile {profile:?} is not known"
                )));
            }
        };
        self.judged(py, move |router, now_ns| {
            router.set_keys(now_ns, peer, profile, &receive, &transmit)
        })
    }

    #[pyo3(signature = (*, peer, datagram))]
    fn send_datagram(&self, py: Python<'_>, peer: u32, datagram: PyBackedBytes) {
        // A closed core sends nothing; a datagram may get lost anyway.
        let _ = py.detach(|| {
            self.thread
                .post(move |router, _| router.send_datagram(peer, &datagram))
        });
    }

    fn apply(&self, py: Python<'_>, changes: &Bound<'_, PyAny>) -> PyResult<()> {
        let patch = changes::read_patch(changes)?;
        self.judged(py, move |router, now_ns| router.apply(now_ns, &patch))
    }

    #[pyo3(signature = (*, track))]
    fn request_keyframe(&self, py: Python<'_>, track: u32) -> PyResult<()> {
        self.judged(py, move |router, now_ns| {
            router.request_keyframe(now_ns, track)
        })
    }

    #[pyo3(signature = (*, tap, track, layer=None))]
    fn tap(&self, py: Python<'_>, tap: u32, track: u32, layer: Option<String>) -> PyResult<()> {
        // The ring is there before the first record is.
        if !self.thread.open_ring(tap) {
            return Err(Misuse::TapInUse(tap).into());
        }
        let result = self.judged(py, move |router, now_ns| {
            router.tap(now_ns, tap, track, layer)
        });
        if result.is_err() {
            self.thread.close_ring(tap);
        }
        result
    }

    #[pyo3(signature = (*, tap))]
    fn untap(&self, py: Python<'_>, tap: u32) {
        // A closed core has no taps, only what was not read.
        let _ = py.detach(|| self.thread.call(move |router, _| router.untap(tap)));
        self.thread.close_ring(tap);
    }

    #[pyo3(signature = (*, tap, max_records=256))]
    fn read_batch<'py>(
        &self,
        py: Python<'py>,
        tap: u32,
        max_records: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let taken = py
            .detach(|| self.thread.read_ring(tap, max_records))
            .ok_or(Misuse::UnknownTap(tap))?;
        records::to_list(py, taken)
    }

    fn event_fd(&self) -> i32 {
        self.thread.event_fd().as_raw_fd()
    }

    fn drain_events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let drained = py.detach(|| self.thread.drain_events());
        events::to_list(py, drained)
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let snapshot = py.detach(|| self.thread.call(|router, now_ns| router.snapshot(now_ns)))?;
        stats::to_dict(
            py,
            &snapshot,
            self.thread.commands_dropped(),
            &self.thread.stream_counters(),
        )
    }

    #[pyo3(signature = (*, peers))]
    fn last_heard_ms_ago(&self, py: Python<'_>, peers: Vec<u32>) -> PyResult<HashMap<u32, u64>> {
        let heard = py.detach(|| {
            self.thread
                .call(move |router, now_ns| router.last_heard_ms_ago(now_ns, &peers))
        })?;
        Ok(heard.into_iter().collect())
    }

    #[pyo3(signature = (*, peers))]
    fn output_clocks<'py>(&self, py: Python<'py>, peers: Vec<u32>) -> PyResult<Bound<'py, PyList>> {
        let clocks = py.detach(|| {
            self.thread
                .call(move |router, _| router.output_clocks(&peers))
        })?;
        clocks::to_list(py, clocks)
    }

    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (*, bind_address, port, certificate, private_key, backend, turn_secret, relay_to))]
    fn open_secure_port(
        &self,
        py: Python<'_>,
        bind_address: &str,
        port: u16,
        certificate: PyBackedBytes,
        private_key: PyBackedBytes,
        backend: PathBuf,
        turn_secret: PyBackedBytes,
        relay_to: Vec<String>,
    ) -> PyResult<u16> {
        let address = read_address(bind_address)?;
        let peers = relay_to
            .iter()
            .map(|text| text.parse())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| MisuseError::new_err("relay_to: not all are an address with a port"))?;
        py.detach(|| {
            let (tls, shown) =
                tls::config(&certificate, &private_key).map_err(PyValueError::new_err)?;
            let turn = Arc::new(Policy {
                secret: turn_secret.to_vec(),
                realm: TURN_REALM.to_owned(),
                peers,
            });
            let speaks = Speaks::Secure { tls, backend, turn };
            let door = Door::bind(address, port, speaks).map_err(os_error)?;
            let port = door.port().map_err(os_error)?;
            self.thread.front().open_secure(door, shown);
            Ok(port)
        })
    }

    #[pyo3(signature = (*, certificate, private_key))]
    fn exchange_certificate(
        &self,
        py: Python<'_>,
        certificate: PyBackedBytes,
        private_key: PyBackedBytes,
    ) -> PyResult<()> {
        py.detach(|| {
            let front = self.thread.front();
            front
                .exchange_certificate(&certificate, &private_key)
                .map_err(PyValueError::new_err)
        })
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.thread.close());
    }
}

impl PacketCore {
    /// Runs a command that can be misused, and waits for its judgement without the interpreter lock.
    fn judged(
        &self,
        py: Python<'_>,
        command: impl FnOnce(&mut crate::router::Router, u64) -> Result<(), Misuse> + Send + 'static,
    ) -> PyResult<()> {
        py.detach(|| self.thread.call(command))??;
        Ok(())
    }
}

fn read_address(address: &str) -> PyResult<IpAddr> {
    address
        .parse()
        .map_err(|_| MisuseError::new_err(format!("{address:?} is not an IP address")))
}

fn os_error(error: io::Error) -> PyErr {
    PyOSError::new_err((error.raw_os_error().unwrap_or(0), error.to_string()))
}
