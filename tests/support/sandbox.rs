//! A sandbox for the real binary: a private home, the passphrase file as storage, and the simulator answering for Adobe's
//! hosts behind a private CA and a CONNECT proxy.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use aemkeys_simulator::Now;
use aemkeys_simulator::Simulator;
use jiff::Timestamp;

use super::adobe::SimulatedAdobe;
use super::cheap_storage;
use super::https_mock::{Asked, HttpsMock, Reply};
use super::json_schema;
use super::no_session::NO_SESSION;

const PASSPHRASE: &str = "correct horse";

pub struct Sandbox {
    home: tempfile::TempDir,
    pub mock: HttpsMock,
    pub simulator: Simulator,
    /// The files of the demo's identities, by `environment/label`.
    files: Vec<(String, Vec<u8>)>,
}

impl Sandbox {
    pub fn new() -> Self {
        Self::answering(|_| None)
    }

    /// Starts a sandbox in which the simulator handles the requests that `instead` does not.
    pub fn answering(instead: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::with_clock(Arc::new(Timestamp::now), instead)
    }

    /// Starts a sandbox whose simulator has another clock.
    pub fn with_clock(
        clock: Now,
        instead: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let SimulatedAdobe {
            mock,
            simulator,
            files,
        } = SimulatedAdobe::start(clock, instead);
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join(".config/aemkeys")).unwrap();
        std::fs::write(home.path().join("word"), PASSPHRASE).unwrap();
        std::fs::write(
            home.path().join(".config/aemkeys/config.toml"),
            format!(
                "storage = \"file\"\npassphrase_command = [\"cat\", \"{}\"]\n",
                home.path().join("word").display()
            ),
        )
        .unwrap();
        Self {
            home,
            mock,
            simulator,
            files,
        }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file of the demo outside the folders of the home that are searched.
    pub fn file(&self, name: &str) -> PathBuf {
        let (_, bytes) = self.files.iter().find(|(known, _)| known == name).unwrap();
        let path = self
            .mock
            .directory()
            .join(format!("{}.json", name.replace('/', "-")));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env_clear()
            .envs(NO_SESSION)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("HTTPS_PROXY", self.mock.proxy_url())
            .env("SSL_CERT_FILE", self.mock.ca_file())
            .env("AEMKEYS_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn storage_file(&self) -> PathBuf {
        self.home().join(".local/share/aemkeys/secrets.aemkeys")
    }

    /// Makes every command fast until the next one that writes to the storage: what follows is not about the key derivation.
    pub fn make_reading_cheap(&self) {
        cheap_storage::reseal(&self.storage_file(), PASSPHRASE.as_bytes());
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::of(self.command(arguments).output().unwrap());
        ran.validate(arguments);
        ran
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Ran {
        self.run(arguments).expect(0)
    }

    /// Runs a command that must exit with this code.
    #[track_caller]
    pub fn exits(&self, code: i32, arguments: &[&str]) -> Ran {
        self.run(arguments).expect(code)
    }

    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self.start_with_input(arguments);
        // A command that does not read its input may have ended already.
        let _written = child.stdin.take().unwrap().write_all(input);
        let ran = Ran::of(child.wait_with_output().unwrap());
        ran.validate(arguments);
        ran
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    fn start_with_input(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Adds a demo identity with its own name.
    pub fn add(&self, name: &str, environment_type: &str) -> Ran {
        let file = self.file(name);
        let (environment, label) = name.split_once('/').unwrap();
        let mut arguments = vec![
            "add",
            file.to_str().unwrap(),
            "--name",
            environment,
            "--type",
            environment_type,
        ];
        if !label.is_empty() {
            arguments.extend(["--label", label]);
        }
        let ran = self.run(&arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    }
}

/// Returns the binary that cargo built for the tests, or the release binary, whose memory behaves differently.
pub fn binary() -> PathBuf {
    let other = std::env::var_os("AEMKEYS_BINARY");
    other.map_or_else(|| env!("CARGO_BIN_EXE_aemkeys").into(), PathBuf::from)
}

#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Every JSON document that a test gets is in the JSON Schema.
    #[track_caller]
    fn validate(&self, arguments: &[&str]) {
        let own = arguments.split(|argument| *argument == "--").next();
        if own.is_some_and(|own| own.contains(&"--json")) {
            for text in [&self.out, &self.err] {
                if let Ok(document) = serde_json::from_str(text) {
                    json_schema::kind_of(&document);
                }
            }
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Standard error contains this text.
    #[track_caller]
    pub fn says(&self, text: impl AsRef<str>) {
        assert!(
            self.err.contains(text.as_ref()),
            "{:?}: {self:?}",
            text.as_ref()
        );
    }

    /// Standard output contains this text.
    #[track_caller]
    pub fn prints(&self, text: impl AsRef<str>) {
        assert!(
            self.out.contains(text.as_ref()),
            "{:?}: {self:?}",
            text.as_ref()
        );
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}
