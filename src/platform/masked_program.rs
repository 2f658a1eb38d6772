//! Runs a program whose output is masked, and waits for it. Its standard input is that of this process.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::mask::{Mask, Masked};

/// How long a few bytes that could begin a secret are held back.
const PATIENCE: Duration = Duration::from_millis(30);
const CHUNK: usize = 64 * 1024;
/// The number of chunks that may wait for a slow reader, so that the program waits too.
const WAITING: usize = 2;

/// Runs the program, whose output and standard error are pipes, and returns its exit code. If a signal ended it, the same
/// signal ends this process.
pub fn run(start: impl FnOnce() -> io::Result<Child>, mask: Mask) -> io::Result<u8> {
    let (out, err) = standard_streams()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let status = runtime.block_on(async {
        let mut signals = system::Signals::new()?;
        let mut child = start()?;
        let mask = Arc::new(mask);
        let pipes = child.stdout.take().zip(child.stderr.take());
        let (from_out, from_err) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        let passed_on = [pass_on(from_out, out, &mask), pass_on(from_err, err, &mask)];
        let status = signals.wait(&mut child).await?;
        // A process that the program left behind can keep its output open, as in a pipeline.
        let all = async {
            for passed_on in passed_on {
                let _ = passed_on.await;
            }
        };
        tokio::select! {
            () = all => {}
            () = signals.end() => {}
        }
        Ok::<_, io::Error>(status)
    });
    // The threads that still read end with this process.
    runtime.shutdown_background();
    status.map(system::exit_code)
}

/// Returns standard output and standard error without a buffer.
#[cfg(unix)]
fn standard_streams() -> io::Result<(File, File)> {
    use std::os::fd::AsFd as _;
    let out = io::stdout().as_fd().try_clone_to_owned()?;
    Ok((
        out.into(),
        io::stderr().as_fd().try_clone_to_owned()?.into(),
    ))
}

#[cfg(windows)]
fn standard_streams() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle as _;
    let out = io::stdout().as_handle().try_clone_to_owned()?;
    Ok((
        out.into(),
        io::stderr().as_handle().try_clone_to_owned()?.into(),
    ))
}

/// Passes one stream on until it ends, or until nobody reads it: then the program is told by SIGPIPE.
fn pass_on(
    mut from: impl Read + Send + 'static,
    to: File,
    mask: &Arc<Mask>,
) -> tokio::task::JoinHandle<()> {
    let (sender, receiver) = sync_channel(WAITING);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut chunk = vec![0; CHUNK];
            match from.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(length) => {
                    chunk.truncate(length);
                    if sender.send(chunk).is_err() {
                        break;
                    }
                }
            }
        }
    });
    let mask = Arc::clone(mask);
    tokio::task::spawn_blocking(move || {
        // Nobody can be told that the output can't be written.
        let _ = write_masked(&receiver, to, &mask);
    })
}

fn write_masked(from: &Receiver<Vec<u8>>, mut to: File, mask: &Mask) -> io::Result<()> {
    let mut stream = Masked::new(mask);
    let mut shown = Vec::new();
    loop {
        let chunk = if stream.is_waiting() {
            from.recv_timeout(PATIENCE)
        } else {
            from.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        let is_end = chunk == Err(RecvTimeoutError::Disconnected);
        match chunk {
            Ok(chunk) => stream.push(&chunk, &mut shown),
            Err(RecvTimeoutError::Timeout) => stream.show_waiting(&mut shown),
            Err(RecvTimeoutError::Disconnected) => stream.finish(&mut shown),
        }
        to.write_all(&shown)?;
        shown.clear();
        if is_end {
            return Ok(());
        }
    }
}

#[cfg(unix)]
mod system {
    use std::future::poll_fn;
    use std::io;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Child, ExitStatus};
    use std::task::Poll;

    use rustix::process::{Pid, Signal as Number, kill_process};
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use crate::platform::prompt;

    /// The signals that are passed on to the program, and those that the terminal sends to it, too.
    const PASSED_ON: [Number; 6] = [
        Number::TERM,
        Number::HUP,
        Number::USR1,
        Number::USR2,
        Number::INT,
        Number::QUIT,
    ];
    const OF_TERMINAL: [Number; 2] = [Number::INT, Number::QUIT];

    pub struct Signals {
        child_ended: Signal,
        passed_on: Vec<(Signal, Number)>,
    }

    impl Signals {
        pub fn new() -> io::Result<Self> {
            let listen = |number: Number| {
                prompt::handled(number.as_raw());
                Ok((signal(SignalKind::from_raw(number.as_raw()))?, number))
            };
            Ok(Self {
                child_ended: signal(SignalKind::child())?,
                passed_on: PASSED_ON
                    .into_iter()
                    .map(listen)
                    .collect::<io::Result<_>>()?,
            })
        }

        /// Waits for the end of the program, and passes signals on to it until then.
        pub async fn wait(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
            loop {
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
                tokio::select! {
                    _ = self.child_ended.recv() => {}
                    number = next(&mut self.passed_on) => {
                        let is_sent = OF_TERMINAL.contains(&number) && prompt::check().is_ok();
                        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                        if let Some(pid) = pid.filter(|_| !is_sent) {
                            let _ = kill_process(pid, number);
                        }
                    }
                }
            }
        }

        /// Waits for a signal that ends this process.
        pub async fn end(&mut self) {
            next(&mut self.passed_on).await;
        }
    }

    async fn next(signals: &mut [(Signal, Number)]) -> Number {
        poll_fn(|context| {
            for (signal, number) in &mut *signals {
                if signal.poll_recv(context).is_ready() {
                    return Poll::Ready(*number);
                }
            }
            Poll::Pending
        })
        .await
    }

    pub fn exit_code(status: ExitStatus) -> u8 {
        if let Some(number) = status.signal() {
            // Only a signal that does not end a process returns.
            let _ = signal_hook::low_level::emulate_default_handler(number);
        }
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1)
    }
}

#[cfg(windows)]
mod system {
    use std::io;
    use std::process::{Child, ExitStatus};

    use tokio::signal::windows::{CtrlC, ctrl_c};

    /// Ctrl-C is sent to all programs of the console, so this process only waits.
    pub struct Signals(CtrlC);

    impl Signals {
        pub fn new() -> io::Result<Self> {
            ctrl_c().map(Self)
        }

        pub async fn wait(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
            const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
            loop {
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
                // A Ctrl-C before the end of the program is meant for the program.
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    _ = self.0.recv() => {}
                }
            }
        }

        pub async fn end(&mut self) {
            self.0.recv().await;
        }
    }

    pub fn exit_code(status: ExitStatus) -> u8 {
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1)
    }
}
