//! Clipboards for tests: a private X server, Wayland compositor and tmux server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Waits until a condition holds; never asserts a duration.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns `None`, and prints that, if the program is missing; panics in CI.
pub fn started(program: &str, command: &mut Command) -> Option<Child> {
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

/// A headless X server, stopped on drop.
pub struct Screen {
    server: Child,
    pub display: String,
}

impl Screen {
    pub fn start() -> Option<Self> {
        // It chooses a free display and says which. Without `-noreset` it would start anew, and drop whoever comes at that
        // moment, each time the last client leaves.
        let mut server = started(
            "Xvfb",
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-noreset", "-nolisten", "tcp"])
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

    pub fn xclip(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("xclip");
        command
            .args(["-selection", "clipboard", "-display", &self.display])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    /// Copies a text from another process.
    pub fn copy(&self, text: &str) -> Owner {
        fed(self.xclip(&["-i", "-quiet"]), text)
    }

    pub fn pasted(&self, arguments: &[&str]) -> Option<String> {
        let xclip = self.xclip(arguments);
        loop {
            let output = Command::new("timeout")
                .arg("5")
                .arg(xclip.get_program())
                .args(xclip.get_args())
                .arg("-o")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            // xclip waits forever if the owner of the clipboard exits before it answers: ask again.
            if output.status.code() != Some(124) {
                let text = String::from_utf8(output.stdout).unwrap();
                return output.status.success().then_some(text);
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}

/// Another program that has copied a text; it gives the clipboard up on drop.
pub struct Owner(Child);

impl Drop for Owner {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

fn fed(mut command: Command, text: &str) -> Owner {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(text.as_bytes()).unwrap();
    Owner(child)
}

/// A headless Wayland compositor, stopped on drop.
pub struct Compositor {
    server: Child,
    directory: tempfile::TempDir,
    pub socket: PathBuf,
}

impl Compositor {
    pub fn start() -> Option<Self> {
        let mut paste = started(
            "wl-paste",
            Command::new("wl-paste")
                .arg("--version")
                .stdout(Stdio::null()),
        )?;
        paste.wait().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let settings = directory.path().join("config");
        std::fs::write(&settings, "").unwrap();
        let mut command = Command::new("sway");
        // It refuses to be root: then nobody runs it.
        if rustix::process::getuid().is_root() {
            const NOBODY: u32 = 65534;
            std::os::unix::fs::chown(directory.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sway"]);
        }
        command
            .arg("--config")
            .arg(&settings)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", directory.path())
            .env("WLR_BACKENDS", "headless")
            .env("WLR_LIBINPUT_NO_DEVICES", "1")
            .env("WLR_RENDERER", "pixman")
            .env("XDG_RUNTIME_DIR", directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Asked by its name first: `setpriv` would be there without it.
        let mut version = started(
            "sway",
            Command::new("sway").arg("--version").stdout(Stdio::null()),
        )?;
        version.wait().unwrap();
        let server = started("sway", &mut command)?;
        let socket = directory.path().join("wayland-1");
        let compositor = Self {
            server,
            directory,
            socket,
        };
        until("the compositor listens", || compositor.socket.exists());
        Some(compositor)
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(name);
        command
            .args(arguments)
            .env("WAYLAND_DISPLAY", &self.socket)
            .env("XDG_RUNTIME_DIR", self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    pub fn copy(&self, text: &str) -> Owner {
        fed(self.program("wl-copy", &["--foreground"]), text)
    }

    pub fn pasted(&self, arguments: &[&str]) -> Option<String> {
        let mut command = self.program("wl-paste", &["--no-newline"]);
        let output = command.args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.success() && !text.is_empty()).then_some(text)
    }
}

impl Drop for Compositor {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}

/// A private tmux server, stopped on drop.
pub struct Tmux {
    name: String,
}

impl Tmux {
    pub fn start(name: &str) -> Option<Self> {
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

    pub fn run(&self, arguments: &[&str]) -> String {
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

    /// Returns the value of `$TMUX` in this server's panes.
    pub fn variable(&self) -> String {
        self.run(&["display-message", "-p", "#{socket_path},#{pid},0"])
    }

    pub fn buffers(&self) -> String {
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
