//! What the environment variables say about the terminal.

use std::ffi::OsString;

use aemkeys_core::credential::text::clean;

/// Returns why the terminal can show neither colours nor a page: `TERM` is `dumb` or, except on Windows, not set. On Windows,
/// also switches escape sequences on, which not every console has.
pub fn dumb() -> Option<&'static str> {
    why_dumb(std::env::var_os("TERM")).or_else(console_without_sequences)
}

#[cfg(windows)]
fn console_without_sequences() -> Option<&'static str> {
    (!crossterm::ansi_support::supports_ansi())
        .then_some("this console has no escape sequences; Windows Terminal has them")
}

#[cfg(not(windows))]
fn console_without_sequences() -> Option<&'static str> {
    None
}

/// Returns the name of the terminal, for `doctor`.
pub fn description(variable: impl Fn(&str) -> Option<String>) -> String {
    match variable("TERM").filter(|term| !term.is_empty()) {
        Some(term) => format!("TERM is {}", clean(&term, 40)),
        None if !cfg!(windows) => "TERM is not set".to_owned(),
        None if variable("WT_SESSION").is_some() => "Windows Terminal".to_owned(),
        None => "Windows console".to_owned(),
    }
}

fn why_dumb(term: Option<OsString>) -> Option<&'static str> {
    match term.filter(|term| !term.is_empty()) {
        Some(term) if term == "dumb" => Some("TERM is dumb"),
        None if !cfg!(windows) => Some("TERM is not set"),
        _ => None,
    }
}

/// Returns whether the terminal may be asked for its background.
///
/// The Linux console prints the question. GNU screen does not pass it on, and names itself in `TERM` as tmux may do, which
/// answers. On Windows, answers don't arrive as keys.
pub fn can_be_asked() -> bool {
    !cfg!(windows) && may_ask(|name| std::env::var_os(name))
}

fn may_ask(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let term = variable("TERM");
    let name = term.as_ref().map(|term| term.to_string_lossy());
    let is_multiplexer = name.is_some_and(|name| name.starts_with("screen"));
    let is_tmux = variable("TMUX").is_some_and(|value| !value.is_empty());
    let is_screen = is_multiplexer || variable("STY").is_some_and(|value| !value.is_empty());
    why_dumb(term.clone()).is_none()
        && term.is_none_or(|term| term != "linux")
        && (is_tmux || !is_screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_has_a_name_without_a_variable() {
        let unnamed = if cfg!(windows) {
            "Windows console"
        } else {
            "TERM is not set"
        };
        assert_eq!(description(|_| None), unnamed);
        assert_eq!(
            description(|_| Some(String::new())).contains("TERM is "),
            cfg!(unix)
        );
        let term = |name: &str| (name == "TERM").then(|| "xterm\u{1b}[m".to_owned());
        assert_eq!(description(term), "TERM is xterm");
    }

    #[cfg(unix)]
    #[test]
    fn only_terminals_that_can_answer_are_asked() {
        for (variables, asks) in [
            (&[("TERM", "xterm-256color")][..], true),
            (&[("TERM", "tmux-256color"), ("TMUX", "/tmp/x")], true),
            (&[("TERM", "screen-256color"), ("TMUX", "/tmp/x")], true),
            (&[("TERM", "screen-256color"), ("TMUX", "")], false),
            (&[("TERM", "screen.xterm-256color"), ("STY", "1.a")], false),
            (&[("TERM", "xterm"), ("STY", "1.a")], false),
            (&[("TERM", "xterm"), ("STY", "")], true),
            (&[("TERM", "linux")], false),
            (&[("TERM", "dumb")], false),
            (&[("TERM", "")], false),
            (&[], false),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(may_ask(variable), asks, "{variables:?}");
        }
    }
}
