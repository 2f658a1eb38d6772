//! The signals of the operating system.

#[cfg(unix)]
use aemkeys_core::credential::Code;
use aemkeys_core::credential::Problem;

/// Signals from the system.
pub enum Signal {
    /// SIGTERM or SIGHUP.
    #[cfg_attr(not(unix), expect(dead_code, reason = "the console has only Ctrl-C"))]
    End,
    /// SIGINT: from another process, or the Ctrl-C of a program that has the terminal.
    Interrupt,
    /// The size of the terminal; an ordinary event on other systems than Unix.
    #[cfg_attr(not(unix), expect(dead_code, reason = "the console reports it"))]
    Resized,
}

#[cfg(unix)]
type SignalStream = tokio::signal::unix::Signal;

pub struct Signals {
    #[cfg(unix)]
    terminate: SignalStream,
    #[cfg(unix)]
    hang_up: SignalStream,
    #[cfg(unix)]
    interrupt: SignalStream,
    #[cfg(unix)]
    window: SignalStream,
}

#[cfg(unix)]
impl Signals {
    pub fn new() -> Result<Self, Problem> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Problem::new(Code::NoSignals, "the dashboard cannot start").cause(error.to_string())
            })
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
            window: listen(SignalKind::window_change())?,
        })
    }

    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::End,
            _ = self.hang_up.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.window.recv() => Signal::Resized,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix part")]
    pub fn new() -> Result<Self, Problem> {
        Ok(Self {})
    }

    pub async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}
