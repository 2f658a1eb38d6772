//! Generated files are current, and the tests named in SECURITY.md exist.

use std::path::Path;

/// Other systems have other commands and options.
#[cfg(target_os = "linux")]
#[test]
fn generated_files_are_current() {
    let assets = xtask::assets(Path::new(env!("CARGO_BIN_EXE_aemkeys"))).unwrap();
    assert!(assets.len() > 6, "{}", assets.len());
    for asset in assets {
        let path = asset.path.display();
        assert!(
            asset.is_current(),
            "{path} is outdated: run `cargo xtask assets`"
        );
    }
}

#[test]
fn the_recording_plays_without_scripts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let svg = std::fs::read_to_string(root.join("docs/src/pictures/recording.svg")).unwrap();
    assert!(svg.len() < 300_000, "{}", svg.len());
    assert!(!svg.contains("<script") && !svg.contains("href"));
    assert!(svg.contains("@media (prefers-reduced-motion:reduce)"));
    let groups = svg.matches("<g class=\"s").count();
    let styles = svg.matches("@keyframes s").count();
    assert!(styles > 6 && groups >= styles, "{groups} {styles}");
    // Something is visible at every time, also without an animation.
    assert!(svg.contains("0.00%{visibility:visible}"));
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
