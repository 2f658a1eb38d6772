//! Reads lines from a terminal or a pipe. A pasted credential or token is one input and is never echoed.

use std::collections::VecDeque;
use std::io::{self, BufRead, IsTerminal};

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyModifiers};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use unicode_width::UnicodeWidthChar;
use zeroize::{Zeroize as _, Zeroizing};

use crate::tui::layout::HitMap;
use crate::tui::message::Event;
use crate::tui::runtime::{input, keyboard};
use crate::tui::update::looks_secret;
use aemkeys_core::credential::Secret;

/// Room for a credential, because a growing buffer leaves copies in memory.
const ROOM: usize = 64 * 1024;
const NOT_SHOWN: &str = "(not shown)";

/// What the user has entered.
pub enum Entered {
    Line(Secret),
    /// A credential or token.
    Paste(Secret),
    /// Ctrl-C or Esc, where nothing was typed.
    Interrupt,
    Close,
    Suspend,
    /// Ctrl-D, where nothing was typed.
    End,
}

/// The events of a terminal, or the lines of a pipe as pastes.
pub struct LineInput {
    pub events: UnboundedReceiver<TerminalEvent>,
    pub is_terminal: bool,
    waiting: VecDeque<Event>,
    text: Zeroizing<String>,
    /// Whether the text looks like a credential or token.
    is_paste: bool,
    /// Whether the line is a secret, such as a passphrase.
    pub is_hidden: bool,
}

impl LineInput {
    pub fn open() -> io::Result<Self> {
        let is_terminal = io::stdin().is_terminal();
        let events = if is_terminal {
            keyboard::listen()?.0
        } else {
            lines()?
        };
        Ok(Self {
            events,
            is_terminal,
            waiting: VecDeque::new(),
            text: Zeroizing::new(String::with_capacity(ROOM)),
            is_paste: false,
            is_hidden: false,
        })
    }

    /// Takes events that arrived together. Returns whether one of them was Ctrl-C, which drops what was typed ahead.
    pub fn push(&mut self, events: Vec<TerminalEvent>) -> bool {
        self.waiting
            .extend(input::messages(events, false, &HitMap::default()));
        let is_interrupt = |event: &Event| matches!(event, Event::Key(key) if key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL);
        self.waiting.iter().any(is_interrupt)
    }

    /// Drops what was typed ahead.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.restart();
    }

    /// The text to print again after a message has interrupted the line.
    pub fn shown(&self) -> &str {
        if self.is_secret() { "" } else { &self.text }
    }

    fn is_secret(&self) -> bool {
        self.is_hidden || self.is_paste
    }

    fn restart(&mut self) {
        self.text.zeroize();
        self.is_paste = false;
    }

    /// Returns the next complete input. `echo` receives what to print.
    pub fn next(&mut self, echo: &mut String) -> Option<Entered> {
        while let Some(event) = self.waiting.pop_front() {
            let entered = match event {
                Event::Paste(secret) => self.paste(&secret, echo),
                Event::Key(key) if key.text().is_some() => {
                    self.letter(key.text()?, echo);
                    None
                }
                Event::Key(key) => self.key(key.code, key.modifiers, echo),
                _ => None,
            };
            if entered.is_some() {
                return entered;
            }
        }
        None
    }

    /// Takes the text up to the end of an input, and leaves the rest for the next one.
    fn paste(&mut self, secret: &Secret, echo: &mut String) -> Option<Entered> {
        let text = String::from_utf8_lossy(secret.expose());
        for (at, letter) in text.char_indices() {
            if letter != '\n' {
                self.letter(letter, echo);
            } else if let Some(entered) = self.enter(echo) {
                let rest = &text[at + 1..];
                if !rest.is_empty() {
                    self.waiting.push_front(Event::Paste(Secret::from(rest)));
                }
                return Some(entered);
            }
        }
        None
    }

    fn letter(&mut self, letter: char, echo: &mut String) {
        if letter.is_control() && letter != '\t' || self.text.len() + 4 > ROOM {
            return;
        }
        self.text.push(letter);
        if self.is_secret() {
            return;
        }
        self.is_paste = looks_secret(self.text.as_bytes());
        if !self.is_terminal {
            return;
        }
        if self.is_paste {
            echo.push_str(NOT_SHOWN);
        } else {
            echo.push(letter);
        }
    }

    fn key(
        &mut self,
        code: KeyCode,
        modifiers: KeyModifiers,
        echo: &mut String,
    ) -> Option<Entered> {
        let is_control = modifiers.contains(KeyModifiers::CONTROL);
        let is_empty = self.text.is_empty();
        match code {
            KeyCode::Enter => return self.enter(echo),
            KeyCode::Char('j' | 'm') if is_control => return self.enter(echo),
            KeyCode::Char('c') if is_control && is_empty => return Some(Entered::Interrupt),
            KeyCode::Esc if is_empty => return Some(Entered::Close),
            KeyCode::Char('d') if is_control && is_empty => return Some(Entered::End),
            KeyCode::Char('z') if is_control => return Some(Entered::Suspend),
            KeyCode::Backspace => self.backspace(echo),
            KeyCode::Char('u' | 'c') if is_control => self.erase(echo),
            KeyCode::Esc => self.erase(echo),
            _ => {}
        }
        None
    }

    /// Erases a letter as a terminal does in line mode.
    fn backspace(&mut self, echo: &mut String) {
        let is_shown = self.is_terminal && !self.is_secret();
        if let Some(letter) = self.text.pop()
            && is_shown
        {
            echo.push_str(&"\u{8} \u{8}".repeat(letter.width().unwrap_or(0)));
        }
        if self.text.is_empty() {
            self.is_paste = false;
        }
    }

    fn erase(&mut self, echo: &mut String) {
        while !self.text.is_empty() {
            self.backspace(echo);
        }
    }

    /// Ends the line, unless it is the beginning of a credential of several lines; an empty line ends that.
    fn enter(&mut self, echo: &mut String) -> Option<Entered> {
        if !self.is_hidden && is_begun(&self.text) && !self.text.ends_with('\n') {
            self.text.push('\n');
            return None;
        }
        let is_secret = self.is_secret();
        if !self.is_terminal {
            echo.push_str(if is_secret { NOT_SHOWN } else { &self.text });
        }
        echo.push('\n');
        let secret = Secret::from(self.text.trim());
        self.restart();
        Some(if is_secret && !self.is_hidden {
            Entered::Paste(secret)
        } else {
            Entered::Line(secret)
        })
    }
}

/// Returns whether the text is the beginning of JSON or PEM.
fn is_begun(text: &str) -> bool {
    let text = text.trim_start();
    let is_json = text.starts_with('{')
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err_and(|error| error.is_eof());
    is_json || (text.contains("-----BEGIN") && !text.contains("-----END"))
}

/// Reads lines on a thread of its own. The channel closes at the end.
fn lines() -> io::Result<UnboundedReceiver<TerminalEvent>> {
    let (sender, events) = unbounded_channel();
    std::thread::Builder::new()
        .name("lines".to_owned())
        .spawn(move || {
            let mut stdin = io::stdin().lock();
            let mut line = String::with_capacity(ROOM);
            while stdin.read_line(&mut line).is_ok_and(|read| read > 0) {
                if !line.ends_with('\n') {
                    line.push('\n');
                }
                let line = std::mem::replace(&mut line, String::with_capacity(ROOM));
                if sender.send(TerminalEvent::Paste(line)).is_err() {
                    return;
                }
            }
        })?;
    Ok(events)
}
