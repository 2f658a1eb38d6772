//! Is what the README says of the keys what the program does? `UPDATE_ASSETS=1` renews the table.

use std::path::Path;

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
