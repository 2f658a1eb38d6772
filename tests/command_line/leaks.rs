//! Are secrets in the storage and nowhere else? Planted values are searched for in every file, output and command line.

use std::path::Path;

use crate::sandbox::Sandbox;

/// The secrets in the demo's file, in every line as it could turn up.
fn planted(file: &Path) -> Vec<String> {
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

fn all_files(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
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
    let token = sandbox.run(&["token", "wknd-stage"]).expect(0).out;
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

#[test]
fn no_secret_on_any_command_line() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.run(&["token", "wknd-stage"]).expect(0).out;
    let lines = sandbox
        .run(&[
            "exec",
            "wknd-stage",
            "--",
            "sh",
            "-c",
            "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'",
        ])
        .expect(0)
        .out;
    assert!(lines.contains("cat"));
    assert!(!lines.contains(token.trim()));
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
    sandbox.run(&["add", pipe.to_str().unwrap()]).expect(65);
    sandbox.run(&["add", "/dev/zero"]).expect(65);
    sandbox
        .run(&["add", sandbox.home().to_str().unwrap()])
        .expect(65);
}
