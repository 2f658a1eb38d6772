//! Secrets are in the storage and nowhere else: planted values are searched for in every file, output and command line.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::support::dashboard::Dashboard;
use crate::support::https_mock::Reply;
use crate::support::sandbox::{Sandbox, binary};

/// The secrets in the demo's file, in every line as it could turn up.
pub fn planted(file: &Path) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let integration = &json["integration"];
    let mut secrets = vec![
        integration["technicalAccount"]["clientSecret"]
            .as_str()
            .unwrap()
            .to_owned(),
    ];
    let key = integration["privateKey"].as_str().unwrap();
    secrets.extend(
        key.lines()
            .filter(|line| line.len() > 40 && !line.contains("---"))
            .map(str::to_owned),
    );
    assert!(secrets.len() > 10);
    secrets
}

pub fn all_files(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn no_secret_in_any_file_log_or_output() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let mut secrets = planted(&file);
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    secrets.extend(token.trim().split('.').map(str::to_owned));
    let mut said = String::new();
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["show", "wknd-stage"],
        &["exchange", "wknd-stage"],
        &["test", "wknd-stage", "--json"],
        &["call", "wknd-stage", "/content/dam.json", "-i"],
        &["doctor", "--json"],
        &["token", "wknd-stage", "--min-valid", "48h"],
        &["add", file.to_str().unwrap(), "--json"],
    ] {
        let ran = sandbox.run(arguments);
        if arguments[0] != "token" {
            said.push_str(&ran.out);
        }
        said.push_str(&ran.err);
    }
    let mut files = Vec::new();
    all_files(sandbox.home(), &mut files);
    assert!(files.iter().any(|(name, _)| name.ends_with("index.json")));
    let log = files
        .iter()
        .find(|(name, _)| name.contains("/log/"))
        .unwrap();
    assert!(String::from_utf8_lossy(&log.1).contains("exchanged"));
    for (name, _) in files
        .iter()
        .filter(|(name, _)| name.contains("aemkeys") && !name.contains(".config"))
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(name).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} can be read by others");
    }
    files.push(("output".to_owned(), said.into_bytes()));
    for secret in &secrets {
        for (name, bytes) in &files {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in {name}");
        }
    }
}

/// Looks at the arguments of every process of the machine, and at the variables of those of the sandbox, again and again,
/// until it is stopped.
struct Watch {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<(usize, Vec<String>)>,
}

impl Watch {
    fn start(sandbox: &Sandbox, secrets: Vec<String>) -> Self {
        let home = format!("HOME={}", sandbox.home().display());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watching = thread::spawn(move || {
            let (mut looked, mut found) = (0, Vec::new());
            while !stopped.load(Ordering::Relaxed) {
                for process in std::fs::read_dir("/proc").unwrap().flatten() {
                    for file in ["cmdline", "environ"] {
                        // A process that is gone, or another user's.
                        let Ok(text) = std::fs::read(process.path().join(file)) else {
                            continue;
                        };
                        looked += 1;
                        let text = String::from_utf8_lossy(&text).replace('\0', " ");
                        // Shells of other tests have such a token in a variable, because they were told to.
                        if file == "environ" && !text.contains(&home) {
                            continue;
                        }
                        if secrets.iter().any(|secret| text.contains(secret.as_str())) {
                            let line = std::fs::read(process.path().join("cmdline"));
                            let line = line.unwrap_or_default();
                            let line = String::from_utf8_lossy(&line).replace('\0', " ");
                            found.push(format!("{file}: {line}"));
                        }
                    }
                }
            }
            (looked, found)
        });
        Self { stop, watching }
    }

    /// How often it looked, and where something was: the file in `/proc`, and the command line beside it.
    fn stop(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        self.watching.join().unwrap()
    }
}

#[test]
fn no_secret_in_arguments_or_environment_of_any_process() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let mut secrets = planted(&file);
    let before = Watch::start(&sandbox, secrets.clone());
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let (looked, found) = before.stop();
    assert!(looked > 100, "{looked}");
    assert!(found.is_empty(), "{found:?}");

    secrets.extend(token.trim().split('.').map(str::to_owned));
    let watch = Watch::start(&sandbox, secrets);
    sandbox.run(&["token", "--file", file.to_str().unwrap()]);
    sandbox.ok(&["test", "wknd-stage"]);
    sandbox.run(&["call", "wknd-stage", "/content/dam.json"]);
    sandbox.run_with(&["paste", "wknd-stage"], token.as_bytes());
    sandbox.run(&["doctor"]);
    sandbox.run(&["invalidate-token", "wknd-stage", "--yes"]);
    let (looked, found) = watch.stop();
    assert!(found.is_empty(), "{found:?}");
    println!("{looked} looks at arguments and environments");
}

/// There it is asked for; in its arguments it is not.
#[test]
fn only_the_program_of_exec_has_the_token_in_its_environment() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let watch = Watch::start(&sandbox, vec![token.trim().to_owned()]);
    let program = ["exec", "wknd-stage", "--", "sleep", "0.5"];
    sandbox.ok(&program);
    let (_, found) = watch.stop();
    assert!(!found.is_empty(), "the watch sees nothing");
    for place in found {
        // A process that ended between the two reads has no command line any more.
        let place = place.trim_end();
        assert!(
            matches!(place, "environ: sleep 0.5" | "environ:"),
            "{place}"
        );
    }
}

