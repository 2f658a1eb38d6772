//! A real gnome-keyring in a private D-Bus session: locked, with an empty password, hung, restarted and absent.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it skips"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use aemkeys_simulator::fixtures::{development_token, development_token_file, person};
use jiff::Timestamp;

const PROGRAMS: [&str; 3] = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"];

/// Begins every script: starts and restarts the daemon on the session's bus.
const PRELUDE: &str = r#"
set -u
export XDG_DATA_HOME=$HOME/.local/share XDG_CONFIG_HOME=$HOME/.config
mkdir -p "$XDG_DATA_HOME" "$XDG_CONFIG_HOME"
keyrings=$HOME/.local/share/keyrings
start() {
    gnome-keyring-daemon --start --foreground --components=secrets --control-directory="$XDG_RUNTIME_DIR/keyring" >/dev/null 2>&1 &
    daemon=$!
    for try in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.1
        secret-tool search no such-item >/dev/null 2>&1 && return
    done
}
stop() {
    kill "$daemon"
    while kill -0 "$daemon" 2>/dev/null && ! grep -q 'State:.Z' "/proc/$daemon/status" 2>/dev/null; do sleep 0.05; done
    wait "$daemon" 2>/dev/null
}
# A login with a password, as a display manager does it.
unlocked() {
    printf %s test | gnome-keyring-daemon --unlock --components=secrets --control-directory="$XDG_RUNTIME_DIR/keyring" >/dev/null 2>&1
    secret-tool search no such-item >/dev/null 2>&1
    daemon=$(dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
        org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets | awk '/uint32/ { print $2 }')
}
# A login without one: gnome-keyring keeps such a collection as plain text.
empty_password() {
    mkdir -p "$keyrings"
    printf login >"$keyrings/default"
    printf '[keyring]\ndisplay-name=login\nctime=0\nmtime=0\nlock-on-idle=false\nlock-after=false\n' >"$keyrings/login.keyring"
    start
}
fail() { echo "FAILED: $*"; exit 1; }
add() { "$AEMKEYS" add "$HOME/token.json" --name dev --type dev --env p1-e2; }
"#;

