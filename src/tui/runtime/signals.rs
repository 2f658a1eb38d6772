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

/// The time that the dashboard has to end by itself after a signal. A terminal that takes no output can block it for ever.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

/// Ends the process some time after SIGTERM or SIGHUP, whatever the other threads wait for.
#[cfg(unix)]
fn end_after_grace() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let inside = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    drop(inside);
    let wait = move || {
        runtime.block_on(async move {
            let code = tokio::select! {
                _ = terminate.recv() => 128 + 15,
                _ = hang_up.recv() => 128 + 1,
            };
            tokio::time::sleep(GRACE).await;
            std::process::exit(code)
        })
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .map(drop)
}

#[cfg(unix)]
impl Signals {
    pub fn new() -> Result<Self, Problem> {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |error: std::io::Error| {
            Problem::new(Code::NoSignals, "the dashboard cannot start").cause(error.to_string())
        };
        let listen = |kind| signal(kind).map_err(failed);
        end_after_grace().map_err(failed)?;
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
