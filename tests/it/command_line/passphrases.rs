//! Where the passphrase comes from: descriptors, variables, commands, the kernel's keyring; and what needs none.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::dashboard::Dashboard;
use crate::support::sandbox::{Ran, Sandbox};

const FILE: &str = "AEMKEYS_PASSPHRASE_FILE";
const COMMAND: &str = "AEMKEYS_PASSPHRASE_COMMAND";
const RIGHT: &str = "correct horse\n";
const READS: &[&str] = &["exec", "sdk", "printenv", "AEM_AUTHOR_URL"];
/// Commands that only read: none needs a lock or the state folder.
const READERS: &[&[&str]] = &[
    &["list"],
    &["check", "--fail-on", "expired"],
    &["show", "wknd-stage"],
    &["timeline"],
    &["storage"],
    &["token", "wknd-stage"],
    &["env", "wknd-stage"],
];

/// A sandbox with a local SDK, and without a configured passphrase.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok(&["add", "--type", "local", "--name", "sdk"]);
    sandbox.make_reading_cheap();
    configure(&sandbox, "storage = \"file\"\n");
    sandbox
}

fn configure(sandbox: &Sandbox, text: &str) {
    std::fs::write(sandbox.home().join(".config/aemkeys/config.toml"), text).unwrap();
}

