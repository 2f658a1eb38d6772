//! The architecture's rules: which module may use which, where a secret may be exposed, how long a file may be.
//!
//! The rules are the tables at the top. A change there is a change of the architecture and needs a reason beside it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod cells;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aemkeys_core::credential::Code;
use aemkeys_core::explain;

/// The modules that each module may use. The longest matching path counts.
const MAY_USE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("credential", &["environment", "time"]),
    ("environment", &["credential", "time"]),
    ("http", PURE),
    ("platform", PURE),
    // Reads responses.
    ("explain", &["http", "credential", "environment", "time"]),
    (
        "ims",
        &["http", "explain", "credential", "environment", "time"],
    ),
    (
        "aem",
        &["http", "explain", "credential", "environment", "time"],
    ),
    (
        "cloud_manager",
        &["http", "explain", "credential", "environment"],
    ),
    (
        "storage",
        &["platform", "credential", "environment", "time"],
    ),
    (
        "app",
        &[
            "http",
            "ims",
            "cloud_manager",
            "aem",
            "explain",
            "storage",
            "platform",
            "credential",
            "environment",
            "time",
        ],
    ),
    (
        "tui",
        &["app", "explain", "credential", "environment", "time"],
    ),
    (
        "cli",
        &["app", "explain", "credential", "environment", "time"],
    ),
    // A frontend for other programs: forwards requests by the client of `http`.
    ("serve", &["app", "http", "credential", "environment"]),
    // Starts the server.
    (
        "cli/serve.rs",
        &["app", "serve", "credential", "environment", "time"],
    ),
    // Starts servers for the dashboard.
    (
        "tui/runtime/servers.rs",
        &["app", "tui", "serve", "credential", "environment", "time"],
    ),
    // Starts the dashboard.
    (
        "cli/dashboard.rs",
        &["app", "tui", "credential", "environment"],
    ),
    // Starts the simulator, stores what it shows, and starts the dashboard.
    (
        "cli/demo.rs",
        &["app", "tui", "simulator", "credential", "environment"],
    ),
    // Keys and themes, which the dashboard defines, are checked and completed.
    (
        "cli/completions.rs",
        &["app", "tui", "credential", "environment"],
    ),
    (
        "cli/config.rs",
        &["app", "tui", "credential", "environment"],
    ),
    // Restores the terminal before the message of a panic.
    ("cli/panic.rs", &["app", "tui", "credential", "environment"]),
    // Prints the dashboard's page, drawn by the same code.
    (
        "cli/timeline.rs",
        &["app", "tui", "credential", "environment"],
    ),
    // Only the pure modules: it must not share a mistake with what it tests.
    ("simulator", PURE),
    ("lib.rs", &[]),
    ("enum_table.rs", &[]),
    ("main.rs", &[]),
];

const PURE: &[&str] = &["credential", "environment", "time"];

/// Words that may not appear in the code of a folder or file.
const FORBIDDEN_WORDS: &[(&str, &[&str])] = &[
    // No input or output.
    ("credential", OUTSIDE_WORLD),
    ("environment", OUTSIDE_WORLD),
    ("time", OUTSIDE_WORLD),
    // Its effects are compared as values: no drawing, no waiting, no network, no keyring.
    (
        "tui/update",
        &[
            "ratatui", "tokio", "reqwest", "keyring", "std::fs", "::now()",
        ],
    ),
    // A page decides and draws: no waiting, no network, no files, no clock.
    ("tui/pages", NO_WAITING),
    ("tui/widgets", NO_WAITING),
    ("tui/view.rs", NO_WAITING),
    ("tui/layout.rs", NO_WAITING),
    // The cached token is synchronous.
    ("storage", &["tokio", "reqwest"]),
];

/// The folders in which no character beyond ASCII stands: the glyphs are in one table, and texts need no other.
const ASCII_ONLY: &[&str] = &[
    "app",
    "cli",
    "tui",
    "serve",
    "storage",
    "http",
    "ims",
    "aem",
    "explain",
    "cloud_manager",
];

