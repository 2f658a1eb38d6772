//! Child processes: their program, environment, descriptors and folder. A repository or a folder full of programs cannot make
//! the binary run anything.

use aemkeys_core::time::duration;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::sandbox::{Ran, Sandbox, binary};

const NAME: &str = "wknd-stage";
const PLANTED: &str = "planted-secret-of-a-variable";

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A program that writes down what it was given, then does `more`.
fn probe(folder: &Path, name: &str, more: &str) -> Probe {
    let to = folder.join(format!("{name}.given"));
    let shown = to.display();
    script(
        &folder.join(name),
        &format!(
            "echo x >> '{shown}.runs'; /bin/ls -l /proc/$$/fd > '{shown}.fds'; pwd > '{shown}.cwd'; /usr/bin/env > '{shown}.tmp'; /bin/mv '{shown}.tmp' '{shown}.env'; {more}"
        ),
    );
    Probe { to }
}

struct Probe {
    to: PathBuf,
}

impl Probe {
    fn read(&self, what: &str) -> String {
        fs::read_to_string(format!("{}.{what}", self.to.display())).unwrap_or_default()
    }

    fn variables(&self) -> Vec<String> {
        let text = self.read("env");
        assert!(!text.is_empty(), "{} did not run", self.to.display());
        let names = text.lines().filter_map(|line| line.split_once('='));
        names.map(|(name, _)| name.to_owned()).collect()
    }

    #[track_caller]
    fn has_no_secret(&self) {
        let (env, fds) = (self.read("env"), self.read("fds"));
        assert!(!env.contains(PLANTED), "{env}");
        assert!(
            !fds.contains("/word") && !fds.contains("/open-file"),
            "{fds}"
        );
        assert_eq!(self.read("cwd"), "/\n");
    }
}

/// The binary, started with a passphrase on descriptor 3, another open file on 7, secrets in its environment, and a
/// folder of false programs as its current one and first in `PATH`.
struct Stage {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self {
            sandbox: Sandbox::new(),
            folder: tempfile::tempdir().unwrap(),
        };
        let folder = stage.folder.path();
        fs::write(folder.join("word"), "correct horse").unwrap();
        fs::write(folder.join("open-file"), "x").unwrap();
        for name in ["git", "tmux", "xdg-open", "cat", "ask", "false-program"] {
            script(
                &folder.join("here").join(name),
                &format!("echo {name} >> '{}'", folder.join("taken").display()),
            );
        }
        fs::create_dir(folder.join("bin")).unwrap();
        stage.sandbox.add("wknd-stage/", "dev");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let given = self.sandbox.command(arguments);
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "exec \"$@\" 3<\"$WORD\" 7<\"$OPEN_FILE\"", "sh"])
            .arg(binary())
            .args(arguments)
            .env_clear();
        for (name, value) in given.get_envs() {
            command.env(name, value.unwrap());
        }
        let usual = std::env::var("PATH").unwrap();
        command
            .current_dir(self.path("here"))
            .env("WORD", self.path("word"))
            .env("OPEN_FILE", self.path("open-file"))
            .env(
                "PATH",
                format!(".::../here:{}:{usual}", self.path("bin").display()),
            )
            .env("AEM_TOKEN", PLANTED)
            .env("AEMKEYS_TEST", PLANTED)
            .env("LD_AUDIT", "")
            .env("BASH_ENV", PLANTED)
            .env("AEMKEYS_ALLOW_DEBUG", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    #[track_caller]
    fn ran(&self, output: Output) -> Ran {
        let taken = fs::read_to_string(self.path("taken")).unwrap_or_default();
        assert_eq!(taken, "", "a program of the current folder was run");
        Ran::of(output)
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command(arguments).output().unwrap())
    }
}

#[test]
fn the_browser_gets_a_filtered_environment_and_no_descriptor() {
    let stage = Stage::new();
    let probe = probe(&stage.path("bin"), "xdg-open", "");
    let mut command = stage.command(&["--passphrase-fd", "3", "open", NAME]);
    let ran = stage
        .ran(command.env("DISPLAY", ":99").output().unwrap())
        .expect(0);
    ran.says("opened https://author-");
    probe.has_no_secret();
    let variables = probe.variables();
    assert!(variables.contains(&"DISPLAY".to_owned()));
    for name in [
        "AEM_TOKEN",
        "AEMKEYS_TEST",
        "AEMKEYS_LOG",
        "BASH_ENV",
        "LD_AUDIT",
    ] {
        assert!(!variables.contains(&name.to_owned()), "{name}");
    }
    let path = probe.read("env");
    let path = path
        .lines()
        .find_map(|line| line.strip_prefix("PATH="))
        .unwrap();
    assert!(
        path.split(':').all(|folder| folder.starts_with('/')),
        "{path}"
    );
}

