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

/// Waits until something was typed. Returns a signal that was first. Fails once this process is in the background.
fn wait_for_input(terminal: &File, signals: &Signals) -> Result<Option<i32>, Unavailable> {
    loop {
        let mut waiting = [
            PollFd::new(terminal, PollFlags::IN),
            PollFd::new(&signals.woken, PollFlags::IN),
        ];
        match poll(&mut waiting, Some(&LOOK_AGAIN)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) if waiting[1].revents().is_empty() => return Ok(None),
            Ok(_) => {
                if let Some(signal) = signals.take() {
                    return Ok(Some(signal));
                }
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
    ask(|terminal, signals| {
        let _prompt = Prompt::show(terminal, text, signals)?;
        read_line(terminal, signals)
    })
}

pub fn hidden(text: &str, hidden: Hidden) -> Result<Answer, Unavailable> {
    ask(|terminal, signals| {
        let _prompt = Prompt::show_hidden(terminal, text, signals)?;
        read_hidden(terminal, signals, HiddenLine::new(hidden))
    })
}

/// How a prompt ends.
enum Ended<T> {
    Answered(T),
    Signal(i32),
}

/// Asks until there is an answer: a signal can stop and continue the process.
fn ask<T>(
    once: impl Fn(&mut File, &Signals) -> Result<Ended<T>, Unavailable>,
) -> Result<T, Unavailable> {
    let _not_stopped = NotStopped::new();
    let signals = signals()?;
    loop {
        let turn = turn();
        let ended = once(&mut foreground()?, signals)?;
        // While this process is stopped, another one may ask.
        drop(turn);
        match ended {
            Ended::Answered(answer) => return Ok(answer),
            // Asks again, from the beginning.
            Ended::Signal(SIGCONT) => {}
            // Stops the process until it is continued, or ends it.
            Ended::Signal(signal) => emulate_default_handler(signal)?,
        }
    }
}

fn read_line(terminal: &File, signals: &Signals) -> Result<Ended<String>, Unavailable> {
    let mut answer = Vec::new();
    let mut buffer = [0; 512];
    loop {
        if let Some(signal) = wait_for_input(terminal, signals)? {
            return Ok(Ended::Signal(signal));
        }
        let count = read(terminal, &mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        if count == 0 || answer.ends_with(b"\n") || answer.len() > MAX_LINE {
            let answer = String::from_utf8_lossy(&answer).into_owned();
            return Ok(Ended::Answered(answer));
        }
    }
}

fn read_hidden(
    terminal: &File,
    signals: &Signals,
    mut line: HiddenLine,
) -> Result<Ended<Answer>, Unavailable> {
    let mut buffer = Zeroizing::new([0; 512]);
    loop {
        if let Some(signal) = wait_for_input(terminal, signals)? {
            return Ok(Ended::Signal(signal));
        }
        let count = read(terminal, &mut buffer[..])?;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        for byte in &buffer[..count] {
            let answer = match line.take(*byte) {
                Step::More => continue,
                Step::Cancelled => Answer::Cancelled,
                Step::TooLong => Answer::TooLong,
                Step::Done => Answer::Text(Secret::new(line.text().to_vec())),
            };
            return Ok(Ended::Answered(answer));
        }
    }
}

/// A prompt that is shown. Its end restores the terminal.
struct Prompt<'a> {
    signals: &'a Signals,
}

impl<'a> Prompt<'a> {
    /// Discards what was typed before, and prints the text.
    fn show(terminal: &mut File, text: &str, signals: &'a Signals) -> io::Result<Self> {
        signals.divert(true);
        let prompt = Self { signals };
        tcflush(&terminal, QueueSelector::IFlush)?;
        terminal.write_all(text.as_bytes())?;
        Ok(prompt)
    }

    /// The same, and turns the echo off.
    fn show_hidden(terminal: &mut File, text: &str, signals: &'a Signals) -> io::Result<Self> {
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

/// The signals that the process handles itself. A prompt leaves them to it.
static HANDLED: Mutex<Vec<i32>> = Mutex::new(Vec::new());

pub fn handled(signal: i32) {
    handled_signals().push(signal);
    if let Some(signals) = SIGNALS.get() {
        signals.without_default(signal);
    }
}

fn handled_signals() -> std::sync::MutexGuard<'static, Vec<i32>> {
    HANDLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The signals that end, stop or continue the process. While a prompt is shown, they wake its reader instead.
struct Signals {
    /// Whether each does what it does without a handler.
    is_default: Vec<(i32, Arc<AtomicBool>)>,
    last: Arc<AtomicUsize>,
    woken: UnixStream,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        let known = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT];
        let is_default = known.map(|signal| (signal, Arc::new(AtomicBool::new(true))));
        let last = Arc::default();
        // Handlers can't be removed without losing the default action, so they stay.
        for (signal, is_default) in &is_default {
            let number = usize::try_from(*signal).unwrap_or_default();
            signal_hook::flag::register_conditional_default(*signal, Arc::clone(is_default))?;
            signal_hook::flag::register_usize(*signal, Arc::clone(&last), number)?;
            pipe::register(*signal, wake.try_clone()?)?;
        }
        Ok(Self {
            is_default: is_default.into(),
            last,
            woken,
        })
    }

    /// Sends the signals to the prompt, or leaves them alone.
    fn divert(&self, to_prompt: bool) {
        let handled = handled_signals();
        for (signal, is_default) in &self.is_default {
            let is_free = !to_prompt && !handled.contains(signal);
            is_default.store(is_free, Ordering::SeqCst);
        }
        self.take();
    }

    fn without_default(&self, signal: i32) {
        for (_, is_default) in self.is_default.iter().filter(|(known, _)| *known == signal) {
            is_default.store(false, Ordering::SeqCst);
        }
    }

    /// Returns the last signal since the last call.
    fn take(&self) -> Option<i32> {
        let mut buffer = [0; 64];
        while matches!((&self.woken).read(&mut buffer), Ok(1..)) {}
        let signal = self.last.swap(0, Ordering::SeqCst);
        i32::try_from(signal).ok().filter(|signal| *signal != 0)
    }
}

static SIGNALS: OnceLock<Signals> = OnceLock::new();

fn signals() -> io::Result<&'static Signals> {
    if SIGNALS.get().is_none() {
        // A second caller loses its handlers' target, not the signals.
        let _ = SIGNALS.set(Signals::new()?);
    }
    SIGNALS
        .get()
        .ok_or_else(|| io::Error::other("no signal handlers"))
}
