//! All output of the command line: the answer on stdout, everything else on stderr.
//!
//! Nothing else in `cli` writes to either. Text for a terminal is coloured and cleaned of control sequences; a pipe or file
//! gets the answer byte for byte. stderr is always cleaned.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use super::document;
use super::usage::json_is_asked_for;
use crate::app::{self, Glyphs};
use aemkeys_core::credential::CheckVerdict as Verdict;
use aemkeys_core::credential::text::clean_for_terminal;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::credential::{Code, Problem};

/// Private-use characters that mark colours until the text is written. The sanitiser removes them from all other
/// text. The mark of a [`Paint`] is this plus its number.
const FIRST_MARK: char = '\u{10fff0}';
const RESET: char = '\u{10fff8}';

/// How the user wants the output.
#[derive(Clone, Copy)]
pub struct Mode {
    pub json: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub colour: ColourChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    Always,
    Never,
}

impl ColourChoice {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }
}

static MODE: OnceLock<Mode> = OnceLock::new();

/// Sets the mode once the command line is parsed.
pub fn set_mode(mode: Mode) {
    let _already_set = MODE.set(mode);
}

pub fn mode() -> Mode {
    MODE.get().copied().unwrap_or_else(|| Mode {
        json: json_is_asked_for(),
        quiet: false,
        verbose: false,
        colour: ColourChoice::Auto,
    })
}

/// Writes the answer. A closed pipe (`| head`) is not an error.
pub fn answer(bytes: &[u8]) -> Result<(), Problem> {
    if Stream::Out.is_terminal() || mode().colour == ColourChoice::Always {
        write(for_terminal(&String::from_utf8_lossy(bytes)).as_bytes())
    } else {
        write(bytes)
    }
}

/// Writes a server's response: `readable` and a line break on a terminal, else the original bytes.
pub fn server_response(
    bytes: &[u8],
    readable: impl FnOnce(&[u8]) -> String,
) -> Result<(), Problem> {
    if Stream::Out.is_terminal() {
        let mut text = readable(bytes);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        answer(text.as_bytes())
    } else {
        write(bytes)
    }
}

/// Writes a frame with its own colours. Its text was cleaned when it was drawn.
pub fn drawn(frame: &str) -> Result<(), Problem> {
    write(frame.as_bytes())
}

fn write(bytes: &[u8]) -> Result<(), Problem> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::new(
            Code::Output,
            "could not write to standard output",
        )
        .cause(error.to_string())),
        _ => Ok(()),
    }
}

pub fn answer_line(text: &str) -> Result<(), Problem> {
    answer(format!("{text}\n").as_bytes())
}

/// Prints that the list is empty, and how to begin.
pub fn nothing_stored() {
    note(
        "Nothing is stored yet. `aemkeys add FILE` adds the first credential; `aemkeys demo` shows how it works.",
    );
}

/// Prints information on stderr, unless it is not wanted.
pub fn note(text: &str) {
    let mode = mode();
    if !mode.json && !mode.quiet {
        on_stderr(&format!("{text}\n"));
    }
}

/// Prints a prompt, an error, or part of a line, on stderr.
pub fn on_stderr(text: &str) {
    let mut stderr = io::stderr().lock();
    // stderr may be closed.
    let _ = write!(stderr, "{}", for_terminal(text)).and_then(|()| stderr.flush());
}

/// Returns the text of a prompt, which the terminal gets without going through standard error.
pub fn for_prompt(text: &str) -> String {
    for_terminal(text)
}

/// Draws a progress bar in place; only on a terminal.
pub fn progress(done: usize, total: usize) {
    let mode = mode();
    if !Stream::Err.is_terminal() || mode.json || mode.quiet {
        return;
    }
    let width = 30;
    let filled = done * width / total.max(1);
    let end = if done == total { "\n" } else { "" };
    let _ = write!(
        io::stderr().lock(),
        "\r{}{} {done}/{total}{end}",
        glyphs().bar_full.repeat(filled),
        glyphs().bar_empty.repeat(width - filled)
    );
}

/// Removes control sequences from text, and adds the colours that [`paint`] marked.
fn for_terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_painted = false;
    for part in text.split_inclusive(|letter| code(letter).is_some()) {
        let mark = part
            .chars()
            .next_back()
            .filter(|mark| code(*mark).is_some());
        // This also removes the mark.
        out.push_str(&clean_for_terminal(part));
        if let Some(code) = mark.and_then(code) {
            out.push_str(&format!("\u{1b}[{code}m"));
            is_painted = mark != Some(RESET);
        }
    }
    if is_painted {
        out.push_str("\u{1b}[0m");
    }
    out
}

/// Returns the terminal's colour code for a mark.
fn code(mark: char) -> Option<&'static str> {
    const CODES: [&str; 6] = ["31", "33", "32", "1", "2", "7"];
    if mark == RESET {
        return Some("0");
    }
    let at = u32::from(mark).checked_sub(u32::from(FIRST_MARK))?;
    CODES.get(usize::try_from(at).ok()?).copied()
}

