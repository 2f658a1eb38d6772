//! What the environment variables say about the terminal.

use std::ffi::OsString;

/// Returns why the terminal can show neither colours nor a page: `TERM` is `dumb` or, except on Windows, not set.
pub fn dumb() -> Option<&'static str> {
    why_dumb(std::env::var_os("TERM"))
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

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