#[test]
fn the_passphrase_command_gets_no_secret_and_no_descriptor() {
    let stage = Stage::new();
    let probe = probe(&stage.path("bin"), "ask", "echo correct horse");
    let config = stage.sandbox.home().join(".config/aemkeys/config.toml");
    fs::write(
        config,
        "storage = \"file\"\npassphrase_command = [\"ask\"]\n",
    )
    .unwrap();
    stage.run(&["doctor"]);
    probe.has_no_secret();
    assert!(probe.variables().contains(&"HOME".to_owned()));
}

#[test]
fn a_passphrase_command_that_others_can_write_is_not_run() {
    for (path, mode) in [
        (".config/aemkeys/config.toml", 0o664),
        (".config/aemkeys", 0o777),
    ] {
        let stage = Stage::new();
        let probe = probe(&stage.path("bin"), "ask", "echo correct horse");
        let home = stage.sandbox.home();
        let config = home.join(".config/aemkeys/config.toml");
        fs::write(
            &config,
            "storage = \"file\"\npassphrase_command = [\"ask\"]\n",
        )
        .unwrap();
        fs::set_permissions(home.join(path), fs::Permissions::from_mode(mode)).unwrap();
        let refused = stage.run(&["token", NAME]).expect(78);
        for word in ["passphrase_command", "can be written by", "chmod go-w"] {
            refused.says(word);
        }
        let told = stage.run(&["doctor"]).expect(1);
        told.prints("another user can change config.toml");
        assert_eq!(probe.read("runs"), "");
        // A passphrase that comes another way is as good as before.
        stage
            .run(&["--passphrase-fd", "3", "token", NAME])
            .expect(0);
    }
}

/// What is read again from a file begins with the passphrase.
#[test]
fn exec_passes_no_standard_input_that_held_the_passphrase() {
    let stage = Stage::new();
    for descriptor in ["0", "3"] {
        let mut command = stage.command(&[
            "--passphrase-fd",
            descriptor,
            "exec",
            NAME,
            "--",
            "/bin/cat",
        ]);
        let word = fs::File::open(stage.path("word")).unwrap();
        let ran = stage.ran(command.stdin(word).output().unwrap()).expect(0);
        // Other input is the program's.
        let given = if descriptor == "0" {
            ""
        } else {
            "correct horse"
        };
        assert_eq!(ran.out, given);
    }
}

/// Whoever chooses the authorities can read the token on its way.
#[test]
fn a_ca_file_that_others_can_write_is_not_used() {
    let exposed = [
        (".config/aemkeys/config.toml", 0o646),
        (".config/aemkeys", 0o775),
        ("ca.pem", 0o666),
        ("certificates", 0o777),
    ];
    for (path, mode) in exposed {
        let stage = Stage::new();
        let (sandbox, home) = (&stage.sandbox, stage.sandbox.home());
        let certificates = home.join("certificates");
        fs::create_dir(&certificates).unwrap();
        let ca = if path == "ca.pem" {
            home.join(path)
        } else {
            certificates.join("ca.pem")
        };
        fs::copy(sandbox.mock.ca_file(), &ca).unwrap();
        let config = home.join(".config/aemkeys/config.toml");
        let text = format!("storage = \"file\"\nca_file = \"{}\"\n", ca.display());
        fs::write(&config, text).unwrap();
        let run = |arguments: &[&str]| {
            let mut all = vec!["--passphrase-fd", "3"];
            all.extend(arguments);
            let mut command = stage.command(&all);
            stage.ran(command.env_remove("SSL_CERT_FILE").output().unwrap())
        };
        run(&["exchange", NAME]).expect(0);
        let before = sandbox.mock.connects().len();
        fs::set_permissions(home.join(path), fs::Permissions::from_mode(mode)).unwrap();
        for arguments in [&["exchange", NAME][..], &["call", NAME, "/"]] {
            let refused = run(arguments).expect(78);
            for word in ["ca_file", "can be written by", "chmod go-w"] {
                refused.says(word);
            }
        }
        assert_eq!(sandbox.mock.connects().len(), before, "{path}");
    }
}

