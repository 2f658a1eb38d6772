//! The command line on Windows, with the Credential Manager and the folders of this user.

#![cfg(windows)]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use crate::support::no_session::NO_SESSION;
use crate::support::store_promises::native_store;

const NAME: &str = "a & b";

fn aemkeys(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aemkeys"));
    command.args(arguments).envs(NO_SESSION);
    command
}

#[track_caller]
fn exits(code: i32, command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", all(&output));
    output
}

/// Everything that the program said.
fn all(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes))
        .join("")
}

fn credential_file(folder: &Path) -> String {
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    let file = folder.join("service_token.json");
    fs::write(&file, ServiceAccount::new("p123-e1250", 0, end).file()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn credentials_are_stored_exported_and_removed() {
    let Some(_alone) = native_store() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = credential_file(folder.path());
    exits(
        0,
        &mut aemkeys(&["add", &file, "--name", NAME, "--type", "production"]),
    );
    assert!(all(&exits(0, &mut aemkeys(&["list"]))).contains(NAME));

    let redirected = folder.path().join("redirected");
    let refused = aemkeys(&["credential", NAME])
        .stdout(File::create(&redirected).unwrap())
        .output()
        .unwrap();
    assert!(
        all(&refused).contains("a file created by the shell"),
        "{}",
        all(&refused)
    );
    assert_eq!(fs::metadata(&redirected).unwrap().len(), 0);
    let confirmed = ["credential", NAME, "--confirm", NAME];
    let piped = exits(0, &mut aemkeys(&confirmed));
    let exported = folder.path().join("exported.json");
    exits(
        0,
        aemkeys(&confirmed).args(["--output", exported.to_str().unwrap()]),
    );
    assert_eq!(fs::read(&exported).unwrap(), piped.stdout);

    // The command in the next step can be pasted.
    let unnamed = aemkeys(&["remove", NAME]).output().unwrap();
    let step = "--confirm \"a & b\"";
    assert!(all(&unnamed).contains(step), "{}", all(&unnamed));
    exits(0, &mut aemkeys(&["remove", NAME, "--confirm", NAME]));
    assert!(!all(&exits(0, &mut aemkeys(&["list"]))).contains(NAME));
}

#[test]
fn exec_finds_scripts_by_pathext_and_returns_their_exit_code() {
    let Some(_alone) = native_store() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = "@echo %AEM_AUTHOR_URL% %1>\"%~dp0said.txt\"\r\n@exit /b 7\r\n";
    fs::write(folder.path().join("tool.cmd"), script).unwrap();
    exits(
        0,
        &mut aemkeys(&["add", "--type", "local", "--name", "sdk"]),
    );
    let path = std::env::var_os("PATH").unwrap();
    let folders = [folder.path().to_path_buf()]
        .into_iter()
        .chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).unwrap();
    let by_name = ["exec", "sdk", "--", "tool", "x"];
    exits(7, aemkeys(&by_name).env("PATH", path));
    let said = || fs::read_to_string(folder.path().join("said.txt")).unwrap();
    assert_eq!(said().trim(), "http://localhost:4502 x");
    let by_path = ["exec", "sdk", "--", r".\tool", "y"];
    exits(7, aemkeys(&by_path).current_dir(folder.path()));
    assert_eq!(said().trim(), "http://localhost:4502 y");
    exits(0, &mut aemkeys(&["remove", "sdk", "--confirm", "sdk"]));
}

#[test]
fn help_and_errors_name_only_options_that_work() {
    let Some(_alone) = native_store() else {
        return;
    };
    for help in [&["--help"][..], &["token", "--help"], &["export", "--help"]] {
        let help = all(&exits(0, &mut aemkeys(help)));
        assert!(!help.contains("passphrase-fd"), "{help}");
        assert!(!help.contains("unlock"), "{help}");
    }
    let refused = all(&exits(64, &mut aemkeys(&["list", "--passphrase-fd", "3"])));
    assert!(refused.contains("passphrase_command"), "{refused}");
    let doctor = aemkeys(&["doctor"]).env_remove("TERM").output().unwrap();
    let doctor = all(&doctor);
    assert!(!doctor.contains("TERM is "), "{doctor}");
    assert!(doctor.contains("Windows console"), "{doctor}");
}

#[test]
fn the_daily_check_becomes_a_task() {
    let Some(_alone) = native_store() else {
        return;
    };
    let schedule = |words: &[&str]| all(&exits(0, &mut aemkeys(&[&["schedule"], words].concat())));
    assert!(schedule(&["status"]).contains("no daily check"));
    let install = ["schedule", "install", "--at", "08:30"];
    let installed = aemkeys(&install).output().unwrap();
    let said = all(&installed);
    if installed.status.success() {
        assert!(said.contains("checks every day at 08:30"), "{said}");
        assert!(schedule(&["status"]).contains("Task Scheduler checks"));
        schedule(&["remove"]);
    } else {
        // The scheduler of wine does not start. Then nothing looks as if it was installed.
        assert!(said.contains("could not change the timer"), "{said}");
        assert!(said.contains("schtasks"), "{said}");
    }
    assert!(schedule(&["remove"]).contains("no daily check"));
}
