//! Copies secrets to the clipboard and clears them: tmux's buffer, the desktop's clipboard, or the terminal (OSC 52).
//! Only a digest of the copied text is kept, and the clipboard is cleared only if it still contains that text.

mod holder;
mod system;
mod terminal;
mod tmux;

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use std::fmt;
use std::io;

use aemkeys_core::credential::{Code, Problem, Secret};

pub use holder::{copy_with_holder, hold};

/// The facts that decide which clipboard is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The value of `$TMUX`: socket, process id of the server, session.
    pub tmux: Option<String>,
    /// The user sits at another computer, so this one's clipboard is the wrong one.
    pub over_ssh: bool,
}

impl Surroundings {
    /// Reads the environment variables of this process.
    pub fn of_process() -> Self {
        Self {
            tmux: std::env::var("TMUX").ok().filter(|tmux| !tmux.is_empty()),
            over_ssh: over_ssh(),
        }
    }
}

/// Returns whether this process runs in an SSH session.
pub(super) fn over_ssh() -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The clipboard that received a text. `Display` describes to the user what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipboardKind {
    /// A buffer in tmux, which passes it on to its terminal.
    Tmux,
    /// The desktop's clipboard: X11, Wayland, macOS, Windows.
    System,
    /// The terminal, by OSC 52. Cannot be cleared.
    Terminal,
}

impl ClipboardKind {
    /// Returns whether this program can clear it.
    pub fn can_be_cleared(self) -> bool {
        self != Self::Terminal
    }
}

impl fmt::Display for ClipboardKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tmux => "copied to the tmux buffer",
            Self::System => "copied",
            Self::Terminal => "sent to the terminal, which cannot be cleared from here",
        })
    }
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

fn no_clipboard(error: &io::Error) -> Problem {
    Problem::new(Code::NoClipboard, "no clipboard is available")
        .cause(error.to_string())
        .next_step(guidance![
            "to print the token instead, ",
            NextStep::PrintToken
        ])
}

type TerminalSink = Box<dyn FnMut(&[u8]) -> io::Result<()> + Send>;

/// The clipboard of one process. Dropping it does not clear it: call [`Clipboard::clear_if_ours`] before every exit.
pub struct Clipboard {
    surroundings: Surroundings,
    terminal: TerminalSink,
    /// Kept while it holds the text: on X11 and Wayland this process serves it.
    system: Option<system::System>,
    held: Option<(ClipboardKind, Digest)>,
}

