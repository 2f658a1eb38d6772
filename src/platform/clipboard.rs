//! How does a secret get on the clipboard, and off it again? Three ways: tmux's buffer, the desktop's clipboard, or the
//! terminal (OSC 52). What was copied is remembered as a hash only, and only what is still ours is cleared.

mod holder;
mod system;
mod terminal;
mod tmux;

use std::fmt;
use std::io;

use ring::digest;

use crate::credential::{Code, Problem, Secret};

pub use holder::{copy_and_leave, hold};

/// What decides the way; read from the process's environment, or made up by a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `$TMUX`: the socket, the server's pid, the session.
    pub tmux: Option<String>,
    /// The screen is elsewhere; a clipboard here would be the wrong one.
    pub over_ssh: bool,
}

impl Surroundings {
    pub fn of_process() -> Self {
        Self {
            tmux: std::env::var("TMUX").ok().filter(|tmux| !tmux.is_empty()),
            over_ssh: over_ssh(),
        }
    }
}

/// Is the person in front of another machine?
pub(super) fn over_ssh() -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Where a text went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A buffer of its own in tmux, which passes it on to its terminal.
    Tmux,
    /// X11, Wayland, macOS, Windows.
    System,
    /// OSC 52: written and forgotten.
    Terminal,
}

/// A text is on its way; `Display` says what a person should know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub way: Way,
    /// It can be taken back from here.
    pub clearable: bool,
}

impl Copied {
    fn by(way: Way) -> Self {
        Self {
            way,
            clearable: way != Way::Terminal,
        }
    }
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.way {
            Way::Tmux => "copied to tmux's buffer",
            Way::System => "copied",
            Way::Terminal => "sent to the terminal, cannot be cleared from here",
        })
    }
}

/// The SHA-256 of what was copied.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark([u8; 32]);

impl Mark {
    fn of(bytes: &[u8]) -> Self {
        let mut mark = [0; 32];
        mark.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(mark)
    }
}

fn no_clipboard(error: &io::Error) -> Problem {
    Problem::new(Code::NoClipboard, "no clipboard answers")
        .cause(error.to_string())
        .next_step("print it instead: `aemkeys token NAME`")
}

type TerminalSink = Box<dyn FnMut(&[u8]) -> io::Result<()> + Send>;

/// The clipboard of one process. Dropping it does not clear: call [`Clipboard::clear_if_ours`] on every way out.
pub struct Clipboard {
    surroundings: Surroundings,
    terminal: TerminalSink,
    /// Kept while our text is on it: on X11 and Wayland the text lives in this process.
    system: Option<system::System>,
    held: Option<(Way, Mark)>,
}

impl Clipboard {
    /// Asks nothing and connects to nothing yet.
    pub fn detect(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            terminal: Box::new(terminal::write_to_tty),
            system: None,
            held: None,
        }
    }

    /// Escape sequences go to this writer instead of the terminal: the dashboard must not have one inside a frame.
    #[must_use]
    pub fn writing_to(
        mut self,
        sink: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
    ) -> Self {
        self.terminal = Box::new(sink);
        self
    }

    /// Puts the text on the first clipboard that takes it.
    pub fn copy(&mut self, text: &Secret) -> Result<Copied, Problem> {
        let way = self.put(text)?;
        self.held = (way != Way::Terminal).then(|| (way, Mark::of(text.expose())));
        Ok(Copied::by(way))
    }

    fn put(&mut self, text: &Secret) -> Result<Way, Problem> {
        // A tmux that is gone, or too old for `-w`, is no reason to fail.
        if let Some(tmux) = &self.surroundings.tmux
            && tmux::put(tmux, text).is_ok()
        {
            return Ok(Way::Tmux);
        }
        if !self.surroundings.over_ssh && self.put_on_system(text).is_ok() {
            return Ok(Way::System);
        }
        (self.terminal)(&terminal::sequence(text)).map_err(|error| no_clipboard(&error))?;
        Ok(Way::Terminal)
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

    /// Is something of ours on a clipboard, as far as we know?
    pub fn holds_ours(&self) -> bool {
        self.held.is_some()
    }

    /// Clears the clipboard if our text is still on it; says whether it was. Safe to call any number of times.
    pub fn clear_if_ours(&mut self) -> bool {
        match self.held.take() {
            // What went to the terminal is never held.
            None | Some((Way::Terminal, _)) => false,
            Some((Way::Tmux, mark)) => self
                .surroundings
                .tmux
                .as_deref()
                .is_some_and(|tmux| tmux::clear_if(tmux, mark)),
            Some((Way::System, mark)) => self
                .system
                .take()
                .is_some_and(|mut system| system.clear_if(mark)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn over_ssh_the_terminal_gets_it_and_nothing_is_claimed_to_be_clearable() {
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
        assert_eq!((copied.way, copied.clearable), (Way::Terminal, false));
        assert_eq!(*written.lock().unwrap(), b"\x1b]52;c;cGxhbnRlZA==\x07");
        assert!(!clipboard.holds_ours());
        assert!(!clipboard.clear_if_ours());
    }

    /// A tmux server of its own, ended with the test.
    struct Server(String);

    impl Server {
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

        /// What `$TMUX` would be in this server's panes.
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
            .writing_to(|_| Err(io::Error::other("tmux did not take it")))
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let socket = self.tmux(&["display-message", "-p", "#{socket_path}"]);
            self.tmux(&["kill-server"]);
            let _removed = std::fs::remove_file(socket.trim());
        }
    }

    #[test]
    fn tmux_holds_it_in_a_buffer_of_its_own_until_it_is_cleared() {
        let Some(server) = Server::start() else {
            return;
        };
        let mut clipboard = server.clipboard();
        let copied = clipboard.copy(&Secret::from("planted\n")).unwrap();
        assert_eq!((copied.way, copied.clearable), (Way::Tmux, true));
        assert_eq!(server.tmux(&["show-buffer", "-b", "aemkeys"]), "planted\n");
        assert!(clipboard.clear_if_ours());
        assert_eq!(server.tmux(&["list-buffers"]), "");
        assert!(!clipboard.clear_if_ours());
    }

    #[test]
    fn what_somebody_else_put_into_our_buffer_stays() {
        let Some(server) = Server::start() else {
            return;
        };
        let mut clipboard = server.clipboard();
        clipboard.copy(&Secret::from("planted")).unwrap();
        server.tmux(&["set-buffer", "-b", "aemkeys", "of another"]);
        assert!(!clipboard.clear_if_ours());
        assert_eq!(server.tmux(&["show-buffer", "-b", "aemkeys"]), "of another");
    }

    #[test]
    fn a_terminal_that_knows_osc_52_takes_the_sequence() {
        let Some(server) = Server::start() else {
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
            assert!(std::time::Instant::now() < deadline, "tmux took nothing");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    #[test]
    fn a_tmux_that_is_gone_is_passed_over() {
        let mut clipboard = Clipboard::detect(Surroundings {
            tmux: Some("/nonexistent/socket,1,0".into()),
            over_ssh: true,
        })
        .writing_to(|_| Ok(()));
        let copied = clipboard.copy(&Secret::from("planted")).unwrap();
        assert_eq!(copied.way, Way::Terminal);
    }

    #[test]
    fn when_nothing_takes_it_that_is_said_without_the_text() {
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
