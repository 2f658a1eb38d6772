//! A run as root in a user's home, as with `sudo`, leaves its files with that user.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::sandbox::{Ran, Sandbox, binary};

const USER: u32 = 12345;

/// A home of the user's, its passphrase on descriptor 3.
struct Home {
    sandbox: Sandbox,
    program: tempfile::TempDir,
}

impl Home {
    /// `None`, said, without root.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: not run as root");
            return None;
        }
        let sandbox = Sandbox::new();
        let program = tempfile::tempdir().unwrap();
        let everybody = fs::Permissions::from_mode(0o755);
        fs::set_permissions(program.path(), everybody.clone()).unwrap();
        fs::copy(binary(), program.path().join("aemkeys")).unwrap();
        fs::set_permissions(sandbox.mock.directory(), everybody).unwrap();
        let config = sandbox.home().join(".config/aemkeys/config.toml");
        fs::write(&config, "storage = \"file\"\n").unwrap();
        fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
        for path in all_under(sandbox.home()) {
            chown(path, Some(USER), Some(USER)).unwrap();
        }
        Some(Self { sandbox, program })
    }

    fn run(&self, as_user: bool, arguments: &[&str]) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$@\" 3<\"$HOME/word\"", "sh"]);
        if as_user {
            command.args([
                "setpriv",
                "--reuid=12345",
                "--regid=12345",
                "--clear-groups",
            ]);
        }
        let given = self.sandbox.command(&[]);
        command
            .arg(self.program.path().join("aemkeys"))
            .args(["--passphrase-fd", "3"])
            .args(arguments)
            .env_clear();
        for (name, value) in given.get_envs() {
            command.env(name, value.unwrap());
        }
        command.stdin(Stdio::null());
        Ran::of(command.output().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.home().join(name)
    }

    #[track_caller]
    fn belongs_to_the_user(&self) {
        let all = all_under(self.sandbox.home());
        for path in &all {
            let metadata = fs::symlink_metadata(path).unwrap();
            let owner = (metadata.uid(), metadata.gid());
            assert_eq!(owner, (USER, USER), "{}", path.display());
        }
        let files: Vec<_> = all.iter().map(|path| path.display().to_string()).collect();
        let files = files.join("\n");
        for name in ["index.json", "locks/", "activity.jsonl", "log/aemkeys."] {
            assert!(files.contains(name), "{name} was never made:\n{files}");
        }
    }
}

fn all_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(all_under(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn files_created_by_root_belong_to_the_user() {
    let Some(home) = Home::new() else { return };
    let file = |name: &str| {
        let path = home.sandbox.file(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (dev, stage) = (file("wknd-stage/"), file("brand-prod/read"));
    // Root first: every folder and file is made by it.
    home.run(false, &["add", &dev, "--name", "one", "--type", "dev"])
        .expect(0);
    home.run(false, &["exchange", "one"]).expect(0);
    let bundle = home.path("bundle");
    let export = [
        "export",
        "one",
        "--output",
        bundle.to_str().unwrap(),
        "--file-passphrase-fd",
        "3",
    ];
    home.run(false, &export).expect(0);
    let picture = home.path("picture.svg");
    let picture = picture.to_str().unwrap();
    home.run(false, &["timeline", "--svg", picture]).expect(0);
    home.belongs_to_the_user();
    // Then the user, who can do everything.
    for arguments in [
        &["list"][..],
        &["token", "one"],
        &["exchange", "one"],
        &["add", &stage, "--name", "two", "--type", "stage"],
        &["edit", "one", "--name", "three"],
        &["timeline", "--svg", picture, "--force"],
        &["remove", "two", "--yes"],
    ] {
        home.run(true, arguments).expect(0);
    }
    // And root again, over the user's files.
    let list = home.path(".local/share/aemkeys/index.json");
    fs::set_permissions(&list, fs::Permissions::from_mode(0o640)).unwrap();
    home.run(false, &["edit", "three", "--name", "four"])
        .expect(0);
    home.run(false, &["timeline", "--svg", picture, "--force"])
        .expect(0);
    assert_eq!(fs::metadata(&list).unwrap().mode() & 0o777, 0o640);
    home.belongs_to_the_user();
    home.run(true, &["exchange", "four"]).expect(0);
    let told = home.run(false, &["doctor"]);
    assert!(
        told.out
            .contains("runs as root in the folders of user 12345"),
        "{told:?}"
    );
}

#[test]
fn root_runs_no_command_that_the_user_configured() {
    let Some(home) = Home::new() else { return };
    let config = home.path(".config/aemkeys/config.toml");
    fs::write(
        &config,
        "storage = \"file\"\npassphrase_command = [\"touch\", \"/nonexistent/x\"]\n",
    )
    .unwrap();
    let arguments = ["--storage", "file", "doctor"];
    let output = home.sandbox.command(&arguments).output().unwrap();
    let told = Ran::of(output);
    told.prints("belongs to user 12345");
    assert!(!told.out.contains("passphrase command failed"), "{told:?}");
}

#[test]
fn root_writes_through_no_link_that_the_user_planted() {
    let Some(home) = Home::new() else { return };
    let victim = home.program.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    let state = home.path(".local/state/aemkeys");
    fs::create_dir_all(state.join("locks")).unwrap();
    fs::create_dir_all(state.join("log")).unwrap();
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    for name in [
        "locks/add",
        "locks/index",
        "activity.jsonl",
        &format!("log/aemkeys.{day}.log"),
    ] {
        symlink(&victim, state.join(name)).unwrap();
    }
    let list = home.path(".local/share/aemkeys");
    fs::create_dir_all(&list).unwrap();
    symlink(&victim, list.join("index.json")).unwrap();
    let file = home.sandbox.file("wknd-stage/");
    let ran = home.run(false, &["add", file.to_str().unwrap(), "--type", "dev"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    let picture = home.path("picture.svg");
    symlink(&victim, &picture).unwrap();
    let refused = home.run(
        false,
        &["timeline", "--svg", picture.to_str().unwrap(), "--force"],
    );
    assert_ne!(refused.code, 0, "{refused:?}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    assert_eq!(fs::metadata(&victim).unwrap().uid(), 0);
}
