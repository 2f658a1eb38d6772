//! Copies secrets to the clipboard and clears them: tmux's buffer, the desktop's clipboard, or the terminal (OSC 52). A
//! child process holds the text (see [`holder`]), so that this one never waits for a display, and the text can stay for its
//! remaining seconds after this process has ended. The clipboard is cleared only if it still contains that text.

mod holder;
mod system;
mod terminal;
mod tmux;

use std::fmt;
use std::io;

use aemkeys_core::credential::{Code, NextStep, Problem, Secret};
use aemkeys_core::guidance;
use serde::Deserialize;

pub use holder::{Held, hold};
pub use terminal::write_to_tty;

/// The clipboard to use, from the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// tmux, then the desktop unless the user sits at another computer, then the terminal.
    #[default]
    Auto,
    X11,
    Wayland,
    Tmux,
    Osc52,
}

impl Route {
    /// Returns the clipboards to try in order.
    fn clipboards(self, in_tmux: bool, over_ssh: bool) -> Vec<Clipboard> {
        match self {
            Self::Auto => [
                in_tmux.then_some(Clipboard::Tmux),
                (!over_ssh).then_some(Clipboard::Desktop),
                Some(Clipboard::Terminal),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::X11 => vec![Clipboard::X11],
            Self::Wayland => vec![Clipboard::Wayland],
            Self::Tmux => vec![Clipboard::Tmux],
            Self::Osc52 => vec![Clipboard::Terminal],
        }
    }
}

/// A clipboard. `Display` describes to the user what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipboard {
    /// A buffer in tmux, which passes it on to its terminal.
    Tmux,
    /// The desktop's clipboard: Wayland, X11, macOS, Windows.
    Desktop,
    /// The X server's, also under Wayland.
    X11,
    /// The Wayland compositor's, also if there is an X server.
    Wayland,
    /// The terminal's, by OSC 52. Cannot be cleared.
    Terminal,
}

impl Clipboard {
    /// Returns whether this program can clear it.
    pub fn can_be_cleared(self) -> bool {
        self != Self::Terminal
    }

    /// The variable that the holder must not see.
    fn hidden_variable(self) -> Option<&'static str> {
        match self {
            Self::X11 => Some("WAYLAND_DISPLAY"),
            Self::Wayland => Some("DISPLAY"),
            Self::Tmux | Self::Desktop | Self::Terminal => None,
        }
    }

    /// Its name in the arguments of the holder.
    pub fn id(self) -> &'static str {
        match self {
            Self::Tmux => "tmux",
            Self::Desktop => "desktop",
            Self::X11 => "x11",
            Self::Wayland => "wayland",
            Self::Terminal => "terminal",
        }
    }

    /// Returns the clipboard that a holder can hold.
    pub fn with_id(id: &str) -> Option<Self> {
        [Self::Tmux, Self::Desktop, Self::X11, Self::Wayland]
            .into_iter()
            .find(|clipboard| clipboard.id() == id)
    }
}

impl fmt::Display for Clipboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tmux => "copied to the tmux buffer",
            Self::Desktop | Self::X11 | Self::Wayland => "copied",
            Self::Terminal => "sent to the terminal, which cannot be cleared from here",
        })
    }
}

/// A copied text.
pub struct Copied {
    pub clipboard: Clipboard,
    /// `None` if it cannot be cleared.
    pub held: Option<Held>,
}

/// Copies the text to the first clipboard that accepts it, for this number of seconds. `terminal` writes an escape sequence
/// to the terminal.
pub fn copy(
    text: &Secret,
    seconds: u64,
    route: Route,
    terminal: impl FnOnce(&[u8]) -> io::Result<()>,
) -> Result<Copied, Problem> {
    let mut failure = None;
    for clipboard in route.clipboards(variable("TMUX").is_some(), over_ssh()) {
        if clipboard == Clipboard::Terminal {
            let wrapped = variable("STY").is_some();
            terminal(&terminal::sequence(text, wrapped))
                .map_err(|error| unavailable(route, &error))?;
            return Ok(Copied {
                clipboard,
                held: None,
            });
        }
        match Held::start(clipboard, text, seconds) {
            Ok(held) => {
                return Ok(Copied {
                    clipboard,
                    held: Some(held),
                });
            }
            Err(error) => failure = Some(error),
        }
    }
    Err(unavailable(
        route,
        &failure.unwrap_or_else(|| io::Error::other("none was found")),
    ))
}

fn unavailable(route: Route, error: &io::Error) -> Problem {
    let problem =
        Problem::new(Code::NoClipboard, "no clipboard is available").cause(error.to_string());
    if route == Route::Auto {
        return problem.next_step(guidance![
            "to print the token instead, ",
            NextStep::PrintToken
        ]);
    }
    problem.next_step(
        "the setting `clipboard` allows only one clipboard: remove it, or set another one",
    )
}

/// The value of an environment variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns whether this process runs in an SSH session.
pub(super) fn over_ssh() -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The SHA-256 digest of the copied text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Digest([u8; 32]);

impl Digest {
    fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
        Self(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn clipboards_are_tried_from_the_nearest_to_the_terminal() {
        use Clipboard::{Desktop, Terminal, Tmux};
        assert_eq!(
            Route::Auto.clipboards(true, false),
            [Tmux, Desktop, Terminal]
        );
        assert_eq!(Route::Auto.clipboards(true, true), [Tmux, Terminal]);
        assert_eq!(Route::Auto.clipboards(false, true), [Terminal]);
        for (route, only) in [
            (Route::X11, Clipboard::X11),
            (Route::Wayland, Clipboard::Wayland),
            (Route::Tmux, Tmux),
            (Route::Osc52, Terminal),
        ] {
            assert_eq!(route.clipboards(true, false), [only]);
        }
    }

    #[test]
    fn the_terminal_gets_the_text_by_osc_52() {
        let written = RefCell::new(Vec::new());
        let copied = copy(&Secret::from("planted"), 30, Route::Osc52, |bytes| {
            written.borrow_mut().extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
        assert!(!copied.clipboard.can_be_cleared() && copied.held.is_none());
        assert_eq!(written.into_inner(), b"\x1b]52;c;cGxhbnRlZA==\x07");
    }

    #[test]
    fn a_terminal_that_refuses_the_text_is_reported() {
        let refuse = |_: &[u8]| Err(io::Error::other("no terminal"));
        let problem = copy(&Secret::from("planted"), 30, Route::Osc52, refuse)
            .err()
            .unwrap();
        assert_eq!(problem.code, Code::NoClipboard);
        assert!(
            format!("{problem:?}").contains("`clipboard`"),
            "{problem:?}"
        );
    }
}
