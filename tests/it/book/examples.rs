//! Runs the examples of the book against the simulator. A block that begins with `sh,runnable` must succeed, and one with
//! `sh,runnable,exits-1` must exit with that code. The blocks of a page run in order, in one home.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "a skipped test says why")]

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use super::{Page, pages};
use crate::support::sandbox::{Ran, Sandbox, binary};

/// A runnable block.
struct Example {
    code: String,
    exit_code: i32,
}

fn examples(page: &Page) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = page.text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let code: Vec<&str> = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .collect();
        let mut words = info.split(',').skip(1);
        let Some(first) = words.next() else {
            continue;
        };
        assert_eq!(first, "runnable", "{}", page.path.display());
        let exit_code = words.next().map_or(0, |word| {
            word.strip_prefix("exits-").unwrap().parse().unwrap()
        });
        examples.push(Example {
            code: code.join("\n"),
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
    ] {
        fs::copy(sandbox.file(of), sandbox.home().join(name)).unwrap();
    }
    let programs = sandbox.home().join("bin");
    fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(binary(), programs.join("aemkeys")).unwrap();
    if !page.path.ends_with("five-minutes.md") {
        sandbox.add("wknd-stage/", "stage");
        sandbox.add("wknd-prod/", "production");
        sandbox.add("wknd-dev/", "development");
    }
    sandbox
}

fn run(sandbox: &Sandbox, code: &str) -> Ran {
    let aemkeys = sandbox.command(&[]);
    let variables = aemkeys
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", code])
        .env_clear()
        .envs(variables)
        .env("PATH", format!("{}/bin:{path}", sandbox.home().display()))
        .env("CURL_CA_BUNDLE", sandbox.mock.ca_file())
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
    if !["bash", "curl", "jq"].into_iter().all(is_installed) {
        return;
    }
    let mut ran = 0;
    for page in pages() {
        let examples = examples(&page);
        if examples.is_empty() {
            continue;
        }
        let sandbox = sandbox(&page);
        for example in examples {
            let Example { code, exit_code } = example;
            let result = run(&sandbox, &code);
            let place = page.path.display();
            assert_eq!(result.code, exit_code, "{place}:\n{code}\n{result:#?}");
            ran += 1;
        }
    }
    assert!(ran > 40, "{ran}");
}

/// Returns arguments with which a command answers.
fn arguments(command: &str) -> &'static [&'static str] {
    match command {
        "list" | "check" | "timeline" | "guide" | "storage" | "doctor" | "version" => &[],
        "call" => &["wknd-stage", "/content/dam.json"],
        "edit" => &["wknd-stage", "--notes", "for the book"],
        "explain" => &["invalid_client"],
        _ => &["wknd-stage"],
    }
}

#[test]
fn the_json_page_lists_the_fields_that_are_printed() {
    let pages = pages();
    let page = pages.iter().find(|page| page.path.ends_with("json.md"));
    let page = page.unwrap();
    let sandbox = sandbox(page);
    let (_, rest) = page.text.split_once("<!-- fields -->").unwrap();
    let (table, _) = rest.split_once("<!-- end of fields -->").unwrap();
    let mut commands = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.split('`').skip(1).step_by(2));
        let (names, fields) = (cells.next().unwrap(), cells.next().unwrap());
        let documented: BTreeSet<&str> = fields.chain(["version", "warnings"]).collect();
        for name in names {
            let ran = sandbox.run(&[&[name], arguments(name), &["--json"]].concat());
            let answer = ran.json();
            let printed: BTreeSet<&str> = answer
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(printed, documented, "{name}");
            commands += 1;
        }
    }
    assert!(commands > 14, "{commands}");
}