/// The files with a character beyond ASCII that is never printed.
const MAY_NAME_CHARACTERS: &[(&str, &str)] = &[
    (
        "cli/output.rs",
        "marks colours with private characters, and removes them",
    ),
    ("explain/evidence.rs", "removes quotation marks from input"),
    (
        "tui/keyboard_layouts.rs",
        "names the characters that keyboards type, and draws none",
    ),
];

/// The files that may write to the terminal, and why.
const MAY_WRITE_TO_THE_TERMINAL: &[(&str, &str)] = &[
    ("cli/output.rs", "cleans everything it prints"),
    ("tui/runtime/terminal.rs", "gives the terminal to ratatui"),
    (
        "platform/prompt/unix.rs",
        "asks on the terminal, with a text that `cli/ask.rs` cleans",
    ),
    (
        "platform/clipboard/terminal.rs",
        "copies through the terminal: base64 in a sequence of its own",
    ),
    ("platform/clipboard/holder.rs", "answers by its pipe"),
    (
        "platform/masked_program.rs",
        "passes on what a program prints, masked",
    ),
];

const TERMINAL_WORDS: &[&str] = &[
    "println!", "print!", "dbg!", "stdout()", "stderr()", "/dev/tty", ".print()",
];

/// The tests that start the binary without the variables that keep it away from a session bus: each has a private one, or
/// starts only the demo, which uses no bus.
const HAS_A_PRIVATE_BUS: &[&str] = &[
    "tests/it/readme.rs",
    "tests/slow/live_dashboard.rs",
    "tests/slow/real_keyring.rs",
    "tests/slow/gnome_keyring.rs",
    "tests/support/keyring_desktop.rs",
];

/// What formats a date or a duration.
const TIME_FORMATS: &[&str] = &[
    "strftime",
    "DateTimePrinter",
    "SpanPrinter",
    "TimestampRound",
];

/// The units of a number that is put into a text.
const TIME_UNITS: &[&str] = &[
    "ms",
    "millisecond",
    "milliseconds",
    "s",
    "sec",
    "secs",
    "second",
    "seconds",
    "m",
    "min",
    "mins",
    "minute",
    "minutes",
    "h",
    "hour",
    "hours",
    "d",
    "day",
    "days",
    "week",
    "weeks",
];

const NO_WAITING: &[&str] = &["tokio", "reqwest", "keyring::", "std::fs", "::now()"];

const OUTSIDE_WORLD: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "::now()",
    "async fn",
    "tokio",
    "reqwest",
    "println!",
];

/// The modules that may use a library.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("reqwest::", &["http"]),
    ("arboard::", &["platform/clipboard"]),
    ("zbus::", &["storage", "platform/desktop_notification.rs"]),
    ("keyring::", &["storage"]),
    // The client tells a broken answer from a refused one by hyper's errors; `serve` is a server.
    ("hyper::", &["simulator", "http", "serve"]),
    ("ratatui::", &["tui"]),
    ("clap::", &["cli"]),
];

/// The files that may call `Secret::expose`, and why.
const MAY_EXPOSE: &[(&str, &str)] = &[
    ("credential", "parses and checks keys and tokens"),
    ("http", "copies a secret into the wire buffer"),
    ("ims/assertion.rs", "signs"),
    (
        "simulator",
        "verifies what was sent; its secrets are worthless",
    ),
    ("platform/clipboard", "hands the text to the clipboard"),
    (
        "platform/mask.rs",
        "looks for tokens in what a program prints",
    ),
    ("storage", "stores and reads"),
    (
        "app/token_format.rs",
        "writes the formats a token is handed out in",
    ),
    (
        "app/check/files.rs",
        "reads the dates of a file that is only looked at",
    ),
    (
        "app/stateless.rs",
        "reads the file that is exchanged with nothing stored",
    ),
    (
        "app/env_file.rs",
        "puts tokens into the variables of a file, for the program of `exec`",
    ),
    (
        "app/project.rs",
        "reads the file of a project, which contains no secret",
    ),
    (
        "app/serve_secret.rs",
        "keeps the secret of the local server in the state folder",
    ),
    (
        "serve/accept.rs",
        "compares the secret of the local server with that of a request",
    ),
    (
        "app/export_credential.rs",
        "writes the credential into a new file that was asked for",
    ),
    (
        "cli/credential.rs",
        "writes the credential into a pipe: the answer",
    ),
    ("app/import", "opens the exported file"),
    ("cli/add.rs", "gives the file to the detector"),
    ("cli/call.rs", "takes a request's body from a file"),
    (
        "cli/exec.rs",
        "hands the token to the program that was asked for",
    ),
    (
        "cli/explain.rs",
        "reads a pasted error, which is never repeated",
    ),
    ("cli/env.rs", "prints the token: the answer"),
    ("cli/leaked.rs", "gives the file to the detector"),
    ("cli/paste.rs", "gives the pasted text to the detector"),
    ("cli/rotate.rs", "gives the file to the detector"),
    ("cli/token.rs", "prints the token: the answer"),
    (
        "tui/linear",
        "tells a typed command from a pasted credential, which becomes a paste",
    ),
    (
        "tui/update/typing.rs",
        "tells a pasted name or path, which goes into a field, from a credential, which never does",
    ),
    (
        "tui/runtime",
        "gives what was pasted to the detector, with its line ends put right",
    ),
];