/// Prints a warning on stderr, or puts it into the JSON document.
pub fn warning(text: &str) {
    if mode().json {
        return document::warn(text);
    }
    let warning = paint(Paint::Yellow, "warning:", Stream::Err);
    on_stderr(&format!("{warning} {text}\n"));
}

/// Prints an error as text, or as a JSON document. `item`: the name or file that it is about, if it is one of several.
pub fn problem(problem: &Problem, item: Option<&str>) {
    if mode().json {
        return on_stderr(&format!("{}\n", document::of_error(problem, item)));
    }
    let error = paint(Paint::Red, "error:", Stream::Err);
    on_stderr(&format!("{error} {}\n", problem.message));
    reasons(problem);
}

/// Prints the cause and the next step.
pub fn reasons(problem: &Problem) {
    if let Some(cause) = &problem.cause {
        on_stderr(&format!("  why:  {cause}\n"));
    }
    if let Some(step) = &problem.next_step {
        on_stderr(&format!("  next: {}\n", step.in_shell()));
    }
    if let Some(id) = &problem.debug_id {
        on_stderr(&format!("  for Adobe support: x-debug-id {id}\n"));
    }
}

/// Returns whether stdout is a file on a disk.
#[cfg(unix)]
pub fn goes_to_a_file() -> bool {
    use std::os::fd::AsFd;
    let file = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .map(std::fs::File::from)
        .and_then(|file| file.metadata());
    file.is_ok_and(|data| data.is_file())
}

#[cfg(windows)]
pub fn goes_to_a_file() -> bool {
    use winapi_util::{HandleRef, file};
    file::typ(HandleRef::stdout()).is_ok_and(|kind| kind.is_disk())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

impl Stream {
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }
}

/// Colours, in the order of their codes.
#[derive(Clone, Copy)]
pub enum Paint {
    Red,
    Yellow,
    Green,
    Bold,
    Dim,
    Reversed,
}

/// Returns whether to write colours to the stream: as chosen, or if it is a terminal that has them (`NO_COLOR`, `TERM`).
pub fn wants_colours(stream: Stream) -> bool {
    match mode().colour {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto => {
            stream.is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && app::terminal::dumb().is_none()
        }
    }
}

/// Colours the text if colours are wanted.
pub fn paint(paint: Paint, text: &str, stream: Stream) -> String {
    if !wants_colours(stream) {
        return text.to_owned();
    }
    let mark = char::from_u32(u32::from(FIRST_MARK) + paint as u32).unwrap_or(RESET);
    format!("{mark}{text}{RESET}")
}

/// Returns the configured glyphs, those of the dashboard.
pub fn glyphs() -> &'static Glyphs {
    static GLYPHS: OnceLock<&'static Glyphs> = OnceLock::new();
    // Errors in the configuration are reported where it is opened.
    GLYPHS.get_or_init(|| app::configuration().0.glyphs.set().glyphs())
}

pub fn state_paint(state: Urgency) -> Option<Paint> {
    match state {
        Urgency::Fine => Some(Paint::Green),
        Urgency::Soon => Some(Paint::Yellow),
        Urgency::Urgent | Urgency::Expired => Some(Paint::Red),
        _ => None,
    }
}

/// Formats rows as columns, padded by display width; the last column is not padded.
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

/// Returns the headings of a table.
pub fn headings<const N: usize>(titles: [&str; N]) -> Vec<Cell> {
    titles.map(|title| Cell::painted(title, Paint::Dim)).into()
}

/// Returns the glyph and the colour of a verdict.
pub fn verdict(verdict: Verdict) -> (&'static str, Paint) {
    let paint = match verdict {
        Verdict::Fine => Paint::Green,
        Verdict::Warning => Paint::Yellow,
        Verdict::Wrong => Paint::Red,
        Verdict::Unknown => Paint::Dim,
    };
    (glyphs().check(verdict), paint)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_colours_reach_a_terminal() {
        let mark = |paint: Paint| char::from_u32(u32::from(FIRST_MARK) + paint as u32).unwrap();
        for (paint, code) in [
            (Paint::Red, "31"),
            (Paint::Yellow, "33"),
            (Paint::Green, "32"),
            (Paint::Bold, "1"),
            (Paint::Dim, "2"),
            (Paint::Reversed, "7"),
        ] {
            let text = format!(
                "a{}b\u{1b}[31mc\u{1b}]52;c;ZXZpbA==\u{7}{RESET}d\n",
                mark(paint)
            );
            assert_eq!(
                for_terminal(&text),
                format!("a\u{1b}[{code}mbc\u{1b}[0md\n")
            );
        }
        // Every colour is reset.
        let open = format!("a{}b", mark(Paint::Red));
        assert_eq!(for_terminal(&open), "a\u{1b}[31mb\u{1b}[0m");
        assert_eq!(for_terminal("a\tb\r\nc\u{202e}\u{9b}2Jd"), "a\tb\ncd");
    }
}