impl Clipboard {
    /// Creates a clipboard without connecting to anything yet.
    pub fn detect(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            terminal: Box::new(terminal::write_to_tty),
            system: None,
            held: None,
        }
    }

    /// Sends escape sequences to `sink` instead of the terminal, so that the dashboard can write them between frames.
    #[must_use]
    pub fn writing_to(
        mut self,
        sink: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
    ) -> Self {
        self.terminal = Box::new(sink);
        self
    }

    /// Copies the text to the first clipboard that accepts it.
    pub fn copy(&mut self, text: &Secret) -> Result<ClipboardKind, Problem> {
        let kind = self.put(text)?;
        self.held = kind
            .can_be_cleared()
            .then(|| (kind, Digest::of(text.expose())));
        Ok(kind)
    }

    fn put(&mut self, text: &Secret) -> Result<ClipboardKind, Problem> {
        // If tmux is gone, or too old for `-w`, try the next clipboard.
        if let Some(tmux) = &self.surroundings.tmux
            && tmux::put(tmux, text).is_ok()
        {
            return Ok(ClipboardKind::Tmux);
        }
        if !self.surroundings.over_ssh && self.put_on_system(text).is_ok() {
            return Ok(ClipboardKind::System);
        }
        (self.terminal)(&terminal::sequence(text)).map_err(|error| no_clipboard(&error))?;
        Ok(ClipboardKind::Terminal)
    }

    fn put_on_system(&mut self, text: &Secret) -> Result<(), system::Failure> {
        let mut system = match self.system.take() {
            Some(system) => system,
            None => system::System::connect()?,
        };
        system.put(text)?;
        self.system = Some(system);
        Ok(())
    }

    /// Clears the clipboard if it still contains the copied text, and returns whether it did. May be called repeatedly.
    pub fn clear_if_ours(&mut self) -> bool {
        match self.held.take() {
            // `copy` never records a text sent to the terminal.
            None | Some((ClipboardKind::Terminal, _)) => false,
            Some((ClipboardKind::Tmux, digest)) => self
                .surroundings
                .tmux
                .as_deref()
                .is_some_and(|tmux| tmux::clear_if(tmux, digest)),
            Some((ClipboardKind::System, digest)) => self
                .system
                .take()
                .is_some_and(|mut system| system.clear_if(digest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn over_ssh_text_goes_to_the_terminal_and_is_not_clearable() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let mut clipboard = Clipboard::detect(Surroundings {
            tmux: None,
            over_ssh: true,
        })
        .writing_to(move |bytes| {
            sink.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        });
        let copied = clipboard.copy(&Secret::from("planted")).unwrap();
        assert_eq!(copied, ClipboardKind::Terminal);
        assert!(!copied.can_be_cleared());
        assert_eq!(*written.lock().unwrap(), b"\x1b]52;c;cGxhbnRlZA==\x07");
        assert!(!clipboard.clear_if_ours());
    }

    /// A separate tmux server, stopped on drop.
    struct TmuxServer(String);

    impl TmuxServer {
        fn start() -> Option<Self> {
            let name = format!("aemkeys-test-{}", uuid::Uuid::new_v4());
            let started = std::process::Command::new("tmux")
                .args(["-L", &name, "-f", "/dev/null", "new-session", "-d"])
                .env_remove("TMUX")
                .status();
            if started.is_ok_and(|status| status.success()) {
                return Some(Self(name));
            }
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI has tmux");
            println!("skipped: tmux is not installed");
            None
        }

        fn tmux(&self, arguments: &[&str]) -> String {
            let output = std::process::Command::new("tmux")
                .args(["-L", &self.0])
                .args(arguments)
                .output()
                .unwrap();
            String::from_utf8(output.stdout).unwrap()
        }

        /// Returns the value of `$TMUX` in this server's panes.
        fn variable(&self) -> String {
            self.tmux(&["display-message", "-p", "#{socket_path},#{pid},0"])
                .trim()
                .to_owned()
        }

        fn clipboard(&self) -> Clipboard {
            Clipboard::detect(Surroundings {
                tmux: Some(self.variable()),
                over_ssh: true,
            })
            .writing_to(|_| Err(io::Error::other("tmux refused the text")))
        }
    }

    impl Drop for TmuxServer {
        fn drop(&mut self) {
            let socket = self.tmux(&["display-message", "-p", "#{socket_path}"]);
            self.tmux(&["kill-server"]);
            let _removed = std::fs::remove_file(socket.trim());
        }
    }

    #[test]
    fn tmux_buffer_holds_the_text_until_cleared() {
        let Some(server) = TmuxServer::start() else {
            return;
        };
        let mut clipboard = server.clipboard();
        let copied = clipboard.copy(&Secret::from("planted\n")).unwrap();
        assert_eq!(copied, ClipboardKind::Tmux);
        assert!(copied.can_be_cleared());
        assert_eq!(server.tmux(&["show-buffer", "-b", "aemkeys"]), "planted\n");
        assert!(clipboard.clear_if_ours());
        assert_eq!(server.tmux(&["list-buffers"]), "");
        assert!(!clipboard.clear_if_ours());
    }

    #[test]
    fn replaced_tmux_buffer_is_not_cleared() {
        let Some(server) = TmuxServer::start() else {
            return;
        };
        let mut clipboard = server.clipboard();
        clipboard.copy(&Secret::from("planted")).unwrap();
        server.tmux(&["set-buffer", "-b", "aemkeys", "other text"]);
        assert!(!clipboard.clear_if_ours());
        assert_eq!(server.tmux(&["show-buffer", "-b", "aemkeys"]), "other text");
    }

    #[test]
    fn terminal_accepts_the_osc_52_sequence() {
        let Some(server) = TmuxServer::start() else {
            return;
        };
        server.tmux(&["set-option", "-g", "set-clipboard", "on"]);
        let sequence = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            sequence.path(),
            terminal::sequence(&Secret::from("from the terminal")),
        )
        .unwrap();
        let show = format!("cat {}; sleep 60", sequence.path().display());
        server.tmux(&["new-window", "-d", &show]);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while server.tmux(&["show-buffer"]) != "from the terminal" {
            assert!(
                std::time::Instant::now() < deadline,
                "tmux received nothing"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    #[test]
    fn unreachable_tmux_falls_back_to_the_terminal() {
        let mut clipboard = Clipboard::detect(Surroundings {
            tmux: Some("/nonexistent/socket,1,0".into()),
            over_ssh: true,
        })
        .writing_to(|_| Ok(()));
        let copied = clipboard.copy(&Secret::from("planted")).unwrap();
        assert_eq!(copied, ClipboardKind::Terminal);
    }

    #[test]
    fn error_without_any_clipboard_does_not_repeat_the_text() {
        let mut clipboard = Clipboard::detect(Surroundings {
            tmux: None,
            over_ssh: true,
        })
        .writing_to(|_| Err(io::Error::other("no terminal")));
        let problem = clipboard.copy(&Secret::from("planted")).unwrap_err();
        assert_eq!(problem.code, Code::NoClipboard);
        assert!(!format!("{problem:?}").contains("planted"));
    }
}