/// Lines of a file before its tests.
const MAX_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file: its path under `src/`, and its text without comments and test modules.
struct Source {
    name: String,
    text: String,
    code: String,
}

impl Source {
    fn is_in(&self, place: &str) -> bool {
        self.name == place
            || self
                .name
                .strip_prefix(place)
                .is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }

    fn is_test(&self) -> bool {
        self.name.ends_with("/tests.rs") || self.name.contains("/tests/")
    }

    /// `["tui", "pages", "test"]` for `tui/pages/test.rs`.
    fn module(&self) -> Vec<&str> {
        let name = self.name.trim_end_matches(".rs").trim_end_matches("/mod");
        if matches!(name, "lib" | "main" | "mod") {
            Vec::new()
        } else {
            name.split('/').collect()
        }
    }
}

fn sources() -> Vec<Source> {
    // Each crate's folder, and what comes before the names of its files in the tables.
    let crates = [
        ("src", ""),
        ("crates/core/src", ""),
        ("crates/simulator/src", "simulator/"),
    ];
    let files = crates.iter().flat_map(|(folder, prefix)| {
        let folder = root().join(folder);
        let files = files_under(&folder);
        files.into_iter().map(move |path| {
            let name = path.strip_prefix(&folder).unwrap().to_string_lossy();
            (format!("{prefix}{}", name.replace('\\', "/")), path)
        })
    });
    files
        .filter(|(_, path)| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|(name, path)| {
            let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
            Source {
                name,
                code: without_comments(&without_tests(&text)),
                text,
            }
        })
        .filter(|source| !source.is_test())
        .collect()
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if matches!(name.as_str(), "target" | ".git") {
            continue;
        }
        if path.is_dir() {
            files.extend(files_under(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Cuts every `#[cfg(test)] mod x { .. }`; rustfmt puts its end at the start of a line.
fn without_tests(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(start) = rest.find("#[cfg(test)]\n") {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let is_inline = item
            .lines()
            .find(|line| !line.starts_with("#["))
            .is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'));
        let end = if is_inline { "\n}\n" } else { ";\n" };
        rest = item.find(end).map_or("", |at| &item[at + end.len()..]);
    }
    kept + rest
}

fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.split(" // ").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules that a file names: by `crate::`, by the name of another crate, or by enough `super::`.
fn modules_used(source: &Source) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for prefix in ["crate::", "aemkeys_core::"] {
        for (at, _) in source.code.match_indices(prefix) {
            modules.extend(first_names(&source.code[at + prefix.len()..]));
        }
    }
    if source.code.contains("aemkeys_simulator::") {
        modules.insert("simulator".to_owned());
    }
    for (at, _) in source.code.match_indices("super::") {
        if source.code[..at].ends_with("super::") {
            continue;
        }
        let mut rest = &source.code[at..];
        let mut levels = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            levels += 1;
        }
        if levels >= source.module().len() {
            modules.extend(first_names(rest));
        }
    }
    modules
}

/// `app` of `app::AppContext`; `app` and `tui` of `{app::{a, b}, tui}`.
fn first_names(text: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect::<String>()
    };
    let Some(group) = text.strip_prefix('{') else {
        return vec![name(text)];
    };
    let mut names = Vec::new();
    let (mut depth, mut start) = (1, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (letter == ',' && depth == 1) || depth == 0 {
            names.push(name(&group[start..at]));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn assert_none(what: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let all: BTreeSet<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    let mut findings = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MAY_USE
            .iter()
            .filter(|(place, _)| source.is_in(place))
            .max_by_key(|(place, _)| place.len())
        else {
            findings.push(format!("{}: no module of the table", source.name));
            continue;
        };
        let module = source.module();
        for used in modules_used(&source) {
            let own = module.first() == Some(&used.as_str());
            if !own && all.contains(used.as_str()) && !allowed.contains(&used.as_str()) {
                findings.push(format!("{} uses {used}", source.name));
            }
        }
    }
    assert_none("a module uses another one without permission", &findings);
}

/// A page opens another one by a command, so that it can be changed or removed alone.
#[test]
fn pages_do_not_import_pages() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.is_in("tui/pages")) {
        let module = source.module();
        for (at, _) in source.code.match_indices("tui::pages::") {
            let own = module.get(2).copied().unwrap_or_default();
            let names = first_names(&source.code[at + "tui::pages::".len()..]);
            findings.extend(
                names
                    .into_iter()
                    .filter(|name| name != own)
                    .map(|name| format!("{} uses pages::{name}", source.name)),
            );
        }
        for (at, _) in source.code.match_indices("use super::") {
            let names = first_names(&source.code[at + "use super::".len()..]);
            let is_top = module.len() == 3;
            findings.extend(
                names
                    .into_iter()
                    .filter(|name| is_top && name != "super")
                    .map(|name| format!("{} uses super::{name}", source.name)),
            );
        }
    }
    assert_none("a page uses another page", &findings);
}

/// Pages measure themselves by ratatui's layout, so that they fit every size.
#[test]
fn only_widgets_calculate_with_cells() {
    const MAY_CALCULATE: [&str; 2] = [
        "tui/widgets",
        // Converts cells to pixels.
        "tui/svg.rs",
    ];
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.is_in("tui")) {
        if !MAY_CALCULATE.iter().any(|place| source.is_in(place)) {
            let found = cells::arithmetic(&source.code).into_iter();
            findings.extend(found.map(|found| format!("{}: {found}", source.name)));
        }
    }
    assert_none("arithmetic on cells outside of the widgets", &findings);
}

