//! The simulator for another process, until standard input ends: `cargo run --example simulator -- FOLDER < some-pipe`.
//!
//! Writes the credential files of the demo to the folder, and `environment` with the variables that make the program ask the
//! simulator instead of Adobe. `.ci/bare` tries a release with it.

#![expect(clippy::unwrap_used, reason = "an example for tests")]

use std::path::PathBuf;
use std::sync::Arc;
use std::{env, fs, io};

use jiff::Timestamp;

#[path = "../tests/support"]
mod support {
    #![expect(dead_code, reason = "tests use the rest")]

    pub mod adobe;
    pub mod https_mock;
}

fn main() {
    let folder = PathBuf::from(env::args_os().nth(1).unwrap());
    fs::create_dir_all(&folder).unwrap();
    let adobe = support::adobe::SimulatedAdobe::start(Arc::new(Timestamp::now), |_| None);
    for (name, bytes) in &adobe.files {
        let name = format!("{}.json", name.trim_end_matches('/').replace('/', "-"));
        fs::write(folder.join(name), bytes).unwrap();
    }
    fs::copy(adobe.mock.ca_file(), folder.join("ca.pem")).unwrap();
    // Last: who waits for it finds the other files.
    let variables = format!("HTTPS_PROXY={}\n", adobe.mock.proxy_url());
    fs::write(folder.join("environment"), variables).unwrap();
    io::copy(&mut io::stdin(), &mut io::sink()).unwrap();
}
