//! Compares tables in the documentation with the program. `UPDATE_ASSETS=1` rewrites them.

use std::path::Path;

use aemkeys_core::credential::Code;

const BEGIN: &str = "<!-- keys: from the action table -->\n";
const END: &str = "<!-- end of keys -->\n";

#[test]
fn the_key_table_is_the_action_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path)
        .unwrap()
        .replace("\r\n", "\n");
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let wanted = format!("\n{}\n", aemkeys::tui::keymap::readme_table());
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(table, wanted, "run this test with UPDATE_ASSETS=1");
}

/// Every error code with its meaning, exit code and guide.
fn error_table() -> String {
    let mut text = String::from(
        "# Error codes\n\nWith `--json`, an error carries one of these codes. The exit code of the process follows from it.\n\n\
         | code | exit | retry | guide | meaning |\n|---|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let guide = code.topic().map_or("", |topic| topic.id());
        let retry = if code.may_retry() { "yes" } else { "" };
        let line = format!(
            "| `{code}` | {} | {retry} | {guide} | {} |\n",
            code.exit().number(),
            code.meaning()
        );
        text.push_str(&line);
    }
    text
}

#[test]
fn the_documented_error_codes_are_the_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let wanted = error_table();
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path)
        .unwrap()
        .replace("\r\n", "\n");
    assert_eq!(found, wanted, "run this test with UPDATE_ASSETS=1");
}

/// `command_line::trust`: a folder, a file, or a file and a function in it.
fn is_a_test(root: &Path, name: &str) -> bool {
    let has_tests = |path: &Path| {
        std::fs::read_to_string(path)
            .is_ok_and(|text| text.contains("#[test]") || text.contains("test]"))
    };
    let path = name.replace("::", "/");
    [
        "src",
        "crates/core/src",
        "crates/simulator/src",
        "tests/it",
        "tests/slow",
    ]
    .iter()
    .any(|folder| {
        let at = root.join(folder).join(&path);
        has_tests(&at.with_extension("rs"))
            || has_tests(&at.join("tests.rs"))
            || has_tests(&at.join("mod.rs"))
            || at.is_dir()
    })
}

#[test]
fn every_test_that_the_security_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let mut named = 0;
    let mut in_table = false;
    for line in page.lines() {
        in_table = line.starts_with('|') && (in_table || line == "| claim | test |");
        let cells = line.trim_end_matches(['|', ' ']);
        let Some((_, proof)) = cells.rsplit_once('|').filter(|_| in_table) else {
            continue;
        };
        for name in proof.split('`').skip(1).step_by(2) {
            assert!(is_a_test(root, name), "SECURITY.md names `{name}`");
            named += 1;
        }
    }
    assert!(named > 30, "{named}");
}