#[test]
fn modules_do_not_use_forbidden_libraries() {
    let mut findings = Vec::new();
    for source in sources() {
        for (place, words) in FORBIDDEN_WORDS {
            for word in words.iter().filter(|_| source.is_in(place)) {
                if source.code.contains(word) {
                    findings.push(format!("{}: {word}", source.name));
                }
            }
        }
        for (library, places) in KEPT_IN {
            if source.code.contains(library) && !places.iter().any(|place| source.is_in(place)) {
                findings.push(format!("{}: {library}", source.name));
            }
        }
    }
    assert_none("a forbidden word", &findings);
}

#[test]
fn only_listed_files_write_to_the_terminal() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let may = MAY_WRITE_TO_THE_TERMINAL
            .iter()
            .any(|(place, _)| source.is_in(place));
        let words = TERMINAL_WORDS
            .iter()
            .filter(|it| source.code.contains(**it));
        findings.extend(
            words
                .filter(|_| !may)
                .map(|word| format!("{}: {word}", source.name)),
        );
    }
    assert_none("writes to the terminal past `cli/output.rs`", &findings);
}

/// Returns whether the code contains a character beyond ASCII, as itself or escaped.
fn has_other_characters(code: &str) -> bool {
    let escapes = code.split("\\u{").skip(1);
    let mut numbers =
        escapes.filter_map(|rest| u32::from_str_radix(rest.split('}').next()?, 16).ok());
    !code.is_ascii() || numbers.any(|number| number > 0x7f)
}

