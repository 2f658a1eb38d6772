//! Runs the commands of the README and of the book against the simulator. A block `sh` must succeed, and `sh,exits-1` must exit
//! with that code. Only a block below a comment `<!-- not run: REASON -->` is not run. The blocks of a page run in order, in one
//! home.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "a skipped test says why")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::{Page, pages, readme};
use crate::support::json_schema;
use crate::support::markdown::{Block, blocks};
use crate::support::sandbox::{Ran, Sandbox, binary};

/// The shells whose blocks are run.
const SHELLS: [&str; 3] = ["sh", "bash", "fish"];
/// Other languages of commands: their blocks say why they are not run.
const OTHER_SHELLS: [&str; 5] = ["console", "powershell", "shell", "zsh", "bat"];

/// A block that is run.
struct Example {
    shell: &'static str,
    code: String,
    exit_code: i32,
}

/// Returns the blocks to run. Every block with commands must be one, or say why it is not.
fn examples(page: &Page) -> Vec<Example> {
    let place = page.path.display();
    let mut examples = Vec::new();
    for block in blocks(&page.text) {
        let Block { language, code, .. } = &block;
        let is_run = SHELLS.contains(&language.as_str());
        if !is_run && !OTHER_SHELLS.contains(&language.as_str()) {
            let is_command = |line: &str| line.starts_with("aemkeys ") || line.starts_with("$ ");
            assert!(
                language != "text" && !language.is_empty() || !code.lines().any(is_command),
                "{place}: these are commands, so write `sh`:\n{code}"
            );
            assert!(block.not_run.is_none(), "{place}: no commands:\n{code}");
            continue;
        }
        if let Some(reason) = &block.not_run {
            assert!(reason.len() > 8, "{place}: {reason}: not a reason");
            continue;
        }
        assert!(
            is_run,
            "{place}: say why this is not run, with `<!-- not run: .. -->`:\n{code}"
        );
        let mut exit_code = 0;
        for mark in &block.marks {
            let code = mark.strip_prefix("exits-").map(str::parse);
            exit_code = code.unwrap_or_else(|| panic!("{place}: {mark}")).unwrap();
        }
        examples.push(Example {
            shell: if language == "fish" { "fish" } else { "bash" },
            code: code.clone(),
            exit_code,
        });
    }
    examples
}

/// Returns a sandbox with the files that the book names. Its environments are stored, except for the page that adds the
/// first one.
fn sandbox(page: &Page) -> Sandbox {
    let sandbox = Sandbox::new();
    for (of, name) in [
        ("wknd-stage/", "service_token.json"),
        ("renewal/", "new_service_token.json"),
        ("brand-stage/", "oauth.json"),
        ("brand-prod/read", "read.json"),
        ("brand-prod/write", "write.json"),
    ] {
        fs::copy(sandbox.file(of), sandbox.home().join(name)).unwrap();
    }
    let programs = sandbox.home().join("bin");
    fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(binary(), programs.join("aemkeys")).unwrap();
    let adds_the_first = ["five-minutes.md", "README.md"];
    if !adds_the_first.iter().any(|name| page.path.ends_with(name)) {
        for (name, environment_type) in [
            ("wknd-stage/", "stage"),
            ("wknd-prod/", "production"),
            ("wknd-dev/", "development"),
        ] {
            sandbox.add(name, environment_type);
            fs::remove_file(sandbox.file(name)).unwrap();
        }
        sandbox.ok(&["edit", "wknd-dev", "--env", "p123-e1301"]);
        sandbox.make_reading_cheap();
    }
    sandbox
}

fn run(sandbox: &Sandbox, shell: &str, code: &str) -> Ran {
    let aemkeys = sandbox.command(&[]);
    let variables = aemkeys
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    let path = std::env::var("PATH").unwrap_or_default();
    let credential = fs::read_to_string(sandbox.home().join("service_token.json"));
    let strict: &[&str] = match shell {
        "bash" => &["-euo", "pipefail"],
        _ => &[],
    };
    let output = Command::new(shell)
        .args(strict)
        .args(["-c", code])
        .env_clear()
        .envs(variables)
        .env("PATH", format!("{}/bin:{path}", sandbox.home().display()))
        .env("CURL_CA_BUNDLE", sandbox.mock.ca_file())
        .env("AEM_CREDENTIALS", "service_token.json")
        .env("AEM_SERVICE_CREDENTIALS", "service_token.json")
        .env("SERVICE_CREDENTIALS", credential.unwrap_or_default())
        .env("STORAGE_PASSPHRASE", "a passphrase for the job")
        .env("GITHUB_ENV", sandbox.home().join("github_env"))
        .env("RUNNER_TEMP", sandbox.home().join("temp"))
        .current_dir(sandbox.home())
        .stdin(Stdio::null())
        .output();
    Ran::of(output.unwrap())
}

