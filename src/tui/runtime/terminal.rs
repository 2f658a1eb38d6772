//! Sets up and restores the terminal, on normal exit, error, panic, signal and Ctrl-Z. Restoring twice is harmless.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;

use super::background;
use super::linked_backend::LinkedBackend;
use crate::app::terminal::{can_be_asked, dumb};
use crate::tui::App;
use crate::tui::layout::HitMap;
use crate::tui::links::Links;
use crate::tui::{title, view};
use aemkeys_core::credential::{Code, NextStep, Problem, Secret};
use aemkeys_core::guidance;

/// Whether the terminal is in raw mode and on the alternate screen.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the terminal is in raw mode and shows plain text.
static IN_LINE_MODE: AtomicBool = AtomicBool::new(false);
/// Whether the title of the window was saved.
static TITLED: AtomicBool = AtomicBool::new(false);

/// Restores the terminal. Tries every step, even if others fail.
pub fn restore() {
    if IN_LINE_MODE.swap(false, Ordering::AcqRel) {
        let _ = disable_raw_mode();
    }
    if !TAKEN.swap(false, Ordering::AcqRel) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(out, EndSynchronizedUpdate);
    let _ = queue!(out, DisableMouseCapture);
    let _ = queue!(out, DisableFocusChange);
    let _ = queue!(out, DisableBracketedPaste);
    let _ = queue!(out, LeaveAlternateScreen);
    if TITLED.swap(false, Ordering::AcqRel) {
        let _ = queue!(out, Print(title::RESTORE));
    }
    let _ = queue!(out, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Returns an error if there is no terminal that the dashboard can use.
pub fn check() -> Result<(), Problem> {
    let is_there = io::stdin().is_terminal() && io::stdout().is_terminal();
    let (message, cause) = match (is_there, dumb()) {
        (true, None) => return Ok(()),
        (true, Some(why)) => (
            "the dashboard needs a terminal that can move the cursor",
            why,
        ),
        (false, _) => (
            "the dashboard needs a terminal",
            "standard input or output is a file or a pipe",
        ),
    };
    Err(Problem::new(Code::NoTerminal, message)
        .cause(cause)
        .next_step(guidance![
            "to print what is stored, ",
            NextStep::List,
            "; for the dashboard as lines of text, ",
            NextStep::Plain
        ]))
}

type Stdio = Terminal<LinkedBackend<BufWriter<Stdout>>>;

fn on_stdout(links: &Links) -> io::Result<Stdio> {
    let out = BufWriter::with_capacity(64 * 1024, io::stdout());
    Terminal::new(LinkedBackend::new(out, links.clone()))
}

/// Plain text on standard output, and keys from the terminal if it is one; restores it when dropped. Keys are read one by
/// one, because a terminal in line mode cuts lines at 4,096 characters and echoes secrets.
pub struct LineMode {
    is_terminal: bool,
}

impl LineMode {
    pub fn take(is_terminal: bool) -> io::Result<Self> {
        if is_terminal {
            IN_LINE_MODE.store(true, Ordering::Release);
            enable_raw_mode()?;
        }
        Ok(Self { is_terminal })
    }

    /// Writes text without escape sequences.
    pub fn write(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.is_terminal {
            out.write_all(text.replace('\n', "\r\n").as_bytes())?;
        } else {
            out.write_all(text.as_bytes())?;
        }
        out.flush()
    }

    /// Suspends the process until it is resumed.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        #[cfg(unix)]
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        *self = Self::take(self.is_terminal)?;
        Ok(())
    }
}

impl Drop for LineMode {
    fn drop(&mut self) {
        restore();
    }
}

/// The screen; restores the terminal when dropped.
pub struct Screen {
    terminal: Stdio,
    links: Links,
    mouse: bool,
    /// The title of the window, empty before it is set; `None` if it is left alone.
    title: Option<String>,
}

impl Screen {
    pub fn take(links: Links, mouse: bool, sets_title: bool) -> Result<Self, Problem> {
        check()?;
        enter(mouse).map_err(|error| broken(&error))?;
        let terminal = on_stdout(&links).map_err(|error| broken(&error))?;
        Ok(Self {
            terminal,
            links,
            mouse,
            // Where the terminal may not be asked, it may print the title.
            title: (sets_title && can_be_asked()).then(String::new),
        })
    }

    pub fn size(&self) -> (u16, u16) {
        self.terminal
            .size()
            .map_or((80, 24), |size| (size.width, size.height))
    }

    /// Draws a frame with synchronised output.
    pub fn draw(&mut self, app: &App) -> io::Result<HitMap> {
        let mut hits = HitMap::default();
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| {
            let drawn = view::draw(app, &app.settings.theme, frame.buffer_mut());
            if let Some(at) = drawn.cursor {
                frame.set_cursor_position(at);
            }
            hits = drawn.hits;
        })?;
        self.set_title(app)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(hits)
    }

    /// Sets the title of the window if it has changed.
    fn set_title(&mut self, app: &App) -> io::Result<()> {
        let title = title::of(app);
        if self.title.as_ref().is_none_or(|known| *known == title) {
            return Ok(());
        }
        let out = self.terminal.backend_mut();
        if !TITLED.swap(true, Ordering::AcqRel) {
            queue!(out, Print(title::SAVE))?;
        }
        queue!(out, Print(title::sequence(&title)))?;
        self.title = Some(title);
        Ok(())
    }

    /// Asks for the background; the keyboard finds the answer.
    pub fn ask_background(&mut self) -> io::Result<()> {
        self.write(&Secret::from(background::QUESTION))
    }

    /// Writes bytes between two frames.
    pub fn write(&mut self, bytes: &Secret) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(bytes.expose())?;
        Write::flush(out)
    }

    /// Suspends the process until it is resumed.
    #[cfg(unix)]
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        // The whole process group, so that a wrapper stops too.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        self.resume()
    }

    /// Takes the terminal again.
    pub fn resume(&mut self) -> io::Result<()> {
        enter(self.mouse)?;
        // If it was not given up, the last frame is still there.
        execute!(io::stdout(), Clear(ClearType::All))?;
        // A new terminal redraws every cell. Clearing the old one would query the cursor position and wait.
        self.terminal = on_stdout(&self.links)?;
        self.title = self.title.take().map(|_| String::new());
        Ok(())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix part")]
    pub fn suspend(&mut self) -> io::Result<()> {
        let _ = self.mouse;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::Release);
    enable_raw_mode()?;
    let mut out = io::stdout();
    execute!(
        out,
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

fn broken(error: &io::Error) -> Problem {
    restore();
    Problem::new(Code::Terminal, "the terminal cannot be used").cause(error.to_string())
}