#[test]
fn glyphs_stand_in_one_table() {
    let mut findings = Vec::new();
    for source in sources() {
        let may = MAY_NAME_CHARACTERS
            .iter()
            .any(|(name, _)| source.is_in(name));
        if !may && ASCII_ONLY.iter().any(|folder| source.is_in(folder)) {
            let lines = source
                .code
                .lines()
                .filter(|line| has_other_characters(line));
            findings.extend(lines.map(|line| format!("{}: {}", source.name, line.trim())));
        }
    }
    assert_none("a glyph outside platform/glyphs.rs", &findings);
    for wrong in [r#""\u{b7}""#, r"'\u{2026}'", "\"…\""] {
        assert!(has_other_characters(wrong), "{wrong}");
    }
    assert!(!has_other_characters(r#""\u{1b}[0m \u{7}""#));
}

#[test]
fn no_test_lets_the_binary_reach_a_session_bus() {
    let mut findings = Vec::new();
    for path in files_under(&root().join("tests")) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        // Concatenated, so that this file does not match.
        let starts = text.contains(concat!("CARGO_BIN_EXE_", "aemkeys"));
        let is_kept_away =
            text.contains("NO_SESSION") || HAS_A_PRIVATE_BUS.contains(&name.as_str());
        if starts && !is_kept_away {
            findings.push(name);
        }
    }
    assert_none("starts the binary without `NO_SESSION`", &findings);
}

#[test]
fn secrets_are_opened_only_where_listed() {
    let mut findings = Vec::new();
    let mut unused: BTreeSet<&str> = MAY_EXPOSE.iter().map(|(place, _)| *place).collect();
    for source in sources() {
        if !source.code.contains(".expose()") {
            continue;
        }
        match MAY_EXPOSE.iter().find(|(place, _)| source.is_in(place)) {
            Some((place, _)) => {
                unused.remove(place);
            }
            None => findings.push(source.name),
        }
    }
    findings.extend(
        unused
            .iter()
            .map(|place| format!("{place}: listed, but opens none")),
    );
    assert_none("where a secret is opened", &findings);
}

#[test]
fn child_processes_are_started_in_one_module() {
    let words = [
        "Command::new",
        "process::Command",
        "CommandExt",
        "posix_spawn",
        "fork(",
    ];
    let mut findings = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| source.name != "platform/process.rs")
    {
        let imports = source.code.split("use std::process::").skip(1);
        let imported = imports
            .filter_map(|rest| rest.split(';').next())
            .any(|names| {
                names
                    .split(['{', ',', '}', ' '])
                    .any(|name| name == "Command")
            });
        let word = words.iter().find(|word| source.code.contains(**word));
        if imported || word.is_some() {
            findings.push(format!("{}: {word:?}", source.name));
        }
    }
    assert_none("a child process outside platform/process.rs", &findings);
    let process = sources()
        .into_iter()
        .find(|source| source.name == "platform/process.rs");
    assert!(
        process.unwrap().code.contains("Command::new"),
        "the search finds nothing"
    );
}

/// The placeholders within printed commands that are not marked as quoted.
fn unquoted_placeholders(code: &str) -> Vec<String> {
    // Numbers, and words of a fixed list.
    const SAFE: [&str; 3] = ["{number}", "{storage}", "{us}"];
    const BEGINNINGS: [&str; 4] = ["aemkeys ", "chmod ", "chown ", "sudo "];
    let mut found = Vec::new();
    for literal in string_literals(code) {
        // In backticks, or a flag that is put between them elsewhere.
        let spans = literal.split('`').skip(1).step_by(2);
        let flag = is_flag_with_value(&literal).then_some(literal.as_str());
        for span in spans.chain(flag) {
            let is_command = BEGINNINGS
                .iter()
                .any(|beginning| span.starts_with(beginning));
            if !is_command && !is_flag_with_value(span) {
                continue;
            }
            for (at, _) in span.match_indices('{') {
                let placeholder = span[at..].split_inclusive('}').next().unwrap_or_default();
                if !placeholder.starts_with("{quoted") && !SAFE.contains(&placeholder) {
                    found.push(span.to_owned());
                }
            }
        }
    }
    found
}