#[test]
fn refuses_a_relative_ca_file() {
    let stage = Stage::new();
    let config = stage.sandbox.home().join(".config/aemkeys/config.toml");
    fs::write(&config, "storage = \"file\"\nca_file = \"ca.pem\"\n").unwrap();
    let refused = stage.run(&["--passphrase-fd", "3", "exchange", NAME]);
    let refused = refused.expect(78);
    refused.says("absolute path");
}

#[test]
fn tmux_and_the_clipboard_holder_get_a_fixed_list_of_variables() {
    // A number of its own, so that no holder of another run is taken for this one.
    let seconds = (3000 + std::process::id() % 600).to_string();
    let stage = Stage::new();
    let probe = probe(&stage.path("bin"), "tmux", "/bin/cat > /dev/null");
    let mut command = stage.command(&[
        "--passphrase-fd",
        "3",
        "copy",
        NAME,
        "--clear-after",
        &seconds,
    ]);
    let ran = stage.ran(command.env("TMUX", "/nonexistent,1,0").output().unwrap());
    let ran = ran.expect(0);
    let cleared = format!(
        "cleared in {}",
        duration(Duration::from_secs(seconds.parse().unwrap()))
    );
    ran.says(&cleared);
    probe.has_no_secret();
    // What `sh` adds by itself aside.
    let known = [
        "TMUX", "HOME", "LANG", "TERM", "USER", "PATH", "PWD", "_", "OLDPWD", "SHLVL",
    ];
    for name in probe.variables() {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    let holder = process_with(&seconds);
    let place = PathBuf::from(format!("/proc/{holder}"));
    let environment = fs::read(place.join("environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("TMUX=/nonexistent"), "{environment}");
    assert!(
        !environment.contains(PLANTED) && !environment.contains("HTTPS_PROXY"),
        "{environment}"
    );
    assert_eq!(fs::read_link(place.join("cwd")).unwrap(), Path::new("/"));
    for entry in fs::read_dir(place.join("fd")).unwrap() {
        let target = fs::read_link(entry.unwrap().path()).unwrap_or_default();
        assert!(
            !target.starts_with(stage.folder.path()),
            "{}",
            target.display()
        );
    }
    let pid = rustix::process::Pid::from_raw(holder).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// The process with this argument.
fn process_with(argument: &str) -> i32 {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let is_holder = line
                .split(|byte| *byte == 0)
                .any(|word| word == b"hold-clipboard");
            if is_holder
                && line
                    .split(|byte| *byte == 0)
                    .any(|word| word == argument.as_bytes())
            {
                return entry.file_name().to_str().unwrap().parse().unwrap();
            }
        }
        assert!(Instant::now() < deadline, "no holder");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn exec_passes_the_token_and_never_the_passphrase() {
    let stage = Stage::new();
    let probe = probe(&stage.path("bin"), "program", "");
    let fd = ["--passphrase-fd", "3"];
    let arguments = [&fd[..], &["exec", NAME, "--", "program"]].concat();
    stage.run(&arguments).expect(0);
    let (env, fds) = (probe.read("env"), probe.read("fds"));
    assert!(
        env.contains("AEM_AUTHOR_URL=https://author-") && env.contains("AEMKEYS_TEST="),
        "{env}"
    );
    assert!(!env.contains(&format!("AEM_TOKEN={PLANTED}")), "{env}");
    assert!(fds.contains("/open-file"), "{fds}");
    assert!(!fds.contains("/word"), "{fds}");
    let here = fs::canonicalize(stage.path("here")).unwrap();
    assert_eq!(probe.read("cwd").trim(), here.to_str().unwrap());
    // As a real program sees it, with a pipe and a file, under any number.
    let list = [&fd[..], &["exec", NAME, "--", "ls", "-l", "/proc/self/fd"]].concat();
    let ran = stage.run(&list).expect(0);
    assert!(
        ran.out.contains("/open-file") && !ran.out.contains("/word"),
        "{ran:?}"
    );
    // A passphrase on standard input is not left there for the program.
    let mut command = stage.command(&["--passphrase-fd", "0", "exec", NAME, "--", "cat", "-"]);
    let word = fs::File::open(stage.path("word")).unwrap();
    let ran = stage.ran(command.stdin(word).output().unwrap()).expect(0);
    assert_eq!(ran.out, "");
}

#[test]
fn runs_no_program_of_the_current_folder() {
    let stage = Stage::new();
    let fd = ["--passphrase-fd", "3"];
    let by_name = [&fd[..], &["exec", NAME, "--", "false-program"]].concat();
    stage.run(&by_name).expect(127);
    let mut command = stage.command(&["open", NAME]);
    let usual = "/nonexistent";
    let ran = stage.ran(
        command
            .env("DISPLAY", ":99")
            .env("PATH", format!(".::../here:{usual}"))
            .output()
            .unwrap(),
    );
    assert!(ran.expect(0).out.contains("https://author-"));
    // A path is what was asked for.
    let by_path = [&fd[..], &["exec", NAME, "--", "./false-program"]].concat();
    let output = stage.command(&by_path).output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        fs::read_to_string(stage.path("taken")).unwrap(),
        "false-program\n"
    );
}

/// Everything by which a repository can have git run a program.
#[test]
fn a_hostile_repository_runs_nothing_and_its_tracked_file_is_reported() {
    let stage = Stage::new();
    let repository = stage.path("repository");
    fs::create_dir(&repository).unwrap();
    let git = |folder: &Path, arguments: &[&str]| {
        let status = Command::new("git")
            .current_dir(folder)
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status();
        status.is_ok_and(|status| status.success())
    };
    if !git(&repository, &["init", "-q"]) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI has git");
        println!("skipped: git is not installed");
        return;
    }
    let file = repository.join("service_token.json");
    fs::copy(stage.sandbox.file("brand-prod/read"), &file).unwrap();
    assert!(git(&repository, &["add", "."]));
    let evil = stage.path("evil");
    script(
        &evil,
        &format!("echo evil >> '{}'", stage.path("taken").display()),
    );
    let evil = evil.display();
    fs::write(
        stage.path("included"),
        format!("[core]\n\tfsmonitor = {evil}\n\tpager = {evil}\n\tsshCommand = {evil}\n"),
    )
    .unwrap();
    let config = fs::read_to_string(repository.join(".git/config")).unwrap();
    let hostile = format!(
        "[core]\n\tfsmonitor = {evil}\n\thooksPath = {hooks}\n\tpager = {evil}\n\tuntrackedCache = true\n[include]\n\tpath = {included}\n[alias]\n\tls-files = !{evil}\n[filter \"x\"]\n\tclean = {evil}\n\tsmudge = {evil}\n\tprocess = {evil}\n\trequired = true\n[diff]\n\texternal = {evil}\n[credential]\n\thelper = {evil}\n",
        hooks = stage.path("here").display(),
        included = stage.path("included").display(),
    );
    fs::write(repository.join(".git/config"), config + &hostile).unwrap();
    fs::write(
        repository.join(".gitattributes"),
        "* filter=x diff=x merge=x\n",
    )
    .unwrap();
    let fd = ["--passphrase-fd", "3"];
    let add = [&fd[..], &["add", file.to_str().unwrap(), "--type", "stage"]].concat();
    stage.run(&add).expect(0);
    let doctor = [&fd[..], &["doctor"]].concat();
    let told = stage.run(&doctor).expect(1);
    told.prints("service_token.json is tracked by git");
    // A `.git` file that leads to the same folder, a bare repository around it, and no index that can be read.
    let moved = stage.path("elsewhere");
    fs::rename(repository.join(".git"), &moved).unwrap();
    fs::write(
        repository.join(".git"),
        format!("gitdir: {}\n", moved.display()),
    )
    .unwrap();
    let told = stage.run(&doctor).expect(1);
    told.prints("is tracked by git");
    fs::remove_file(repository.join(".git")).unwrap();
    for name in ["HEAD", "config", "index", "objects", "refs"] {
        fs::rename(moved.join(name), repository.join(name)).unwrap();
    }
    let told = stage.run(&doctor).expect(1);
    assert!(!told.out.contains("tracked"), "{told:?}");
    fs::write(repository.join(".git"), "gitdir: /dev\n").unwrap();
    let told = stage.run(&doctor).expect(1);
    told.prints("index cannot be read");
}
