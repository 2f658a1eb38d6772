//! Runs a use case to completion on the current thread.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use super::output;
use crate::app;
use aemkeys_core::credential::{Code, Problem};

static IS_UNLOGGED: AtomicBool = AtomicBool::new(false);

/// No command of this process writes a log file.
#[cfg(feature = "demo")]
pub fn never_log() {
    IS_UNLOGGED.store(true, Ordering::Relaxed);
}

/// Runs a use case to completion and starts the log. A cached token is read without it.
pub fn block_on<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    if !IS_UNLOGGED.load(Ordering::Relaxed) {
        app::start_log(output::mode().verbose);
    }
    block_on_unlogged(work)
}

/// Like [`block_on`], without a log file.
pub fn block_on_unlogged<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Problem::new(Code::Internal, "could not start the runtime").cause(error.to_string())
        })?
        .block_on(work)
}