/// `--confirm {..}`: not the message `--confirm names ..`.
fn is_flag_with_value(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    word.starts_with("--")
        && word.trim_start_matches('-').len() + 2 == word.len()
        && text[word.len()..].starts_with(" {")
}

fn string_literals(code: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut letters = code.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // A character literal, or a lifetime.
            '\'' => {
                if letters.next() == Some('\\') {
                    letters.next();
                }
                if letters.peek() == Some(&'\'') {
                    letters.next();
                }
            }
            '"' => {
                let mut literal = String::new();
                while let Some(inside) = letters.next() {
                    match inside {
                        '"' => break,
                        '\\' => literal.extend(letters.next()),
                        _ => literal.push(inside),
                    }
                }
                literals.push(literal);
            }
            _ => {}
        }
    }
    literals
}

#[test]
fn every_name_in_a_printed_command_is_quoted_for_the_shell() {
    let mut findings = Vec::new();
    let mut commands = 0;
    for source in sources() {
        commands += source.code.matches("`aemkeys ").count();
        for span in unquoted_placeholders(&source.code) {
            findings.push(format!("{}: `{span}`", source.name));
        }
        // Every value of this name must come from the one function.
        for (at, _) in source.code.match_indices("quoted = ") {
            let value = &source.code[at + "quoted = ".len()..];
            if !value.trim_start().starts_with("shell::quoted(") {
                findings.push(format!("{}: quoted, but not for the shell", source.name));
            }
        }
    }
    assert_none(
        "a printed command with a name that is not quoted",
        &findings,
    );
    assert!(commands > 20, "the search finds only {commands} commands");
    let bad =
        r#"x('"', "run `aemkeys test {name}`", "--confirm {name}", "`aemkeys test {quoted}` {x}")"#;
    assert_eq!(
        unquoted_placeholders(bad),
        ["aemkeys test {name}", "--confirm {name}"]
    );
}

/// Errors and guides name a `NextStep`, which each frontend renders in its own terms. Only the command line prints commands,
/// and the use cases that only it offers.
#[test]
fn only_the_command_line_prints_commands() {
    let mut findings = Vec::new();
    for source in sources() {
        let is_cli = ["cli", "app/import", "app/migrate"]
            .iter()
            .any(|place| source.is_in(place));
        // The welcome page can only tell how to start the demo.
        let is_welcome = source.is_in("tui/pages/environments/welcome");
        if !is_cli && !is_welcome && source.code.contains("`aemkeys ") {
            findings.push(source.name.clone());
        }
    }
    assert_none("a printed command instead of a NextStep", &findings);
}

/// The keys that the literals of a code name after `press`.
fn literal_keys(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for literal in string_literals(code) {
        let lower = literal.to_lowercase();
        for (at, _) in lower.match_indices("press ") {
            let key = lower[at + "press ".len()..].split([' ', ',', '.', ';', ':', '"']);
            let key = key.into_iter().next().unwrap_or_default();
            let is_key = key.chars().count() == 1
                || ["enter", "esc", "space", "tab"].contains(&key)
                || key.starts_with("ctrl-");
            if is_key {
                found.push(literal.clone());
            }
        }
    }
    found
}

/// The keys can be changed, so only the keymap knows them.
#[test]
fn the_dashboard_names_no_key_in_a_text() {
    let mut findings = Vec::new();
    // Problems of the configuration are printed before the dashboard opens.
    for source in sources()
        .iter()
        .filter(|it| it.is_in("tui") && !it.is_in("tui/keymap"))
    {
        let keys = literal_keys(&source.code).into_iter();
        findings.extend(keys.map(|text| format!("{}: {text}", source.name)));
    }
    assert_none("a key in a text instead of `Model::press`", &findings);
    let bad =
        r#"x("Press Esc to close", "{press} to go", "then press x", "press R.", "press {key}")"#;
    assert_eq!(literal_keys(bad).len(), 3);
}

