//! Prompts on `/dev/tty`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetpgrp,
    tcsetattr, ttyname,
};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::low_level::{emulate_default_handler, pipe};
use zeroize::Zeroizing;

use super::hidden_line::{HiddenLine, Step};
use super::{Answer, Hidden, Unavailable};
use aemkeys_core::credential::Secret;

const DEVICE: &str = "/dev/tty";
/// The limit of a visible line, which the terminal itself has.
const MAX_LINE: usize = 4096;

/// How often a prompt looks whether this process is still in the foreground.
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// The terminal of the prompt that is shown, and its modes before.
static CHANGED: Mutex<Option<Changed>> = Mutex::new(None);

struct Changed {
    terminal: File,
    before: Termios,
    hidden: Termios,
}

pub fn check() -> Result<(), Unavailable> {
    foreground().map(drop)
}

pub fn open_for_writing() -> io::Result<File> {
    options().write(true).open(DEVICE)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags(OFlags::NOCTTY.bits().cast_signed());
    options
}

/// Opens the terminal if this process is in its foreground.
fn foreground() -> Result<File, Unavailable> {
    let terminal = options()
        .read(true)
        .write(true)
        .open(DEVICE)
        .map_err(|_| Unavailable::NoTerminal)?;
    match tcgetpgrp(&terminal) {
        Ok(group) if group == getpgrp() => Ok(terminal),
        Ok(_) => Err(Unavailable::Background),
        Err(_) => Err(Unavailable::NoTerminal),
    }
}

