//! A full disk, and folders without write permission: refused with a next step, and nothing is lost.

use std::path::Path;
use std::process::{Command, Stdio};

use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use crate::support::no_session::NO_SESSION;

/// Begins both scripts.
const PRELUDE: &str = r#"
set -u
fail() { echo "FAILED: $*"; exit 1; }
tried=0 refused=0
# Done, or refused with a next step; never by a signal.
try() {
    tried=$((tried + 1))
    "$AEMKEYS" "$@" >"$OUT/out" 2>"$OUT/err"
    code=$?
    [ $code = 0 ] && return 0
    refused=$((refused + 1))
    [ $code -lt 126 ] || fail "$* ended with $code"
    grep -q 'next:' "$OUT/err" || fail "$* says no next step: $(cat "$OUT/err")"
    return 1
}
notes=first
whole() {
    "$AEMKEYS" credential a | grep -q '"cm-p7-e1-integration-0"' || fail "the credential of a is lost: $1"
    "$AEMKEYS" show a | grep -q "$notes" || fail "a is not as it was acknowledged: $1"
    if "$AEMKEYS" list --json | grep -q '"b"'; then
        "$AEMKEYS" credential b | grep -q '"cm-p7-e2-integration-0"' || fail "the credential of b is lost: $1"
    fi
}
begin() {
    "$AEMKEYS" add "$HOME/a.json" --name a --type dev || fail add
    "$AEMKEYS" edit a --notes $notes || fail edit
    whole "before"
}
# While it does not work, and then that it does again.
attempt() {
    try add "$HOME/b.json" --name b --type dev
    try edit a --notes "$1" && notes=$1
    try remove b --yes
    # Its findings are its answer.
    "$AEMKEYS" doctor >/dev/null 2>&1
    [ $? -lt 126 ] || fail "doctor ended by a signal"
    whole "$1"
}
"#;

/// A home with two files to add. `None`, said, where this system cannot do it.
fn run(how: &[&str], script: &str, is_nobodys: bool) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let end = Timestamp::now() + SignedDuration::from_hours(100 * 24);
    for (number, name) in [(1, "a"), (2, "b")] {
        let account = ServiceAccount::new(&format!("p7-e{number}"), 0, end).key(number);
        std::fs::write(home.join(format!("{name}.json")), account.file()).unwrap();
    }
    for name in ["out", ".local", ".config/aemkeys"] {
        std::fs::create_dir_all(home.join(name)).unwrap();
    }
    std::fs::write(home.join("word"), "correct horse").unwrap();
    let word = home.join("word");
    let settings = format!(
        "storage = \"file\"\npassphrase_command = [\"cat\", \"{}\"]\n",
        word.display()
    );
    std::fs::write(home.join(".config/aemkeys/config.toml"), settings).unwrap();
    let mut program = Path::new(env!("CARGO_BIN_EXE_aemkeys")).to_path_buf();
    if is_nobodys {
        // Where it was built may be closed to others.
        std::fs::copy(&program, home.join("program")).unwrap();
        program = home.join("program");
        let given = Command::new("chown")
            .args(["-R", "65534"])
            .arg(home)
            .status();
        assert!(given.unwrap().success());
    }
    let output = Command::new(how[0])
        .args(&how[1..])
        .args(["bash", "-c", &format!("{PRELUDE}\n{script}")])
        .env_clear()
        .envs(NO_SESSION)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("OUT", home.join("out"))
        .env("AEMKEYS", program)
        .stdin(Stdio::null())
        .output();
    let said = match &output {
        Ok(output) => {
            String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr)
        }
        Err(error) => error.to_string(),
    };
    if !said.contains("began") {
        println!(
            "skipped: {} is not possible here: {}",
            how.join(" "),
            said.trim()
        );
        return None;
    }
    assert!(output.unwrap().status.success(), "{said}");
    let counted = said.lines().find(|line| line.contains("refused")).unwrap();
    println!("{counted}");
    Some(said)
}

#[test]
fn a_full_disk() {
    let script = r#"
mount -t tmpfs -o size=512k,mode=700 full "$HOME/.local" || exit 1
echo began
begin
for free in 0 4 8 12 16 20 24 28 32 40 48 64; do
    cat /dev/zero >"$HOME/.local/fill" 2>/dev/null
    size=$(stat -c %s "$HOME/.local/fill")
    truncate -s $((size - free * 1024)) "$HOME/.local/fill"
    attempt "with $free KB"
    rm "$HOME/.local/fill"
    whole "after $free KB"
    try edit a --notes "room again" || fail "it does not recover: $(cat "$OUT/err")"
    notes="room again"
done
[ $refused -gt 0 ] || fail "the disk was never full"
echo "full disk: $tried tries, $refused refused, 0 lost"
"#;
    run(&["unshare", "-rm"], script, false);
}

#[test]
fn folders_that_nobody_may_write_to() {
    let script = r#"
echo began
begin
for folder in .local/share/aemkeys .local/state/aemkeys .local/state/aemkeys/locks .config/aemkeys; do
    chmod 0555 "$HOME/$folder"
    attempt "read-only $folder"
    chmod 0700 "$HOME/$folder"
    whole "after $folder"
    try edit a --notes "writable again" || fail "it does not recover: $(cat "$OUT/err")"
    notes="writable again"
done
[ $refused -gt 0 ] || fail "it could be written to"
echo "read-only folders: $tried tries, $refused refused, 0 lost"
"#;
    let is_root = rustix::process::geteuid().is_root();
    let how: &[&str] = if is_root {
        &["setpriv", "--reuid", "65534", "--clear-groups"]
    } else {
        &["env"]
    };
    run(how, script, is_root);
}
