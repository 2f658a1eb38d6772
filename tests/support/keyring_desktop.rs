//! A private session with an X server, for keyrings that ask in windows.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use super::clipboards::{Screen, until};
use super::dashboard::Dashboard;
use super::keyring_session::Session;
use super::no_session::NO_PROMPT;

pub struct Desktop {
    pub session: Session,
    screen: Screen,
    keyring: Option<Child>,
}

/// What a command without a terminal printed.
pub struct Answer {
    pub code: Option<i32>,
    pub said: String,
}

impl Answer {
    #[track_caller]
    pub fn is(&self, code: i32, text: &str) {
        assert!(
            self.code == Some(code) && self.said.contains(text),
            "expected {code} and {text:?}: {:?}\n{}",
            self.code,
            self.said
        );
    }
}

impl Desktop {
    /// Returns `None`, and prints that, if a program is missing.
    pub fn start(programs: &[&str]) -> Option<Self> {
        let needed = [
            programs,
            &["dbus-daemon", "dbus-send", "secret-tool", "xdotool"],
        ]
        .concat();
        let session = Session::start_without_services(&needed)?;
        let screen = Screen::start()?;
        Some(Self {
            session,
            screen,
            keyring: None,
        })
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = self.session.command(program);
        command
            .env("DISPLAY", &self.screen.display)
            // KeePassXC allows one instance for each folder of temporary files.
            .env("TMPDIR", self.session.home.join("run"))
            .env("LANG", "C.UTF-8");
        command
    }

    /// Starts the keyring and waits until it is on the bus.
    pub fn start_keyring(&mut self, mut command: Command) {
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.keyring = Some(child);
        until("the keyring is on the bus", || {
            self.session.daemon().is_some()
        });
    }

    /// Ends the keyring with SIGTERM and waits for its end.
    pub fn end_keyring(&mut self) {
        self.session.end_daemon("TERM");
        if let Some(mut child) = self.keyring.take() {
            child.wait().unwrap();
        }
    }

    /// Writes a file with service credentials and returns its path.
    pub fn credential(&self) -> String {
        let end = Timestamp::now() + SignedDuration::from_hours(300 * 24);
        let file = self.session.home.join("service.json");
        std::fs::write(&file, ServiceAccount::new("p1-e2", 0, end).file()).unwrap();
        file.display().to_string()
    }

    /// Runs aemkeys without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        let output = self
            .command(env!("CARGO_BIN_EXE_aemkeys"))
            .args(arguments)
            .env(NO_PROMPT.0, NO_PROMPT.1)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        Answer {
            code: output.status.code(),
            said,
        }
    }

    /// Runs a line of shell in a terminal, in which `aemkeys` is the program.
    pub fn open_terminal(&self, line: &str) -> Dashboard {
        let line = format!("aemkeys() {{ \"$AEMKEYS\" \"$@\"; }}; {line}; echo \"ended: $?\"");
        let mut command = self.command("bash");
        command
            .args(["-c", &line])
            .env("AEMKEYS", env!("CARGO_BIN_EXE_aemkeys"));
        Dashboard::start(&command)
    }

    pub fn xdotool(&self, arguments: &[&str]) -> String {
        let output = self.command("xdotool").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns the id of the window that `search` finds, such as `--name Unlock`.
    pub fn window(&self, search: &[&str]) -> Option<String> {
        let arguments = [&["search", "--onlyvisible"], search].concat();
        let found = self.xdotool(&arguments);
        found.lines().last().map(str::to_owned)
    }

    /// Returns the names of all visible windows.
    pub fn window_names(&self) -> Vec<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", "."]);
        let names = found.lines().map(|id| self.xdotool(&["getwindowname", id]));
        names.map(|name| name.trim().to_owned()).collect()
    }

    pub fn wait_for_window(&self, search: &[&str]) -> String {
        until(&format!("a window {search:?}"), || {
            self.window(search).is_some()
        });
        self.window(search).unwrap()
    }

    /// Gives the window the focus, types a text, and presses a key, until the window is closed.
    pub fn answer(&self, search: &[&str], text: &str, key: &str) {
        let window = self.wait_for_window(search);
        let is_closed = || self.window(search).as_ref() != Some(&window);
        until(&format!("{search:?} is closed by {key}"), || {
            self.xdotool(&["windowfocus", "--sync", &window]);
            if !text.is_empty() {
                self.xdotool(&["key", "ctrl+a"]);
                self.xdotool(&["type", text]);
            }
            self.xdotool(&["key", key]);
            // A second key would reach the next window, so a slow machine gets time to close this one.
            let pressed = Instant::now();
            while !is_closed() && pressed.elapsed() < Duration::from_secs(3) {
                std::thread::sleep(Duration::from_millis(50));
            }
            is_closed()
        });
    }

    /// Returns the titles of the items of aemkeys.
    pub fn titles(&self) -> Vec<String> {
        let mut tool = self.command("secret-tool");
        let tool = tool.args(["search", "--all", "service", "aemkeys"]);
        let output = tool.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut titles: Vec<String> = said
            .lines()
            .filter_map(|line| line.strip_prefix("label = "))
            .map(str::to_owned)
            .collect();
        titles.sort();
        titles
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if let Some(child) = &mut self.keyring {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}
