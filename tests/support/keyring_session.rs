//! A private D-Bus session, and a real gnome-keyring in it, with or without a password.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAMS: [&str; 4] = [
    "dbus-daemon",
    "dbus-send",
    "gnome-keyring-daemon",
    "secret-tool",
];

pub struct Session {
    pub home: PathBuf,
    address: String,
    /// Whether this value started the session and stops it on drop.
    owned: Option<(Child, tempfile::TempDir)>,
}

impl Session {
    /// Starts an empty bus. Returns `None`, and prints that, if a program is missing.
    pub fn start() -> Option<Self> {
        Self::start_with(&PROGRAMS, &["--session"])
    }

    /// Starts a bus that starts no service: else the first call to a Secret Service would start gnome-keyring.
    pub fn start_without_services(programs: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let configuration = folder.path().join("bus.conf");
        let text = format!(
            r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir={}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
            std::env::temp_dir().display()
        );
        std::fs::write(&configuration, text).unwrap();
        let option = format!("--config-file={}", configuration.display());
        Self::start_with(programs, &[&option])
    }

    fn start_with(programs: &[&str], options: &[&str]) -> Option<Self> {
        for program in programs {
            if !is_installed(program) {
                let is_ci = std::env::var("CI").as_deref() == Ok("true");
                assert!(!is_ci, "{program} is missing");
                println!("skipped: {program} is not installed");
                return None;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_path_buf();
        for name in [".local/share/keyrings", ".config", "run"] {
            std::fs::create_dir_all(home.join(name)).unwrap();
        }
        private(&home.join("run"));
        let mut bus = Command::new("dbus-daemon");
        bus.args(options)
            .args(["--nofork", "--print-address=1"])
            .env_clear()
            .envs(variables(&home))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut bus = bus.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        Some(Self {
            home,
            address: address.trim().to_owned(),
            owned: Some((bus, folder)),
        })
    }

    /// Attaches to the session that this process was started in.
    pub fn inherited() -> Option<Self> {
        Some(Self {
            home: std::env::var_os("AEMKEYS_TEST_SESSION")?.into(),
            address: std::env::var("DBUS_SESSION_BUS_ADDRESS").ok()?,
            owned: None,
        })
    }

    /// Returns the complete environment of a process in the session.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut all = variables(&self.home);
        all.push(("DBUS_SESSION_BUS_ADDRESS", self.address.clone().into()));
        all.push(("AEMKEYS_TEST_SESSION", self.home.clone().into()));
        all
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a daemon that is unlocked with the password, or without one, like a display manager.
    pub fn log_in(&self, password: Option<&str>) {
        let control = self.home.join("run/keyring");
        let control = format!("--control-directory={}", control.display());
        let mut daemon = self.command("gnome-keyring-daemon");
        daemon.args(["--replace", "--components=secrets", &control]);
        daemon.stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(password) = password {
            daemon.arg("--unlock").stdin(Stdio::piped());
            let mut daemon = daemon.spawn().unwrap();
            let mut input = daemon.stdin.take().unwrap();
            input.write_all(password.as_bytes()).unwrap();
            drop(input);
            daemon.wait().unwrap();
        } else {
            self.make_collection_without_password();
            daemon.arg("--daemonize");
            daemon.spawn().unwrap().wait().unwrap();
        }
        self.wait_until_it_answers();
    }

    /// gnome-keyring keeps such a collection as plain text.
    fn make_collection_without_password(&self) {
        let keyrings = self.home.join(".local/share/keyrings");
        if keyrings.join("login.keyring").exists() {
            return;
        }
        std::fs::write(keyrings.join("default"), "login").unwrap();
        let collection = "[keyring]\ndisplay-name=login\nctime=0\nmtime=0\nlock-on-idle=false\nlock-after=false\n";
        std::fs::write(keyrings.join("login.keyring"), collection).unwrap();
    }

    fn wait_until_it_answers(&self) {
        let began = Instant::now();
        while self.daemon().is_none() {
            assert!(began.elapsed() < Duration::from_secs(20), "no keyring came");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the process id of the daemon, if one is on the bus. Does not start one.
    pub fn daemon(&self) -> Option<u32> {
        let said = self
            .command("dbus-send")
            .args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.DBus",
                "/",
                "org.freedesktop.DBus.GetConnectionUnixProcessID",
                "string:org.freedesktop.secrets",
            ])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        said.split_once("uint32 ")?.1.trim().parse().ok()
    }

    /// Stops the daemon and waits until its bus name is free. D-Bus may then start a locked one on the next call.
    pub fn end_daemon(&self, with: &str) {
        let Some(pid) = self.daemon() else { return };
        signal(pid, with);
        let began = Instant::now();
        while self.daemon() == Some(pid) {
            assert!(began.elapsed() < Duration::from_secs(20), "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let daemon = self.owned.is_some().then(|| self.daemon()).flatten();
        if let Some((bus, _)) = &mut self.owned {
            let _ = bus.kill();
            let _ = bus.wait();
        }
        if let Some(pid) = daemon {
            signal(pid, "KILL");
        }
    }
}

/// Sends `KILL`, `TERM`, `STOP` or `CONT`.
pub fn signal(pid: u32, name: &str) {
    Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status()
        .unwrap();
}

fn variables(home: &Path) -> Vec<(&'static str, OsString)> {
    vec![
        ("PATH", std::env::var_os("PATH").unwrap_or_default()),
        ("HOME", home.into()),
        ("XDG_DATA_HOME", home.join(".local/share").into()),
        ("XDG_CONFIG_HOME", home.join(".config").into()),
        ("XDG_RUNTIME_DIR", home.join("run").into()),
    ]
}

fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
    })
}

fn private(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700)).unwrap();
}
