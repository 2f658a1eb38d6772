//! How is the answer said? stdout carries the answer alone, stderr the rest; colours only on a terminal.

use std::io::{self, IsTerminal, Write};

use serde_json::json;

use crate::credential::validity::State;
use crate::credential::{Code, Problem};

/// Writes the answer. A reader that went away (`| head`) is no error.
pub fn answer(bytes: &[u8]) -> Result<(), Problem> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::new(
            Code::Output,
            "the answer could not be written",
        )
        .cause(error.to_string())),
        _ => Ok(()),
    }
}

pub fn answer_line(text: &str) -> Result<(), Problem> {
    answer(format!("{text}\n").as_bytes())
}

pub fn answer_json(value: &impl serde::Serialize) -> Result<(), Problem> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|_| Problem::new(Code::Internal, "the answer could not be written as JSON"))?;
    answer_line(&text)
}

/// Something to know that is not the answer.
pub fn note(text: &str) {
    // stderr may be closed; there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

pub fn warning(text: &str) {
    note(&format!(
        "{} {text}",
        paint(Paint::Yellow, "warning:", Stream::Err)
    ));
}

/// The error as a person reads it, or as one JSON object.
pub fn problem(problem: &Problem, as_json: bool) {
    if as_json {
        note(
            &json!({"version": 1, "error": {
                "code": problem.code,
                "message": problem.message,
                "cause": problem.cause,
                "next_step": problem.next_step,
                "debug_id": problem.debug_id,
            }})
            .to_string(),
        );
        return;
    }
    note(&format!(
        "{} {}",
        paint(Paint::Red, "error:", Stream::Err),
        problem.message
    ));
    if let Some(cause) = &problem.cause {
        note(&format!("  why:  {cause}"));
    }
    if let Some(step) = &problem.next_step {
        note(&format!("  next: {step}"));
    }
    if let Some(id) = &problem.debug_id {
        note(&format!("  Adobe support asks for x-debug-id {id}"));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

#[derive(Clone, Copy)]
pub enum Paint {
    Red,
    Yellow,
    Green,
    Bold,
    Dim,
    Reversed,
}

/// Did the person, or the terminal, say no to colours?
pub fn wants_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Colours the text where the stream is a terminal that wants colours.
pub fn paint(paint: Paint, text: &str, stream: Stream) -> String {
    let terminal = match stream {
        Stream::Out => io::stdout().is_terminal(),
        Stream::Err => io::stderr().is_terminal(),
    };
    if !terminal || !wants_colours() {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Red => "31",
        Paint::Yellow => "33",
        Paint::Green => "32",
        Paint::Bold => "1",
        Paint::Dim => "2",
        Paint::Reversed => "7",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// The glyph of a state: the same in the list, in the dashboard and in the man page.
pub fn glyph(state: State) -> &'static str {
    match state {
        State::Fine => "●",
        State::Soon => "▲",
        State::Urgent => "‼",
        State::Expired => "✕",
        State::NotYetValid => "◌",
        State::Unknown => "?",
        State::NoneYet => "○",
        State::NotNeeded => "–",
    }
}

pub fn state_paint(state: State) -> Option<Paint> {
    match state {
        State::Fine => Some(Paint::Green),
        State::Soon => Some(Paint::Yellow),
        State::Urgent | State::Expired => Some(Paint::Red),
        _ => None,
    }
}

/// Columns of text padded by what is seen, not by bytes; the last column is not padded.
pub fn table(rows: &[Vec<Cell>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(Cell::width)
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            out.push_str(&match cell.paint {
                Some(colour) => paint(colour, &cell.text, Stream::Out),
                None => cell.text.clone(),
            });
            if column + 1 < row.len() {
                out.push_str(&" ".repeat(widths[column] - cell.width() + 2));
            }
        }
        out.push('\n');
    }
    out
}

pub struct Cell {
    pub text: String,
    pub paint: Option<Paint>,
}

impl Cell {
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            paint: None,
        }
    }

    pub fn painted(text: impl Into<String>, paint: Paint) -> Self {
        Self {
            text: text.into(),
            paint: Some(paint),
        }
    }

    fn width(&self) -> usize {
        unicode_width::UnicodeWidthStr::width(self.text.as_str())
    }
}
