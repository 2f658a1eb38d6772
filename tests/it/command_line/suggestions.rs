//! Suggestions for mistyped words, and the quoting of names in printed commands.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::sandbox::Sandbox;

#[test]
fn mistyped_names_are_suggested_and_quoted() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.add("brand-prod/read", "prod");
    sandbox.make_reading_cheap();
    for (line, expected) in [
        (&["show", "wknd-stge"][..], "did you mean wknd-stage?"),
        (&["token", "WKND-STAGE2"], "did you mean wknd-stage?"),
        (
            &["show", "brand-prod/raed"],
            "did you mean brand-prod/read?",
        ),
        (&["show", "brand-prud/read"], "did you mean brand-prod?"),
        (&["show", "elsewhere"], "aemkeys list"),
        (&["guide", "rotat"], "did you mean `rotate`?"),
        (&["exchnge"], "did you mean `exec` or `exchange`?"),
        (&["list", "--typ", "dev"], "did you mean `--type`?"),
        (&["config", "get", "teme"], "did you mean `theme`?"),
    ] {
        let ran = sandbox.run(line);
        assert!(matches!(ran.code, 64 | 66), "{ran:?}");
        ran.says(expected);
    }
    for name in ["it's a \"test\"", "a $(touch planted) b", "$HOME"] {
        sandbox.ok(&["edit", "wknd-stage", "--name", name]);
        sandbox.make_reading_cheap();
        let mistyped = format!("{name}x");
        let quoted = format!("'{}'", name.replace('\'', "'\\''"));
        sandbox
            .exits(66, &["show", &mistyped])
            .says(format!("did you mean {quoted}?"));
        sandbox.ok(&["edit", name, "--name", "wknd-stage"]);
        sandbox.make_reading_cheap();
    }
    // A name cannot look like an option.
    sandbox.exits(65, &["edit", "wknd-stage", "--name=-x"]);
}

#[test]
fn nothing_internal_is_named() {
    let sandbox = Sandbox::new();
    for line in [
        &["hold-clipbord"][..],
        &["hold"],
        &["help", "hold-clipboard"],
        &["--help"],
        &["man"],
        &["--passphrase-fd", "x", "list"],
        &["token", "--format", "Raw"],
        &["check", "--within", "soon"],
        &["demo", "--print", "x"],
    ] {
        let ran = sandbox.run(line);
        let said = format!("{}{}", ran.out, ran.err);
        let suggested = said.lines().filter(|line| !line.contains("unrecognized"));
        for line in suggested {
            for internal in [
                "hold-clipboard",
                "Some(",
                "Error {",
                "InvalidDigit",
                "ParseIntError",
            ] {
                assert!(!line.contains(internal), "{internal}: {said}");
            }
        }
    }
}

/// Returns the sources of the program without their tests.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("crates/core/src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text
                    .split("#[cfg(test)]\nmod tests")
                    .next()
                    .unwrap()
                    .to_owned();
                sources.push((path, code));
            }
        }
    }
    assert!(sources.len() > 200);
    sources
}

/// Returns the words that follow a number: `{count} keys`, `{} keys`.
fn after_placeholders(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("} ") {
        let placeholder = line[..at].rsplit('{').next().unwrap_or_default();
        let rest = &line[at + 2..];
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase());
        found.push((placeholder, &rest[..end.unwrap_or(rest.len())]));
    }
    found
}

#[test]
fn counts_are_written_by_one_function() {
    const NOUNS: [&str; 26] = [
        "identities",
        "credentials",
        "tokens",
        "keys",
        "environments",
        "items",
        "files",
        "rows",
        "requests",
        "paths",
        "tiers",
        "hours",
        "minutes",
        "seconds",
        "writes",
        "groups",
        "revisions",
        "names",
        "lines",
        "errors",
        "mistakes",
        "hosts",
        "programs",
        "steps",
        "matches",
        "bytes",
    ];
    for (path, code) in sources() {
        for line in code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            for (placeholder, word) in after_placeholders(line) {
                // A limit, and a size over a limit, is never one.
                let is_limit = placeholder
                    .bytes()
                    .all(|it| it.is_ascii_uppercase() || it == b'_');
                let is_plural = NOUNS.contains(&word)
                    && placeholder != "limit"
                    && placeholder != "size"
                    && (placeholder.is_empty() || !is_limit);
                assert!(
                    !is_plural,
                    "{}: use `counted` for `{{{placeholder}}} {word}`",
                    path.display()
                );
            }
        }
    }
    assert_eq!(after_placeholders("a {n} keys"), [("n", "keys")]);
}
