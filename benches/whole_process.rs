//! Run time of whole processes compared with the tools that they replace. The programs of a pair run alternately; medians
//! and ratios are printed.
//!
//! `cargo bench --bench whole_process`. Needs node, secret-tool, gnome-keyring and dbus; comparisons with a missing program
//! are skipped. With AEMKEYS_BENCH_LIBRARY=FOLDER, Node uses that checkout of Adobe's library.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic, and prints its results"
)]

#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/support/https_mock.rs"]
mod https_mock;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aemkeys_simulator::demo::{Demo, Input, demo};
use aemkeys_simulator::fixtures::{development_token, development_token_file, person};
use https_mock::{HttpsMock, Reply};
use jiff::Timestamp;

const AEMKEYS: &str = env!("CARGO_BIN_EXE_aemkeys");
const RUNS: usize = 31;

fn main() {
    if let Ok(stored) = std::env::var("AEMKEYS_BENCH_INSIDE") {
        cached(stored.parse().unwrap());
    } else {
        exchanges();
        for stored in ["1", "500"] {
            inside_a_keyring_session(stored);
        }
    }
}

/// An IMS that responds immediately, behind a CONNECT proxy, and a credential file for it.
struct Network {
    mock: HttpsMock,
    folder: tempfile::TempDir,
}

impl Network {
    fn new() -> Self {
        let answer = format!(
            r#"{{"token_type":"bearer","access_token":"{}","expires_in":86399999}}"#,
            "x".repeat(1100)
        );
        let mock = HttpsMock::start(move |_| Reply::json(200, answer.clone()));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("service_token.json"),
            service_credentials(),
        )
        .unwrap();
        Self { mock, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("service_token.json")
    }

    fn connect(&self, mut command: Command) -> Command {
        command
            .env("HTTPS_PROXY", self.mock.proxy_url())
            .env("SSL_CERT_FILE", self.mock.ca_file())
            .env("NODE_EXTRA_CA_CERTS", self.mock.ca_file())
            .env_remove("SSL_CERT_DIR");
        command
    }

    fn ours(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(AEMKEYS);
        command.args(arguments);
        self.connect(command)
    }

    fn node(&self) -> Command {
        let mut command = Command::new("node");
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/node_exchange.mjs"))
            .arg(self.file())
            .arg(self.mock.address().port().to_string());
        self.connect(command)
    }
}

fn has_node() -> bool {
    let has = Command::new("node").arg("--version").output().is_ok();
    if !has {
        println!("node is not installed: skipping the exchanges");
    }
    has
}

/// A stateless exchange, compared with a Node program.
fn exchanges() {
    if !has_node() {
        return;
    }
    let network = Network::new();
    let file = network.file();
    pair(
        "exchange of a file: aemkeys token --file | node",
        || network.ours(&["token", "--file", file.to_str().unwrap()]),
        || network.node(),
    );
}

/// An exchange that stores the token in the Secret Service, compared with the Node program, which stores nothing.
fn refresh() {
    if !has_node() {
        return;
    }
    let network = Network::new();
    let file = network.file();
    let added = network
        .ours(&[
            "add",
            file.to_str().unwrap(),
            "--name",
            "prod",
            "--type",
            "stage",
        ])
        .output()
        .unwrap();
    assert!(added.status.success());
    pair(
        "exchange and store: aemkeys token --refresh | node",
        || network.ours(&["token", "prod", "--refresh"]),
        || network.node(),
    );
}

fn service_credentials() -> Vec<u8> {
    let Demo { identities, .. } = demo(Timestamp::now(), Arc::new(Timestamp::now));
    identities
        .into_iter()
        .find(|identity| identity.environment == "wknd-prod")
        .and_then(|identity| match identity.input {
            Input::File(bytes) => Some(bytes),
            Input::LocalSdk => None,
        })
        .unwrap()
}

/// Runs this program again in a private D-Bus session with an unlocked gnome-keyring.
fn inside_a_keyring_session(stored: &str) {
    let home = tempfile::tempdir().unwrap();
    let script = r#"
mkdir -p "$HOME/.local/share" "$HOME/.config" && mkdir -m 700 "$HOME/run"
export XDG_RUNTIME_DIR=$HOME/run
printf %s test | gnome-keyring-daemon --unlock --components=secrets --control-directory="$XDG_RUNTIME_DIR/keyring" >/dev/null 2>&1
exec "$0"
"#;
    let ran = Command::new("dbus-run-session")
        .args(["--", "bash", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("HOME", home.path())
        .env("AEMKEYS_BENCH_INSIDE", stored)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .stderr(Stdio::null())
        .status();
    if ran.is_err() {
        println!("dbus-run-session is not installed: skipping the cached token");
    }
}

/// The cached token, compared with secret-tool, which reads the same value from the same keyring.
fn cached(stored: usize) {
    let home = std::env::var("HOME").unwrap();
    let token = development_token(&person(1, &["p1-e2"]), Timestamp::now());
    let file = Path::new(&home).join("token.json");
    std::fs::write(&file, development_token_file(&token)).unwrap();
    let add = Command::new(AEMKEYS)
        .args(["add", "--name", "dev", "--type", "dev", "--env", "p1-e2"])
        .arg(&file)
        .output();
    if !add.is_ok_and(|output| output.status.success()) {
        println!("gnome-keyring is not available: skipping the cached token");
        return;
    }
    if stored == 1 {
        refresh();
    }
    for number in 1..stored {
        let name = format!("local-{number}");
        let author = format!("http://localhost:{}", 10_000 + number);
        let added = Command::new(AEMKEYS)
            .args([
                "add", "--type", "local", "--name", &name, "--author", &author,
            ])
            .output()
            .unwrap();
        assert!(added.status.success());
    }
    let list = Command::new(AEMKEYS)
        .args(["list", "--json"])
        .output()
        .unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let id = list["environments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|environment| environment["name"] == "dev")
        .and_then(|environment| environment["identities"][0]["id"].as_str())
        .unwrap()
        .to_owned();
    let ours = || {
        let mut command = Command::new(AEMKEYS);
        command.args(["token", "dev"]);
        command
    };
    let theirs = || {
        let mut command = Command::new("secret-tool");
        command
            .args(["lookup", "service", "aemkeys", "username"])
            .arg(format!("{id}/token"));
        command
    };
    pair(
        &format!("cached token, {stored} stored: aemkeys token | secret-tool lookup"),
        ours,
        theirs,
    );
}

fn pair(title: &str, a: impl Fn() -> Command, b: impl Fn() -> Command) {
    let (mut times_a, mut times_b, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS + 3 {
        let (first, second) = (time(a()), time(b()));
        // The first three runs fill caches.
        if run >= 3 {
            times_a.push(first);
            times_b.push(second);
            ratios.push(first.as_secs_f64() / second.as_secs_f64());
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "{title}\n  medians of {RUNS} pairs: {:.1} ms | {:.1} ms; ratio of the pairs {:.3} ({:.3} to {:.3})",
        median(&mut times_a),
        median(&mut times_b),
        ratios[RUNS / 2],
        ratios[0],
        ratios[RUNS - 1],
    );
}

fn time(mut command: Command) -> Duration {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status().unwrap();
    let took = began.elapsed();
    assert!(status.success(), "{command:?}");
    took
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
