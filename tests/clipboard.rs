//! Does the child that `copy` leaves behind serve, clear and respect what others copy? On a real X server and a real tmux.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it skips"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TEXT: &str = "planted-token";

/// Waits, but never asserts how long it took.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `None`, said, where the program is missing; on a build server that is a failure.
fn started(program: &str, command: &mut Command) -> Option<Child> {
    match command.spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "{program}: {error}"
            );
            println!("skipped: {program} is not installed");
            None
        }
    }
}

/// The holder, with its order written and its pipe closed.
fn holder(seconds: &str, order: &[u8], variable: (&str, &str)) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aemkeys"))
        .args(["hold-clipboard", "--seconds", seconds])
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("SSH_CONNECTION")
        .env(variable.0, variable.1)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(order).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    child
}

/// An X server without a screen, ended with the test.
struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    fn start() -> Option<Self> {
        // It chooses a free display and says which.
        let mut server = started(
            "Xvfb",
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-nolisten", "tcp"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        let display = format!(":{}", number.trim());
        let screen = Self { server, display };
        let mut xclip = started("xclip", &mut screen.xclip(&["-version"]))?;
        xclip.wait().unwrap();
        Some(screen)
    }

    fn xclip(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("xclip");
        command
            .args(["-selection", "clipboard", "-display", &self.display])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    fn pasted(&self, arguments: &[&str]) -> Option<String> {
        let output = self.xclip(arguments).arg("-o").output().unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).unwrap())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}

#[test]
fn on_x11_the_text_is_served_as_a_secret_and_then_gone() {
    let Some(screen) = Screen::start() else {
        return;
    };
    let order = format!("s{TEXT}");
    let mut holder = holder("2", order.as_bytes(), ("DISPLAY", &screen.display));
    assert_eq!(screen.pasted(&[]).as_deref(), Some(TEXT));
    let kinds = screen.pasted(&["-t", "TARGETS"]).unwrap();
    assert!(kinds.contains("x-kde-passwordManagerHint"), "{kinds}");
    // Nothing about it can be read from its arguments.
    let arguments = std::fs::read(format!("/proc/{}/cmdline", holder.id())).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains(TEXT));
    until("the holder ends", || holder.try_wait().unwrap().is_some());
    assert!(holder.wait().unwrap().success());
    assert_eq!(screen.pasted(&[]), None);
}

#[test]
fn on_x11_what_is_copied_next_stays_and_ends_the_holder() {
    let Some(screen) = Screen::start() else {
        return;
    };
    let order = format!("s{TEXT}");
    let mut holder = holder("600", order.as_bytes(), ("DISPLAY", &screen.display));
    let mut other = screen
        .xclip(&["-i", "-quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    other
        .stdin
        .take()
        .unwrap()
        .write_all(b"of another")
        .unwrap();
    until("the holder ends", || holder.try_wait().unwrap().is_some());
    assert_eq!(screen.pasted(&[]).as_deref(), Some("of another"));
    other.kill().unwrap();
    other.wait().unwrap();
}

/// A tmux server of its own, ended with the test.
struct Tmux {
    name: String,
}

impl Tmux {
    fn start(name: &str) -> Option<Self> {
        let name = format!("aemkeys-{name}-{}", std::process::id());
        let mut server = started(
            "tmux",
            Command::new("tmux")
                .args(["-L", &name, "-f", "/dev/null", "new-session", "-d"])
                .env_remove("TMUX"),
        )?;
        assert!(server.wait().unwrap().success());
        Some(Self { name })
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-L", &self.name])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Starts a child that clears the buffer a second after it held `TEXT`, while it holds `content`.
    fn buffer_after(&self, content: &str) -> String {
        let variable = self.run(&["display-message", "-p", "#{socket_path},#{pid},0"]);
        self.run(&["set-buffer", "-b", "aemkeys", content]);
        let hash = ring::digest::digest(&ring::digest::SHA256, TEXT.as_bytes());
        let order = [b"t", hash.as_ref()].concat();
        let mut holder = holder("1", &order, ("TMUX", &variable));
        assert!(holder.wait().unwrap().success());
        self.run(&["list-buffers", "-F", "#{buffer_name}=#{buffer_sample}"])
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let socket = self.run(&["display-message", "-p", "#{socket_path}"]);
        self.run(&["kill-server"]);
        let _gone = std::fs::remove_file(socket);
    }
}

#[test]
fn in_tmux_the_buffer_is_deleted_by_its_hash() {
    let Some(tmux) = Tmux::start("clears") else {
        return;
    };
    assert_eq!(tmux.buffer_after(TEXT), "");
}

#[test]
fn in_tmux_the_buffer_of_another_stays() {
    let Some(tmux) = Tmux::start("keeps") else {
        return;
    };
    assert_eq!(tmux.buffer_after("of another"), "aemkeys=of another");
}
