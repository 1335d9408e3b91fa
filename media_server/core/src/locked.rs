//! Taking a lock whose holders cannot leave anything half-changed.
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic in one of the core's threads ends the process: a lock poisoned by it is not worth refusing.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
