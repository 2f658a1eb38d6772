//! Passes the target, and in a release the commit, to `aemkeys version`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| std::env::var(name).unwrap_or_default();
    println!("cargo::rustc-env=AEMKEYS_TARGET={}", variable("TARGET"));
    // Only in a release: it would rebuild the program after every commit.
    if variable("PROFILE") != "release" {
        return;
    }
    let git = Command::new("git").args(["rev-parse", "HEAD"]).output();
    let commit = git.ok().filter(|git| git.status.success());
    let commit = commit.and_then(|git| String::from_utf8(git.stdout).ok());
    if let Some(commit) = commit {
        println!("cargo::rerun-if-changed=.git/HEAD");
        println!("cargo::rustc-env=AEMKEYS_COMMIT={}", commit.trim());
    }
}