/// The placeholders that are followed by a unit of time.
fn formatted_durations(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Not the sequences of a terminal.
    let texts = string_literals(code).into_iter();
    for literal in texts.filter(|text| !text.contains("u{1b}")) {
        for (end, _) in literal.match_indices('}') {
            let rest = literal[end + 1..].trim_start_matches([' ', '-']);
            let unit = rest
                .split(|letter: char| !letter.is_ascii_alphanumeric())
                .next();
            // A doubled brace is no placeholder.
            let is_placeholder = !literal[..end].ends_with('}') && !rest.starts_with('}');
            if is_placeholder && unit.is_some_and(|unit| TIME_UNITS.contains(&unit)) {
                found.push(literal.clone());
            }
        }
    }
    found
}

#[test]
fn dates_and_durations_are_formatted_in_one_module() {
    let mut findings = Vec::new();
    // The simulator writes what Adobe's servers write.
    let others = sources()
        .into_iter()
        .filter(|source| source.name != "time.rs" && !source.is_in("simulator"));
    for source in others {
        let words = TIME_FORMATS
            .iter()
            .filter(|word| source.code.contains(**word))
            .map(|word| (*word).to_owned());
        let all = words.chain(formatted_durations(&source.code));
        findings.extend(all.map(|found| format!("{}: {found}", source.name)));
    }
    assert_none("a time formatted outside aemkeys_core::time", &findings);
    let bad = r#"x("{} days left", "in {hours}h", "{n:.1} s", "{days}-day", "{{}} s", "{name} sends {count} secrets")"#;
    assert_eq!(formatted_durations(bad).len(), 4);
}

#[test]
fn files_have_a_doc_comment_and_stay_short() {
    let mut findings = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            findings.push(format!("{}: has no doc comment", source.name));
        }
        let lines = without_tests(&source.text).lines().count();
        if lines > MAX_LINES {
            findings.push(format!("{}: {lines} lines", source.name));
        }
        let file = source.name.rsplit('/').next().unwrap_or_default();
        if ["utils", "common", "helpers", "misc", "manager"]
            .iter()
            .any(|name| file.starts_with(name))
        {
            findings.push(format!("{}: a name that says nothing", source.name));
        }
    }
    assert_none("files", &findings);
}

#[test]
fn no_unfinished_code_and_no_local_paths() {
    // Concatenated, so that this file does not match.
    let anywhere = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    let in_code = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
        concat!("#[al", "low("),
        concat!("#![al", "low("),
    ];
    let mut findings = Vec::new();
    for path in files_under(root()) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let is_rust = path.extension().is_some_and(|ending| ending == "rs");
        let words = anywhere
            .iter()
            .chain(in_code.iter().filter(|_| is_rust))
            .filter(|word| text.contains(**word));
        findings.extend(words.map(|word| format!("{name}: {word}")));
    }
    assert_none("must not be published", &findings);
}

#[test]
fn the_checks_find_violations() {
    let text = "use crate::{app::{a, b}, tui};\n// crate::storage\nfn f() { aemkeys_core::http::x() }\n\
                #[cfg(test)]\nmod tests {\n    use aemkeys_simulator::Simulator;\n}\nuse super::super::cli;\n";
    let source = Source {
        name: "storage/backend.rs".into(),
        code: without_comments(&without_tests(text)),
        text: String::new(),
    };
    let used: Vec<String> = modules_used(&source).into_iter().collect();
    assert_eq!(used, ["app", "cli", "http", "tui"]);
    assert!(source.is_in("storage") && source.is_in("storage/backend") && !source.is_in("stor"));
}

#[test]
fn every_error_code_is_used() {
    let code: String = sources()
        .into_iter()
        .filter(|source| !source.is_test() && source.name != "credential/code.rs")
        .map(|source| source.code)
        .collect();
    let is_used = |name: &str| {
        code.match_indices(name).any(|(at, _)| {
            !code[at + name.len()..].starts_with(|next: char| next.is_ascii_alphanumeric())
        })
    };
    let unused: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !is_used(&format!("Code::{code:?}")))
        // Codes that only the table of explanations names.
        .filter(|code| !explain::table().iter().any(|row| row.code == Some(**code)))
        .collect();
    assert!(unused.is_empty(), "nothing makes {unused:?}");
}
