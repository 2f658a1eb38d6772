//! Are the README's pictures what the program draws today? `assets/pictures/make` renews them.

use std::path::Path;
use std::process::Command;

use crate::support::no_session::NO_SESSION;

#[test]
fn the_pictures_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
    for line in std::fs::read_to_string(folder.join("list"))
        .unwrap()
        .lines()
    {
        let parts: Vec<&str> = line.split(' ').collect();
        let [name, size, keys] = parts.as_slice() else {
            panic!("{line}");
        };
        let drawn = Command::new(env!("CARGO_BIN_EXE_aemkeys"))
            .args(["demo", "--print", size, "--keys", keys, "--format", "svg"])
            .env_clear()
            .envs(NO_SESSION)
            .output()
            .unwrap();
        let kept = std::fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap();
        let kept = kept.replace("\r\n", "\n");
        let drawn = String::from_utf8(drawn.stdout).unwrap();
        assert!(
            drawn == kept,
            "{name}.svg is not what is drawn: run assets/pictures/make"
        );
    }
}
