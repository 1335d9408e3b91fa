//! One HTTP connection handed on: what the client says goes to the HTTP server's own socket, and what that answers
//! comes back. Nothing is read that the other side has no room for.
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::path::Path;

use mio::net::UnixStream;
use mio::{Interest, Registry, Token};

use super::proxy_protocol;

/// The way to the HTTP server.
pub struct Relay {
    backend: UnixStream,
    is_readable: bool,
    is_writable: bool,
    has_shut: bool,
}

/// What the HTTP server had to say.
pub enum Said {
    /// So many bytes.
    Bytes(usize),
    /// Nothing for now.
    Nothing,
    /// Nothing any more.
    End,
}

impl Relay {
    /// Connects, and puts before what the client said who it is.
    pub fn connect(
        backend: &Path,
        registry: &Registry,
        token: Token,
        (client, local): (SocketAddr, SocketAddr),
        heard: &mut Vec<u8>,
    ) -> io::Result<Relay> {
        let mut backend = UnixStream::connect(backend)?;
        registry.register(&mut backend, token, Interest::READABLE | Interest::WRITABLE)?;
        heard.splice(0..0, proxy_protocol::header(client, local));
        Ok(Relay {
            backend,
            is_readable: true,
            is_writable: true,
            has_shut: false,
        })
    }

    /// Notes what the poll told.
    pub fn note(&mut self, is_readable: bool, is_writable: bool) {
        self.is_readable |= is_readable;
        self.is_writable |= is_writable;
    }

    /// Gives what it takes of `heard`; true if that was something.
    pub fn give(&mut self, heard: &mut Vec<u8>) -> io::Result<bool> {
        if !self.is_writable || heard.is_empty() {
            return Ok(false);
        }
        match self.backend.write(heard) {
            Ok(taken) => {
                heard.drain(..taken);
                Ok(taken > 0)
            }
            Err(error) if is_not_now(&error) => {
                self.is_writable = false;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Says that the client will say nothing more.
    pub fn shut(&mut self) {
        if !std::mem::replace(&mut self.has_shut, true) {
            // It fails where the HTTP server has gone first, which reading tells.
            let _ = self.backend.shutdown(Shutdown::Write);
        }
    }

    /// Takes what there is.
    pub fn take(&mut self, buffer: &mut [u8]) -> io::Result<Said> {
        if !self.is_readable {
            return Ok(Said::Nothing);
        }
        match self.backend.read(buffer) {
            Ok(0) => Ok(Said::End),
            Ok(length) => Ok(Said::Bytes(length)),
            Err(error) if is_not_now(&error) => {
                self.is_readable = false;
                Ok(Said::Nothing)
            }
            Err(error) => Err(error),
        }
    }
}

/// True for what is no failure: there is nothing, or no room, at present.
pub fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
