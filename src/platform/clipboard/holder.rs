//! A child process that puts a text on the clipboard, and clears it after a delay or as soon as its parent says so.
//!
//! On X11 and Wayland a text exists only as long as the process that copied it, and a display that does not answer blocks
//! its clients. The child handles both. Its arguments are the hidden subcommand, the clipboard and the
//! seconds; the text comes by pipe: four bytes with its length, the text, and then nothing until the parent decides.
//!
//! | the parent | the child |
//! |---|---|
//! | writes [`STAY`] | clears the text after the remaining seconds |
//! | closes the pipe, exits, panics or is killed | clears the text at once |

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::ChildStdin;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Clipboard, Digest, system, tmux, variable};
use crate::platform::process;
use aemkeys_core::credential::{Code, Problem, Secret};

/// The hidden subcommand that calls [`hold`].
const SUBCOMMAND: &str = "hold-clipboard";
/// The line the child prints when the text is on the clipboard.
const READY: &str = "ready";
/// Tells the child that the text stays after its parent has ended.
const STAY: u8 = b's';
/// The limit for a copied text; a token has about 2.5 KB.
const MAX_BYTES: u32 = 256 * 1024;
/// The longest wait for a clipboard that does not answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// A text on the clipboard. Dropping it clears the clipboard.
pub struct Held(ChildStdin);

impl Held {
    /// Starts the child and waits until the text is on the clipboard.
    pub(super) fn start(clipboard: Clipboard, text: &Secret, seconds: u64) -> io::Result<Self> {
        let length = u32::try_from(text.expose().len())
            .ok()
            .filter(|length| *length <= MAX_BYTES)
            .ok_or_else(|| io::Error::other("the text is too long"))?;
        let arguments = [
            SUBCOMMAND,
            "--clipboard",
            clipboard.id(),
            "--seconds",
            &seconds.to_string(),
        ];
        let mut child = process::clipboard_holder(&arguments, clipboard.hidden_variable())?;
        let (Some(mut orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a pipe is missing"));
        };
        orders.write_all(&length.to_le_bytes())?;
        orders.write_all(text.expose())?;
        let (sender, ready) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(answers.take(100)).read_line(&mut line);
            sender.send(read.is_ok() && line.trim_end() == READY)
        });
        let is_ready = ready.recv_timeout(PATIENCE) == Ok(true);
        if !is_ready {
            // It may wait for a display that does not answer.
            child.kill()?;
        }
        // The system keeps an ended child until somebody asks for its status.
        thread::spawn(move || child.wait());
        if is_ready {
            Ok(Self(orders))
        } else {
            Err(io::Error::other("the clipboard does not answer"))
        }
    }

    /// Leaves the text on the clipboard until its time is over, also after this process has ended.
    pub fn stay(mut self) {
        // Fails if the child has ended because another program has copied something.
        let _ended = self.0.write_all(&[STAY]);
    }
}

/// On X11 and Wayland the text disappears with the process that copied it.
const TEXT_DIES_WITH_PROCESS: bool = cfg!(all(unix, not(target_os = "macos")));

/// What the child waits for.
enum HolderEvent {
    /// The parent writes [`STAY`].
    Stay,
    /// The parent has closed the pipe.
    Clear,
    /// Another program has copied something, or serving failed.
    #[cfg_attr(any(not(unix), target_os = "macos"), expect(dead_code))]
    Replaced,
}

