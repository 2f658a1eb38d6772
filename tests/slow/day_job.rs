//! The script of the book for a job of a day, after the step of the book that stores the credential in a CI job. Time passes
//! only where the script sleeps: libfaketime shows that time to all programs, and the simulator reads it too.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it skips"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use jiff::{SignedDuration, Timestamp};

use crate::support::cheap_storage;
use crate::support::https_mock::Reply;
use crate::support::markdown::blocks;
use crate::support::sandbox::{Ran, Sandbox, binary};

const PASSPHRASE: &str = "a passphrase for the job";
const HOUR: i64 = 60 * 60;

/// Adds its argument to the clock instead of waiting.
const SLEEP: &str = "#!/bin/sh
read -r now < \"$FAKETIME_TIMESTAMP_FILE\"
echo \"+$((now + $1))\" > \"$FAKETIME_TIMESTAMP_FILE.new\"
mv \"$FAKETIME_TIMESTAMP_FILE.new\" \"$FAKETIME_TIMESTAMP_FILE\"
";

/// What was asked.
#[derive(Default)]
struct Seen {
    /// In minutes since the start.
    exchanges: Vec<i64>,
    requests: usize,
}

struct Job {
    sandbox: Sandbox,
    clock: PathBuf,
    seen: Arc<Mutex<Seen>>,
    _folder: tempfile::TempDir,
}

fn offset(clock: &Path) -> i64 {
    let text = fs::read_to_string(clock).unwrap();
    text.trim().trim_start_matches('+').parse().unwrap()
}

impl Job {
    /// Starts the clock so many hours from now. `None`, said, if faketime is missing.
    fn starting_in(hours: i64) -> Option<Self> {
        if Command::new("faketime").arg("--version").output().is_err() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no faketime");
            println!("skipped: faketime is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let clock = folder.path().join("clock");
        fs::write(&clock, format!("+{}\n", hours * HOUR)).unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let storage = Arc::new(OnceLock::<PathBuf>::new());
        let shifted = clock.clone();
        let now = move || Timestamp::now() + SignedDuration::from_secs(offset(&shifted));
        let sandbox = {
            let (seen, storage, clock) = (seen.clone(), storage.clone(), clock.clone());
            Sandbox::with_clock(Arc::new(now), move |asked| {
                let mut seen = seen.lock().unwrap();
                if asked.path.starts_with("/ims/exchange") {
                    let since = offset(&clock) - hours * HOUR;
                    seen.exchanges.push(since / 60);
                    // The second token is refused at first.
                    let is_throttled = seen.exchanges.len() == 2;
                    return is_throttled.then(|| Reply::new(429, &[("retry-after", "45")], ""));
                }
                if asked.host.starts_with("author") {
                    seen.requests += 1;
                    if let Some(file) = storage.get() {
                        cheap_storage::reseal(file, PASSPHRASE.as_bytes());
                    }
                    // AEM restarts once.
                    if seen.requests == 100 {
                        return Some(Reply::new(503, &[], ""));
                    }
                }
                None
            })
        };
        storage.set(sandbox.storage_file()).unwrap();
        fs::write(sandbox.home().join("github_env"), "").unwrap();
        let programs = sandbox.home().join("bin");
        fs::create_dir(&programs).unwrap();
        symlink(binary(), programs.join("aemkeys")).unwrap();
        fs::write(programs.join("sleep"), SLEEP).unwrap();
        fs::set_permissions(programs.join("sleep"), fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self {
            sandbox,
            clock,
            seen,
            _folder: folder,
        })
    }

    fn run(&self, script: &str) -> Ran {
        let home = self.sandbox.home();
        let path = std::env::var("PATH").unwrap();
        let aemkeys = self.sandbox.command(&[]);
        let variables = aemkeys
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        // The file tells the time; a fixed one in FAKETIME would come first.
        let output = Command::new("faketime")
            .args(["-m", "-f", "+0", "env", "-u", "FAKETIME"])
            .args(["bash", "-euo", "pipefail", "-c", script])
            .env_clear()
            .envs(variables)
            .env("PATH", format!("{}/bin:{path}", home.display()))
            .env("CURL_CA_BUNDLE", self.sandbox.mock.ca_file())
            .env("STORAGE_PASSPHRASE", PASSPHRASE)
            .env("SERVICE_CREDENTIALS", self.credential())
            .env("GITHUB_ENV", home.join("github_env"))
            .env("FAKETIME_TIMESTAMP_FILE", &self.clock)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .current_dir(home)
            .stdin(Stdio::null())
            .output();
        Ran::of(output.unwrap())
    }

    fn credential(&self) -> String {
        let file = self.sandbox.file("wknd-stage/");
        let text = fs::read_to_string(&file).unwrap();
        fs::remove_file(file).unwrap();
        text
    }
}

fn page(name: &str) -> String {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/recipes");
    fs::read_to_string(book.join(name)).unwrap()
}

/// The step of the workflow that stores the credential.
fn first_step() -> String {
    let workflow = blocks(&page("ci.md")).into_iter().find(|block| {
        block
            .code
            .contains("name: Store the credential for this job")
    });
    let workflow = workflow.unwrap().code;
    let (_, step) = workflow
        .split_once("name: Store the credential for this job")
        .unwrap();
    let (_, script) = step.split_once("run: |\n").unwrap();
    let lines = script.lines().map(str::trim_start);
    let script: Vec<&str> = lines.take_while(|line| !line.starts_with("- ")).collect();
    script.join(
        "
",
    )
}

fn script() -> String {
    let script = blocks(&page("long-jobs.md"))
        .into_iter()
        .find(|block| block.code.starts_with("#!"));
    script.unwrap().code
}

#[test]
fn the_job_of_the_book_runs_for_a_day() {
    let Some(job) = Job::starting_in(0) else {
        return;
    };
    job.run(&first_step()).expect(0);
    let first = job.seen.lock().unwrap().exchanges.len();
    assert_eq!(first, 1);
    let ran = job.run(&script()).expect(0);
    let seen = job.seen.lock().unwrap();
    // 24 hours, a request every 5 minutes, and one repeated after the restart.
    let (requests, exchanges) = (seen.requests, &seen.exchanges);
    assert!((280..=290).contains(&requests), "{requests} {ran:?}");
    // The second one is repeated after a minute.
    assert_eq!(exchanges.len(), 3, "{exchanges:?}");
    for minutes in &exchanges[1..] {
        assert!((1405..1415).contains(minutes), "{exchanges:?}");
    }
    ran.says("rate limited");
    let response = fs::read_to_string(job.sandbox.home().join("dam.json")).unwrap();
    assert!(response.contains("jcr:primaryType"), "{response}");
}

#[test]
fn the_job_does_not_begin_if_the_certificate_expires_before_its_end() {
    // The certificate expires after 26 and a half days.
    let Some(job) = Job::starting_in(26 * 24) else {
        return;
    };
    job.run(&first_step()).expect(0);
    let ran = job.run(&script()).expect(1);
    ran.says("wknd-stage");
    ran.says("expires in 1");
    assert_eq!(job.seen.lock().unwrap().requests, 0);
}
