//! Compares tables in the documentation with the program. `UPDATE_ASSETS=1` rewrites them.

use std::path::Path;

use aemkeys::credential::Code;

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
