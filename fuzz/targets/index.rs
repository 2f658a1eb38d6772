//! Reads any bytes as index.json: the result is a problem, or a list that can be shown.

#![no_main]

mod problems;

use std::sync::LazyLock;

use aemkeys::tui::frame::Frame;
use aemkeys::tui::{App, Settings};
use aemkeys::storage::IndexFile;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    // In memory, if the system has a folder for it.
    let memory = std::path::Path::new("/dev/shm");
    let parent = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    tempfile::tempdir_in(parent).unwrap()
});

fuzz_target!(|input: &[u8]| {
    std::fs::write(FOLDER.path().join("index.json"), input).unwrap();
    let file = IndexFile::new(FOLDER.path(), FOLDER.path());
    let _names = file.read_names();
    match file.read() {
        Err(error) => problems::check(&error.problem()),
        Ok(index) => {
            let mut app = App::new(index, Settings::default(), Timestamp::UNIX_EPOCH);
            (app.model.columns, app.model.rows) = (100, 24);
            let shown = Frame::of(&app).text();
            assert!(
                !shown.chars().any(|c| c.is_control() && c != '\n'),
                "{shown:?}"
            );
        }
    }
});