/// Runs the child.
pub fn hold(clipboard: Clipboard, seconds: u64) -> Result<(), Problem> {
    detach_from_terminal();
    let text = read_text().map_err(|error| failed(&error.to_string()))?;
    let digest = Digest::of(text.expose());
    let (events, waiting) = channel();
    let clear: Box<dyn FnOnce()> = if clipboard == Clipboard::Tmux {
        let server = variable("TMUX").ok_or_else(|| failed("TMUX is not set"))?;
        tmux::put(&server, &text).map_err(|error| failed(&error.to_string()))?;
        drop(text);
        Box::new(move || {
            tmux::clear_if(&server, digest);
        })
    } else {
        put_on_desktop(text, digest, &events)?
    };
    listen(events.clone());
    let is_served = TEXT_DIES_WITH_PROCESS && clipboard != Clipboard::Tmux;
    let seconds = (seconds > 0).then(|| Duration::from_secs(seconds));
    let deadline = seconds.map(|seconds| Instant::now() + seconds);
    loop {
        let event = match deadline {
            Some(deadline) => waiting
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
                .ok(),
            None => waiting.recv().ok(),
        };
        match event {
            // It stays for ever, and without this process.
            Some(HolderEvent::Stay) if deadline.is_none() && !is_served => return Ok(()),
            Some(HolderEvent::Stay) => {}
            Some(HolderEvent::Clear) | None => {
                clear();
                return Ok(());
            }
            Some(HolderEvent::Replaced) => return Ok(()),
        }
    }
}

/// Puts the text on the desktop's clipboard and returns how it is cleared: it disappears with this process. Clearing it
/// explicitly could hit a text that another program has copied meanwhile.
#[cfg(all(unix, not(target_os = "macos")))]
fn put_on_desktop(
    text: Secret,
    digest: Digest,
    events: &Sender<HolderEvent>,
) -> Result<Box<dyn FnOnce()>, Problem> {
    /// The child reports that it is ready after this time at the latest, even if the text cannot be read back.
    const STARTS_WITHIN: Duration = Duration::from_secs(2);
    let failed = |failure: system::ClipboardFailure| failed(&failure.to_string());
    let mut system = system::System::connect().map_err(failed)?;
    let mut reader = system::System::connect().map_err(failed)?;
    let (sender, served) = channel();
    let events = events.clone();
    // On a thread, because only X11 supports a deadline for the wait. The text is put only once: a second time would take
    // the clipboard from a program that has copied in between.
    thread::spawn(move || {
        let outcome = system.put_and_serve(&text);
        let _ended = sender.send(outcome);
        events.send(HolderEvent::Replaced)
    });
    let served_from = Instant::now();
    while !reader.holds(digest) && served_from.elapsed() < STARTS_WITHIN {
        if let Ok(outcome) = served.recv_timeout(Duration::from_millis(5)) {
            // It failed, or another program has copied already.
            outcome.map_err(failed)?;
            break;
        }
    }
    Ok(Box::new(|| ()))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn put_on_desktop(
    text: Secret,
    digest: Digest,
    _: &Sender<HolderEvent>,
) -> Result<Box<dyn FnOnce()>, Problem> {
    let failed = |failure: system::ClipboardFailure| failed(&failure.to_string());
    let mut system = system::System::connect().map_err(failed)?;
    system.put(&text).map_err(failed)?;
    Ok(Box::new(move || {
        system.clear_if(digest);
    }))
}

fn read_text() -> io::Result<Secret> {
    let mut input = io::stdin().lock();
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_BYTES {
        return Err(io::Error::other("the text is too long"));
    }
    // A vector of the exact size: a reallocation would leave a copy in memory.
    let mut text = vec![0; usize::try_from(length).unwrap_or_default()];
    input.read_exact(&mut text)?;
    Ok(Secret::new(text))
}

/// Starts a new session, so that closing the terminal or Ctrl-C does not end this process.
fn detach_from_terminal() {
    #[cfg(unix)]
    {
        // Fails only if this process leads a group already, which has the same effect.
        let _leads_already = rustix::process::setsid();
    }
}

/// Tells the parent that the text is on the clipboard, and listens to its orders.
fn listen(events: Sender<HolderEvent>) {
    thread::spawn(move || {
        let mut order = [0; 1];
        let event = match io::stdin().lock().read_exact(&mut order) {
            Ok(()) if order == [STAY] => HolderEvent::Stay,
            _ => HolderEvent::Clear,
        };
        events.send(event)
    });
    let mut stdout = io::stdout().lock();
    // Fails if the parent was killed; then the pipe is closed, too.
    let _ = writeln!(stdout, "{READY}").and_then(|()| stdout.flush());
}

fn failed(why: &str) -> Problem {
    Problem::new(Code::ClipboardNotHeld, "could not hold the clipboard").cause(why)
}