/// A server may send back whatever it was sent.
#[test]
fn secrets_repeated_by_a_server_are_not_shown() {
    let sandbox = Sandbox::answering(|asked| {
        if asked.path.starts_with("/ims/exchange") {
            let body = String::from_utf8_lossy(&asked.body).into_owned();
            let values: Vec<&str> = body.split(['&', '=']).collect();
            let echo = values.join(" ");
            let json = serde_json::json!({"error": echo, "error_description": echo});
            let debug_id = values.last().copied().unwrap_or_default();
            let headers = [("x-debug-id", debug_id), ("location", &*echo)];
            return Some(Reply::new(400, &headers, json.to_string()));
        }
        None
    });
    let file = sandbox.file("wknd-stage/");
    sandbox.add("wknd-stage/", "stage");
    let mut shown = String::new();
    for arguments in [
        &["exchange", "wknd-stage"][..],
        &["exchange", "wknd-stage", "--json"],
        &["token", "--file", file.to_str().unwrap()],
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, 76, "{ran:?}");
        shown.push_str(&ran.out);
        shown.push_str(&ran.err);
    }
    let mut files = Vec::new();
    all_files(sandbox.home(), &mut files);
    for (_, bytes) in files {
        shown.push_str(&String::from_utf8_lossy(&bytes));
    }
    let mut secrets = planted(&file);
    for asked in sandbox.mock.requests() {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let assertion = body.split("jwt_token=").nth(1).map(str::to_owned);
        secrets.extend(
            assertion
                .iter()
                .flat_map(|text| text.split('.'))
                .map(str::to_owned),
        );
    }
    assert!(secrets.len() > 15);
    for secret in secrets {
        assert!(!shown.contains(&secret), "{secret} stands in {shown}");
    }
}

/// Every byte that reached the terminal, and so whatever its scrollback keeps.
#[test]
fn no_secret_reaches_the_terminal() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let mut secrets = planted(&file);
    let mut dashboard = Dashboard::start(&sandbox.command(&[]));
    dashboard.wait_for("aemkeys");
    dashboard.paste(&std::fs::read_to_string(&file).unwrap());
    dashboard.wait_for("Recognised");
    dashboard.send("\r");
    dashboard.wait_for("untyped is treated as production");
    dashboard.send("\r");
    dashboard.wait_for("new token");
    dashboard.send("t");
    dashboard.wait_for("signed in");
    for keys in [
        "\u{1b}", "l", "D", "\u{1b}", "2", "\u{1b}", "?", "\u{1b}", ":", "claims\r",
    ] {
        dashboard.send(keys);
        thread::sleep(Duration::from_millis(150));
    }
    let shown = dashboard.screen();
    // Closes the claims, then quits.
    for _ in 0..2 {
        dashboard.send("\u{3}");
        thread::sleep(Duration::from_millis(150));
    }
    dashboard.ends();
    let token = sandbox.ok(&["token", "p123-e1250"]).out;
    secrets.extend(token.trim().split('.').map(str::to_owned));
    let written = dashboard.raw();
    let written = String::from_utf8_lossy(&written);
    for secret in secrets {
        assert!(
            !written.contains(&secret),
            "a secret reached the terminal:\n{shown}"
        );
    }
}

#[test]
fn the_file_is_read_from_regular_files_only() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.home().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    sandbox.exits(65, &["add", pipe.to_str().unwrap()]);
    sandbox.exits(65, &["add", "/dev/zero"]);
    sandbox.exits(65, &["add", sandbox.home().to_str().unwrap()]);
}

/// According to the kernel, while the process waits for its input: no core file, and its files in `/proc` are root's,
/// which is how a process that cannot be dumped is known. With the switch they are the user's.
#[test]
fn the_running_process_cannot_be_dumped_or_read() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let sandbox = Sandbox::new();
    let directory = tempfile::tempdir().unwrap();
    let everyone = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory.path(), everyone).unwrap();
    let program = directory.path().join("aemkeys");
    std::fs::copy(binary(), &program).unwrap();
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    for (switch, core, owned_by_root) in [("0", true, true), ("1", false, false)] {
        // Root's own processes are root's either way: then another user runs it.
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let mut child = command
            .args(["token", "--file", "-"])
            .env("HOME", sandbox.home())
            .env("AEMKEYS_ALLOW_DEBUG", switch)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let place = format!("/proc/{}", child.id());
        // It has begun to read once it sleeps in its own program.
        until(|| {
            let line = std::fs::read(format!("{place}/cmdline")).unwrap_or_default();
            let status = std::fs::read_to_string(format!("{place}/status")).unwrap_or_default();
            line.starts_with(program.to_str().unwrap().as_bytes())
                && status.contains("S (sleeping)")
        });
        let limits = std::fs::read_to_string(format!("{place}/limits")).unwrap();
        let limit = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"))
            .unwrap();
        let soft = limit.split_ascii_whitespace().nth(4).unwrap();
        if core {
            assert_eq!(soft, "0", "{limit}");
        }
        let owner = std::fs::metadata(format!("{place}/environ")).unwrap().uid();
        assert_eq!(owner == 0, owned_by_root, "switch {switch}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let findings = sandbox.run(&["doctor", "--json"]).json();
    let findings = findings["findings"].as_array().unwrap();
    let process = findings.iter().find(|found| found["topic"] == "process");
    assert_eq!(process.unwrap()["verdict"], "fine", "{process:?}");
}

fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(10));
    }
}