/// Waits until no other aemkeys asks on this terminal: a command line can start several at once. Released on drop.
fn turn() -> Option<File> {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let streams: [BorrowedFd<'_>; 3] = [stdin.as_fd(), stderr.as_fd(), stdout.as_fd()];
    // `/dev/tty` is one file for all terminals, so the terminal's own file is locked.
    let stream = streams.into_iter().find(|stream| isatty(stream))?;
    let name = ttyname(stream, Vec::new()).ok()?.into_bytes();
    let file = options()
        .read(true)
        .open(std::ffi::OsString::from_vec(name))
        .ok()?;
    file.lock().ok()?;
    Some(file)
}

/// Keeps the system from stopping this process if the terminal goes to another one while a prompt is shown: reading then
/// fails instead.
struct NotStopped {
    before: Option<SigSet>,
}

impl NotStopped {
    fn new() -> Self {
        let stops: SigSet = [Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect();
        let before = stops.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok();
        Self { before }
    }
}

impl Drop for NotStopped {
    fn drop(&mut self) {
        let _ = self.before.map(|before| before.thread_set_mask());
    }
}

/// Waits until something was typed. Returns false if `woken` was first. Fails once this process is in the background.
fn wait_for_input(terminal: &File, woken: Option<&UnixStream>) -> Result<bool, Unavailable> {
    loop {
        let mut waiting = vec![PollFd::new(terminal, PollFlags::IN)];
        waiting.extend(woken.map(|woken| PollFd::new(woken, PollFlags::IN)));
        match poll(&mut waiting, Some(&LOOK_AGAIN)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => {
                let is_woken = waiting.get(1).is_some_and(|it| !it.revents().is_empty());
                return Ok(!is_woken);
            }
            Err(error) => return Err(io::Error::from(error).into()),
        }
        foreground()?;
    }
}

/// Reads what was typed.
fn read(mut terminal: &File, buffer: &mut [u8]) -> Result<usize, Unavailable> {
    match terminal.read(buffer) {
        Ok(count) => Ok(count),
        // Also the answer to a background process.
        Err(error) => Err(foreground().err().unwrap_or(Unavailable::Failed(error))),
    }
}

pub fn line(text: &str) -> Result<String, Unavailable> {
    let _turn = turn();
    let _not_stopped = NotStopped::new();
    let mut terminal = foreground()?;
    tcflush(&terminal, QueueSelector::IFlush).map_err(io::Error::from)?;
    terminal.write_all(text.as_bytes())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 512];
    loop {
        wait_for_input(&terminal, None)?;
        let count = read(&terminal, &mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        if count == 0 || answer.ends_with(b"\n") || answer.len() > MAX_LINE {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

pub fn hidden(text: &str, hidden: Hidden) -> Result<Answer, Unavailable> {
    let _turn = turn();
    let _not_stopped = NotStopped::new();
    let signals = signals()?;
    loop {
        let mut terminal = foreground()?;
        let prompt = Prompt::show(&mut terminal, text, signals)?;
        let mut line = HiddenLine::new(hidden);
        let outcome = fill(&terminal, signals, &mut line);
        drop(prompt);
        match outcome? {
            Ended::By(Step::Cancelled) => return Ok(Answer::Cancelled),
            Ended::By(Step::TooLong) => return Ok(Answer::TooLong),
            Ended::By(_) => return Ok(Answer::Text(Secret::new(line.text().to_vec()))),
            // Asks again, from the beginning.
            Ended::Signal(SIGCONT) => {}
            // Stops the process until it is continued, or ends it.
            Ended::Signal(signal) => emulate_default_handler(signal)?,
        }
    }
}

enum Ended {
    By(Step),
    Signal(i32),
}

fn fill(terminal: &File, signals: &Signals, line: &mut HiddenLine) -> Result<Ended, Unavailable> {
    let mut buffer = Zeroizing::new([0; 512]);
    loop {
        if !wait_for_input(terminal, Some(&signals.woken))? {
            match signals.take() {
                Some(signal) => return Ok(Ended::Signal(signal)),
                None => continue,
            }
        }
        let count = read(terminal, &mut buffer[..])?;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        for byte in &buffer[..count] {
            let step = line.take(*byte);
            if step != Step::More {
                return Ok(Ended::By(step));
            }
        }
    }
}

/// A prompt that is shown. Its end restores the terminal.
struct Prompt<'a> {
    signals: &'a Signals,
}

impl<'a> Prompt<'a> {
    /// Turns the echo off, discards what was typed before, and prints the text.
    fn show(terminal: &mut File, text: &str, signals: &'a Signals) -> io::Result<Self> {
        signals.divert(true);
        let prompt = Self { signals };
        let before = tcgetattr(&terminal)?;
        let mut hidden = before.clone();
        // Without ICANON: lines have no limit of 4,096 bytes. ISIG stays, so that Ctrl-C reaches the whole pipeline.
        hidden.local_modes -=
            LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::IEXTEN;
        hidden.special_codes[rustix::termios::SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[rustix::termios::SpecialCodeIndex::VTIME] = 0;
        *changed() = Some(Changed {
            terminal: terminal.try_clone()?,
            before,
            hidden: hidden.clone(),
        });
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
        terminal.write_all(text.as_bytes())?;
        Ok(prompt)
    }
}

impl Drop for Prompt<'_> {
    fn drop(&mut self) {
        restore();
        self.signals.divert(false);
    }
}

fn changed() -> std::sync::MutexGuard<'static, Option<Changed>> {
    CHANGED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn restore() {
    let Some(Changed {
        mut terminal,
        before,
        hidden,
    }) = changed().take()
    else {
        return;
    };
    let _not_stopped = NotStopped::new();
    let is_ours = tcgetattr(&terminal).is_ok_and(|now| {
        (now.local_modes, now.input_modes) == (hidden.local_modes, hidden.input_modes)
    });
    // Another program has taken the terminal over.
    if !is_ours {
        return;
    }
    // Discards the rest of a pasted text, which the shell would run and save in its history.
    let _ = tcsetattr(&terminal, OptionalActions::Flush, &before);
    // The line end that was typed was not shown.
    let _ = terminal.write_all(b"\n");
}

/// The signals that end, stop or continue the process. While a prompt is shown, they wake its reader instead.
struct Signals {
    /// Whether the signals do what they do without a handler.
    is_default: Arc<AtomicBool>,
    last: Arc<AtomicUsize>,
    woken: UnixStream,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        let signals = Self {
            is_default: Arc::new(AtomicBool::new(true)),
            last: Arc::default(),
            woken,
        };
        // Handlers can't be removed without losing the default action, so they stay.
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT] {
            let number = usize::try_from(signal).unwrap_or_default();
            signal_hook::flag::register_conditional_default(
                signal,
                Arc::clone(&signals.is_default),
            )?;
            signal_hook::flag::register_usize(signal, Arc::clone(&signals.last), number)?;
            pipe::register(signal, wake.try_clone()?)?;
        }
        Ok(signals)
    }

    /// Sends the signals to the prompt, or leaves them alone.
    fn divert(&self, to_prompt: bool) {
        self.is_default.store(!to_prompt, Ordering::SeqCst);
        self.take();
    }

    /// Returns the last signal since the last call.
    fn take(&self) -> Option<i32> {
        let mut buffer = [0; 64];
        while matches!((&self.woken).read(&mut buffer), Ok(1..)) {}
        let signal = self.last.swap(0, Ordering::SeqCst);
        i32::try_from(signal).ok().filter(|signal| *signal != 0)
    }
}

fn signals() -> io::Result<&'static Signals> {
    static SIGNALS: OnceLock<Signals> = OnceLock::new();
    if SIGNALS.get().is_none() {
        // A second caller loses its handlers' target, not the signals.
        let _ = SIGNALS.set(Signals::new()?);
    }
    SIGNALS
        .get()
        .ok_or_else(|| io::Error::other("no signal handlers"))
}