/// Runs the script in a session of its own. `None`, said, where a program is missing.
fn session(script: &str) -> Option<String> {
    for program in PROGRAMS {
        if !is_installed(program) {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "{program} is missing"
            );
            println!("skipped: {program} is not installed");
            return None;
        }
    }
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("run");
    std::fs::create_dir(&runtime).unwrap();
    private(&runtime);
    let token = development_token(&person(1, &["p1-e2"]), Timestamp::now());
    std::fs::write(
        home.path().join("token.json"),
        development_token_file(&token),
    )
    .unwrap();
    let output = Command::new("dbus-run-session")
        .args(["--", "bash", "-c", &format!("{PRELUDE}\n{script}")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("AEMKEYS", env!("CARGO_BIN_EXE_aemkeys"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    Some(said)
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

#[test]
fn stored_as_base64url_lines_and_read_back() {
    session(
        r#"
unlocked
add || fail add
token=$("$AEMKEYS" token dev) || fail token
grep -q "$token" "$HOME/token.json" || fail "another token came back"
secret-tool search --all service aemkeys 2>/dev/null | sed -n 's/^secret = //p' >"$HOME/values"
[ "$(wc -l <"$HOME/values")" = 2 ] || fail "two items were expected: $(cat "$HOME/values")"
grep -vqE '^[A-Za-z0-9_-]+$' "$HOME/values" && fail "a value is no base64url line"
"$AEMKEYS" remove dev --yes || fail remove
secret-tool search --all service aemkeys 2>/dev/null | grep -q secret && fail "something stayed"
exit 0
"#,
    );
}

#[test]
fn an_empty_password_collection_survives_two_restarts_with_foreign_items() {
    session(
        r#"
empty_password
printf foreign-secret | secret-tool store --label=foreign app other || fail store
add || fail add
for round in 1 2; do stop; start; done
[ "$(secret-tool lookup app other)" = foreign-secret ] || fail "the other program's item is gone"
"$AEMKEYS" token dev >/dev/null || fail token
"$AEMKEYS" remove dev --yes || fail remove
stop; start
[ "$(secret-tool lookup app other)" = foreign-secret ] || fail "the other program's item is gone"
"#,
    );
}

#[test]
fn items_of_others_under_our_service_name_are_left_alone() {
    session(
        r#"
unlocked
printf x | secret-tool store --label=a service aemkeys username somebody
printf '{"json":1}' | secret-tool store --label=b service aemkeys username 3f2b0f3e-6a5b-4a53-9d3c-1c2d3e4f5a6b/token
add || fail add
"$AEMKEYS" doctor >/dev/null
"$AEMKEYS" list --json | grep -c '"label"' | grep -qx 1 || fail "something foreign was taken up"
[ "$(secret-tool lookup service aemkeys username somebody)" = x ] || fail "a foreign item changed"
"#,
    );
}

#[test]
fn locked_without_a_person_is_told_and_the_list_still_works() {
    session(
        r#"
unlocked
add || fail add
stop; start
"$AEMKEYS" list | grep -q dev || fail list
"$AEMKEYS" token dev >/dev/null 2>"$HOME/said"; code=$?
[ "$code" = 72 ] || fail "exit code $code: $(cat "$HOME/said")"
grep -q -- '--storage file' "$HOME/said" || fail "no way out is named"
"$AEMKEYS" list | grep -q dev || fail list
"#,
    );
}

#[test]
fn no_default_collection_and_no_bus_are_told() {
    session(
        r#"
start
"$AEMKEYS" add "$HOME/token.json" 2>"$HOME/said"; code=$?
[ "$code" = 71 ] || fail "no collection: exit code $code: $(cat "$HOME/said")"
stop
DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent "$AEMKEYS" add "$HOME/token.json" 2>"$HOME/said"; code=$?
[ "$code" = 71 ] || fail "no bus: exit code $code: $(cat "$HOME/said")"
"$AEMKEYS" list --json | grep -q '"environments": \[\]' || fail "something was stored"
"#,
    );
}

#[test]
fn a_hung_daemon_ends_in_time_and_recovers() {
    session(
        r#"
unlocked
add || fail add
kill -STOP "$daemon"
timeout 30 "$AEMKEYS" token dev >/dev/null 2>"$HOME/said"; code=$?
kill -CONT "$daemon"
[ "$code" = 71 ] || fail "exit code $code: $(cat "$HOME/said")"
grep -q 'within 3 s' "$HOME/said" || fail "$(cat "$HOME/said")"
"$AEMKEYS" token dev >/dev/null || fail "it does not recover"
"#,
    );
}

/// Begins the scripts that move between the two storages.
const TWO_STORAGES: &str = r#"
unlocked
mkdir -p "$XDG_CONFIG_HOME/aemkeys"
echo several words >"$HOME/word"
echo "passphrase_command = [\"cat\", \"$HOME/word\"]" >"$XDG_CONFIG_HOME/aemkeys/config.toml"
add || fail add
for number in 1 2 3 4 5 6; do
    "$AEMKEYS" add --type local --name "sdk-$number" --author "http://localhost:450$number" || fail "add sdk-$number"
done
token=$("$AEMKEYS" token dev) || fail token
whole() {
    [ "$("$AEMKEYS" token dev)" = "$token" ] || fail "the token is lost: $1"
    "$AEMKEYS" doctor --json >"$HOME/doctor"
    [ "$("$AEMKEYS" list --json | grep -c '"label"')" = 7 ] || fail "an environment is lost: $1"
    "$AEMKEYS" edit sdk-4 --notes "$1" || fail "edit: $1"
}
held() { secret-tool search --all service aemkeys 2>/dev/null | grep -c '^secret = '; }
"#;

#[test]
fn everything_moves_to_a_passphrase_file_and_back() {
    session(&format!(
        "{TWO_STORAGES}\n{}",
        r#"
printf x | secret-tool store --label=a service aemkeys username somebody
"$AEMKEYS" storage | grep -q 'keyring *in use' || fail storage
printed=$("$AEMKEYS" storage 2>&1 | sed -n 's/^`aemkeys \(storage move file\)` moves all.*/\1/p')
[ -n "$printed" ] || fail "storage names no command"
"$AEMKEYS" $printed || fail "move to the file"
[ "$(held)" = 1 ] || fail "secrets stayed in the keyring, or a foreign one went"
grep -qx 'storage = "file"' "$XDG_CONFIG_HOME/aemkeys/config.toml" || fail "the configuration"
grep -q passphrase_command "$XDG_CONFIG_HOME/aemkeys/config.toml" || fail "a setting is lost"
grep -qa "$token" "$XDG_DATA_HOME/aemkeys/secrets.aemkeys" && fail "in the clear"
whole "in the file"
"$AEMKEYS" storage move file 2>/dev/null && fail "moved to where it is"
"$AEMKEYS" storage move keyring || fail "move back"
[ ! -e "$XDG_DATA_HOME/aemkeys/secrets.aemkeys" ] || fail "the file stayed"
whole "in the keyring again"
"#
    ));
}

#[test]
fn a_move_killed_at_any_time_loses_nothing_and_is_completed() {
    session(&format!(
        "{TWO_STORAGES}\n{}",
        r#"
target=file
for delay in 0.01 0.05 0.1 0.15 0.2 0.3 0.4 0.5 0.6 0.8; do
    "$AEMKEYS" storage move $target >/dev/null 2>&1 &
    pid=$!
    sleep $delay
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    whole "killed after $delay"
    "$AEMKEYS" storage move $target >"$HOME/said" 2>&1
    code=$?
    # 64: the killed one had ended in time.
    [ $code = 0 ] || [ $code = 64 ] || fail "not completed: $code $(cat "$HOME/said")"
    whole "completed after $delay"
    [ ! -e "$XDG_DATA_HOME/aemkeys/migration.json" ] || fail "something is left to be done"
    if [ $target = file ]; then
        [ "$(held)" = 0 ] || fail "something stayed in the keyring"
        target=keyring
    else
        [ ! -e "$XDG_DATA_HOME/aemkeys/secrets.aemkeys" ] || fail "the file stayed"
        target=file
    fi
done
"#
    ));
}