/// Writes a file with a passphrase.
fn word(sandbox: &Sandbox, text: &str, mode: u32) -> String {
    let path = sandbox.home().join("the word");
    let _ = std::fs::remove_file(&path);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn with(sandbox: &Sandbox, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = sandbox.command(arguments);
    Ran::of(command.envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn a_file_must_be_the_owners_alone() {
    let sandbox = sandbox();
    for (text, mode, code) in [
        (RIGHT, 0o600, 0),
        ("correct horse", 0o400, 0),
        ("correct horse\r\n", 0o600, 0),
        ("correct horse\nlogin: somebody\n", 0o600, 0),
        ("wrong\n", 0o600, 73),
        ("\n", 0o600, 73),
        (RIGHT, 0o640, 73),
        (RIGHT, 0o620, 73),
        (RIGHT, 0o604, 73),
        (RIGHT, 0o602, 73),
        (RIGHT, 0o444, 73),
    ] {
        let path = word(&sandbox, text, mode);
        let ran = with(&sandbox, &[(FILE, &path)], READS).expect(code);
        assert!(
            !format!("{}{}", ran.out, ran.err).contains("horse"),
            "{ran:?}"
        );
        if mode & 0o077 != 0 {
            ran.says("chmod go= '");
        }
    }
    let long = format!("{}\n", "x".repeat(5000));
    let path = word(&sandbox, &long, 0o600);
    with(&sandbox, &[(FILE, &path)], READS)
        .expect(65)
        .says("longer than");
    for path in ["/nonexistent/word", "/", "/dev/zero", "relative"] {
        with(&sandbox, &[(FILE, path)], READS).expect(73).says(FILE);
    }
}

#[test]
fn pipes_and_descriptors_are_read() {
    let sandbox = sandbox();
    let path = word(&sandbox, RIGHT, 0o600);
    let binary = crate::support::sandbox::binary();
    for script in [
        format!("cat '{path}' | {FILE}=/dev/stdin \"$@\""),
        format!("cat '{path}' | {FILE}=/dev/fd/0 \"$@\""),
        format!("{FILE}=/dev/fd/3 \"$@\" 3<'{path}'"),
        format!("{FILE}=/proc/self/fd/3 \"$@\" 3<'{path}'"),
        format!("mkfifo -m 600 pipe; cat '{path}' >pipe & {FILE}=pipe \"$@\""),
    ] {
        let given = sandbox.command(&[]);
        let mut command = std::process::Command::new("sh");
        command
            .args(["-c", &script, "sh"])
            .arg(&binary)
            .args(READS)
            .env_clear();
        for (name, value) in given.get_envs() {
            command.env(name, value.unwrap());
        }
        command.current_dir(sandbox.home()).stdin(Stdio::null());
        let ran = Ran::of(command.output().unwrap()).expect(0);
        ran.prints("http://localhost:4502");
    }
    // The program that `exec` runs gets no descriptor of a passphrase.
    let script = format!("{FILE}=/dev/fd/3 \"$@\" 3<'{path}'");
    let given = sandbox.command(&[]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(&binary);
    command
        .args(["exec", "sdk", "--", "cat", "/dev/fd/3"])
        .env_clear();
    for (name, value) in given.get_envs() {
        command.env(name, value.unwrap());
    }
    let ran = Ran::of(command.output().unwrap());
    assert!(ran.code != 0 && !ran.out.contains("horse"), "{ran:?}");
}

#[test]
fn the_first_source_wins_and_is_named() {
    let sandbox = sandbox();
    let right = word(&sandbox, RIGHT, 0o600);
    let wrong = sandbox.home().join("wrong");
    std::fs::write(&wrong, "wrong\n").unwrap();
    std::fs::set_permissions(&wrong, std::fs::Permissions::from_mode(0o600)).unwrap();
    let wrong = wrong.to_str().unwrap();
    let cat = |path: &str| format!("cat '{path}'");
    configure(
        &sandbox,
        &format!("storage = \"file\"\npassphrase_command = [\"cat\", {wrong:?}]\n"),
    );
    let from_fd = sandbox.run_with(
        &[&["--passphrase-fd", "0"], READS].concat(),
        RIGHT.as_bytes(),
    );
    from_fd.expect(0);
    sandbox.exits(73, READS);
    with(&sandbox, &[(COMMAND, &cat(&right))], READS).expect(0);
    with(&sandbox, &[(COMMAND, &cat(wrong)), (FILE, &right)], READS).expect(0);
    with(&sandbox, &[(COMMAND, &cat(&right)), (FILE, wrong)], READS).expect(73);
    // An empty variable is as good as none.
    with(&sandbox, &[(COMMAND, &cat(&right)), (FILE, "")], READS).expect(0);
    for (variables, named) in [
        (
            &[(COMMAND, cat(&right).as_str()), (FILE, right.as_str())][..],
            "from AEMKEYS_PASSPHRASE_FILE (/",
        ),
        (
            &[(COMMAND, cat(&right).as_str())],
            "from AEMKEYS_PASSPHRASE_COMMAND (cat)",
        ),
        (&[], "from passphrase_command in config.toml (cat)"),
    ] {
        with(&sandbox, variables, &["storage"])
            .expect(0)
            .prints(named);
        let json = with(&sandbox, variables, &["storage", "--json"])
            .expect(0)
            .json();
        let origin = json["storages"][0]["passphrase"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(origin.starts_with(named), "{origin}");
        if !variables.is_empty() {
            with(&sandbox, variables, &["doctor"])
                .expect(0)
                .prints(named);
        }
    }
    // The arguments of a command may be a secret by mistake.
    let ran = with(&sandbox, &[(COMMAND, "echo planted-word")], &["storage"]).expect(0);
    assert!(!ran.out.contains("planted-word"), "{ran:?}");
}

#[test]
fn a_command_is_split_without_a_shell() {
    let sandbox = sandbox();
    let right = word(&sandbox, RIGHT, 0o600);
    with(&sandbox, &[(COMMAND, &format!("cat \"{right}\""))], READS).expect(0);
    let injected = format!("cat '{right}'; touch '{}/ran'", sandbox.home().display());
    with(&sandbox, &[(COMMAND, &injected)], READS).expect(73);
    with(&sandbox, &[(COMMAND, "echo $(touch ran)")], READS).expect(73);
    assert!(!sandbox.home().join("ran").exists());
    for (command, code) in [
        ("cat 'x", 78),
        ("  ", 78),
        ("nonexistent x", 73),
        ("false", 73),
    ] {
        with(&sandbox, &[(COMMAND, command)], READS)
            .expect(code)
            .says(COMMAND);
    }
}

/// No terminal, no variable: what needs no passphrase works, and everything else names the ways to give it.
#[test]
fn only_what_reads_a_secret_needs_the_passphrase() {
    let sandbox = sandbox();
    for arguments in [
        &["storage"][..],
        &["list"],
        &["show", "sdk"],
        &["check"],
        &["lock"],
    ] {
        sandbox.ok(arguments);
    }
    for name in ["token", "exchange", "copy", "env", "remove", "open"] {
        sandbox.exits(66, &[name, "nope"]).says("nope");
    }
    for name in ["token", "copy"] {
        sandbox.exits(64, &[name, "sdk"]).says("needs no token");
    }
    let needed = sandbox.exits(73, READS);
    for way in [
        FILE,
        COMMAND,
        "passphrase_command",
        "--passphrase-fd",
        "AEMKEYS_NO_PROMPT is set",
    ] {
        needed.says(way);
    }
    // The flag and the variable choose the storage that is shown.
    with(&sandbox, &[("AEMKEYS_STORAGE", "file")], &["storage"])
        .expect(0)
        .prints("file     in use");
    sandbox
        .ok(&["--storage", "keyring", "storage"])
        .prints("keyring  in use");
    with(
        &sandbox,
        &[("AEMKEYS_STORAGE", "file")],
        &["storage", "move", "keyring"],
    )
    .expect(64);
    // Nothing is stored yet: no passphrase is made up for reading.
    let empty = Sandbox::new();
    configure(&empty, "storage = \"file\"\n");
    empty.exits(66, &["token", "nope"]).says("nope");
    empty.ok(&["storage"]).prints("no file yet");
    assert!(!empty.storage_file().exists());
}

/// Other processes hold every lock.
#[test]
fn reading_waits_for_no_lock() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["exchange", "wknd-stage"]);
    sandbox.make_reading_cheap();
    // Forgetting the highest generation makes every reader want to record it.
    let state = sandbox.home().join(".local/state/aemkeys");
    std::fs::remove_file(state.join("storage-generation.json")).unwrap();
    let names = ["index", "add", "passphrase-file", "storage-generation"];
    let held: Vec<std::fs::File> = names
        .iter()
        .map(|name| {
            let file = std::fs::File::create(state.join("locks").join(name)).unwrap();
            file.lock().unwrap();
            file
        })
        .collect();
    for arguments in READERS {
        sandbox.ok(arguments);
    }
    drop(held);
}

/// A file stands where the state folder should be, as unusable for root as for anybody.
#[test]
fn an_unusable_state_folder_is_named_and_reading_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["exchange", "wknd-stage"]);
    sandbox.make_reading_cheap();
    let state = sandbox.home().join(".local/state/aemkeys");
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::write(&state, "").unwrap();
    for arguments in READERS {
        sandbox.ok(arguments);
    }
    let shown = state.display().to_string();
    let doctor = sandbox.exits(1, &["doctor"]);
    doctor.prints(format!("the state folder {shown} can't be written"));
    if cfg!(target_os = "linux") {
        doctor.prints("XDG_STATE_HOME");
    }
    let refused = sandbox.exits(74, &["edit", "wknd-stage", "--notes", "x"]);
    refused.says(format!("could not lock {shown}/locks/"));
}

#[cfg(target_os = "linux")]
mod unlocked {
    use super::*;

    /// Returns whether the kernel's keyring can be used; a container may refuse it.
    fn has_keyring(sandbox: &Sandbox) -> bool {
        let right = word(sandbox, RIGHT, 0o600);
        let ran = with(sandbox, &[(FILE, &right)], &["unlock", "--for", "1m"]);
        if ran.code != 0 {
            ran.says("AEMKEYS_PASSPHRASE_COMMAND");
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{ran:?}");
        }
        ran.code == 0
    }

    #[test]
    fn other_commands_do_not_ask_until_it_is_locked() {
        let sandbox = sandbox();
        sandbox.exits(73, READS);
        if !has_keyring(&sandbox) {
            return;
        }
        sandbox.ok(READS);
        sandbox.ok(&[
            "add",
            "--type",
            "local",
            "--name",
            "second",
            "--author",
            "http://localhost:4503",
        ]);
        sandbox.ok(&["storage"]).prints("unlocked until ");
        let json = sandbox.ok(&["storage", "--json"]).json();
        assert!(json["storages"][0]["unlocked_until"].is_string(), "{json}");
        assert_eq!(json["storages"][0]["items"], 2);
        sandbox
            .ok(&["doctor"])
            .prints("the passphrase file is unlocked until ");
        // A passphrase that is given explicitly is not ignored.
        let fd = [&["--passphrase-fd", "0"], READS].concat();
        sandbox.run_with(&fd, b"wrong\n").expect(73);
        // Another file at another place stays closed.
        super::sandbox().exits(73, READS);
        assert_eq!(sandbox.ok(&["lock", "--json"]).json()["was_unlocked"], true);
        assert_eq!(
            sandbox.ok(&["lock", "--json"]).json()["was_unlocked"],
            false
        );
        sandbox.exits(73, READS);
    }

    #[test]
    fn a_replaced_file_is_locked() {
        let sandbox = sandbox();
        if !has_keyring(&sandbox) {
            return;
        }
        sandbox.ok(READS);
        let old = std::fs::read(sandbox.storage_file()).unwrap();
        std::fs::remove_file(sandbox.storage_file()).unwrap();
        let right = word(&sandbox, "another passphrase\n", 0o600);
        let add = [
            "add",
            "--type",
            "local",
            "--name",
            "new",
            "--author",
            "http://localhost:4503",
        ];
        with(&sandbox, &[(FILE, &right)], &add).expect(0);
        sandbox.exits(73, READS);
        // The key was deleted, not only ignored.
        std::fs::write(sandbox.storage_file(), old).unwrap();
        sandbox.exits(73, READS);
    }

    #[test]
    fn nothing_of_the_key_or_the_passphrase_can_be_seen() {
        let sandbox = sandbox();
        if !has_keyring(&sandbox) {
            return;
        }
        let keys = std::fs::read_to_string("/proc/keys").unwrap();
        let ours: Vec<&str> = keys
            .lines()
            .filter(|line| line.contains("aemkeys:"))
            .collect();
        assert!(!ours.is_empty());
        for line in ours {
            let fields: Vec<&str> = line.split_whitespace().collect();
            // Owner: view, read, search. Group and others: nothing. It has an end.
            assert_eq!(fields[4], "3f0b0000", "{line}");
            assert_ne!(fields[3], "perm", "{line}");
            assert!(!line.contains(Path::new(sandbox.home()).to_str().unwrap()));
        }
        sandbox.ok(&["lock"]);
    }

    #[test]
    fn invalid_uses_are_refused_before_asking() {
        let sandbox = sandbox();
        for time in ["30s", "25h", "0m"] {
            sandbox.exits(64, &["unlock", "--for", time]).says("--for");
        }
        sandbox
            .exits(64, &["--storage", "keyring", "unlock"])
            .says("no passphrase");
        std::fs::remove_file(sandbox.storage_file()).unwrap();
        sandbox
            .exits(66, &["unlock"])
            .says("no passphrase file yet");
        // A wrong passphrase unlocks nothing.
        let other = super::sandbox();
        let wrong = word(&other, "wrong\n", 0o600);
        with(&other, &[(FILE, &wrong)], &["unlock"]).expect(73);
        other.exits(73, READS);
    }
}

/// A prompt has handlers for signals of its own, which stay after it.
#[test]
fn after_a_prompt_ctrl_c_is_handled_as_without_one() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["exchange", "wknd-stage"]);
    sandbox.make_reading_cheap();
    configure(&sandbox, "storage = \"file\"\n");
    let start = |arguments: &[&str], ready: &str| {
        let mut terminal = Dashboard::start(&sandbox.command(arguments));
        terminal.wait_for("Passphrase for aemkeys");
        terminal.send("correct horse\r");
        terminal.wait_for(ready);
        terminal.send("\u{3}");
        terminal
    };
    let program = "trap 'echo cleaned-up; exit 7' INT; echo started; while :; do sleep 0.1; done";
    let exec = ["exec", "--mask", "wknd-stage", "--", "sh", "-c", program];
    let mut masked = start(&exec, "started");
    masked.wait_for("cleaned-up");
    masked.ends();
    let socket = sandbox.home().join("run/aem.sock");
    let serve = ["serve", "wknd-stage", "--socket", socket.to_str().unwrap()];
    start(&serve, "Press Ctrl-C").ends();
    assert!(socket.parent().unwrap().exists() && !socket.exists());
}