/// Returns whether a program is installed. In CI all of them are.
fn is_installed(program: &str) -> bool {
    let started = Command::new(program).arg("--version").output();
    if started.is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{program}");
        println!("skipped: {program} is not installed");
    }
    started.is_ok()
}

#[test]
fn the_examples_run() {
    if !["bash", "curl", "fish", "jq"].into_iter().all(is_installed) {
        return;
    }
    let mut ran = 0;
    let mut failures = Vec::new();
    for page in pages().into_iter().chain([readme()]) {
        let examples = examples(&page);
        if examples.is_empty() {
            continue;
        }
        let sandbox = sandbox(&page);
        for example in examples {
            let Example {
                shell,
                code,
                exit_code,
            } = example;
            let result = run(&sandbox, shell, &code);
            if result.code != exit_code {
                let place = page.path.display();
                failures.push(format!("{place}:\n{code}\n{result:#?}\n"));
            }
            ran += 1;
        }
    }
    assert!(failures.is_empty(), "{}", failures.concat());
    assert!(ran > 40, "{ran}");
}

/// Returns the scripts in a configuration of a CI system: the lines below `run: |` or `bash: |`, the items of `script:`, and
/// the text of `sh '''`.
fn ci_scripts(code: &str) -> Vec<String> {
    let lines: Vec<&str> = code.lines().collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let mut scripts = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let key = line.trim_start().trim_start_matches("- ");
        let column = line.len() - key.len();
        let below = lines.iter().skip(number + 1);
        let script: Vec<&str> = if ["run: |", "bash: |", "script:"].contains(&key) {
            let is_inside = |next: &&&str| next.is_empty() || indentation(next) > column;
            below.take_while(is_inside).copied().collect()
        } else if key.starts_with("sh '''") {
            below
                .take_while(|next| !next.contains("'''"))
                .copied()
                .collect()
        } else {
            continue;
        };
        let script = script.join("\n");
        scripts.push(match key {
            // A line that is no item continues the one above.
            "script:" => script.replace("\n      ", " ").replace("    - ", ""),
            _ => script,
        });
    }
    scripts
}

#[test]
fn the_jobs_of_ci_systems_run() {
    if !["bash", "curl"].into_iter().all(is_installed) {
        return;
    }
    let pages = pages();
    let has_jobs = |page: &&Page| {
        ["ci.md", "long-jobs.md"]
            .iter()
            .any(|it| page.path.ends_with(it))
    };
    let jobs = pages.iter().filter(has_jobs);
    let mut ran = 0;
    for block in jobs.flat_map(|page| blocks(&page.text)) {
        if !["yaml", "groovy"].contains(&block.language.as_str()) {
            continue;
        }
        let scripts = ci_scripts(&block.code);
        assert!(!scripts.is_empty(), "{}", block.code);
        for script in scripts {
            let sandbox = Sandbox::new();
            let home = sandbox.home();
            fs::copy(sandbox.file("wknd-stage/"), home.join("service_token.json")).unwrap();
            fs::create_dir(home.join("bin")).unwrap();
            std::os::unix::fs::symlink(binary(), home.join("bin/aemkeys")).unwrap();
            fs::write(home.join("github_env"), "").unwrap();
            for (name, text) in [
                (
                    "integration-tests.sh",
                    "test -n \"$AEM_TOKEN\" -a -n \"$AEM_AUTHOR_URL\"",
                ),
                ("day-job.sh", "test -n \"$(aemkeys token wknd-stage)\""),
            ] {
                let file = home.join(name);
                fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            }
            run(&sandbox, "bash", &script).expect(0);
            ran += 1;
        }
    }
    assert_eq!(ran, 8);
}

#[test]
fn the_documents_of_the_json_page_are_in_the_schema() {
    let pages = pages();
    let page = pages.iter().find(|page| page.path.ends_with("json.md"));
    let blocks = page.unwrap().text.split("```json\n").skip(1);
    let kinds: Vec<&str> = blocks
        .map(|block| {
            let text = block.split("```").next().unwrap();
            json_schema::kind_of(&serde_json::from_str(text).unwrap())
        })
        .collect();
    assert_eq!(kinds, ["error", "list"]);
}
