//! The release build of the program, the same bytes in every folder: paths of the machine are replaced by fixed names.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io};

use super::platform::Platform;
use super::workspace::{Workspace, printed};

/// Separates the flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

/// Builds the program and returns its path.
pub fn program(workspace: &Workspace, platform: &Platform) -> io::Result<PathBuf> {
    let names = fixed_names(workspace)?;
    let mut rust = flags("--remap-path-prefix", &names);
    if platform.is_windows() {
        rust.push("-Clink-arg=-Wl,--no-insert-timestamp".into());
    }
    let mut cargo = Command::new(super::workspace::cargo());
    cargo
        .args(["build", "--locked", "--release", "--target"])
        .arg(platform.triple)
        .args(["--package", "aemkeys", "--bin", "aemkeys"])
        .current_dir(&workspace.root)
        .env("SOURCE_DATE_EPOCH", workspace.epoch.to_string())
        .env("CARGO_ENCODED_RUSTFLAGS", rust.join(SEPARATOR))
        .env("CFLAGS", flags("-ffile-prefix-map", &names).join(" "))
        .envs(platform.tools());
    if !cargo.status()?.success() {
        let error = format!("the program does not build for {}", platform.triple);
        return Err(io::Error::other(error));
    }
    let built = workspace.target.join(platform.triple).join("release");
    Ok(built.join(platform.program()))
}

/// The folders of this machine that could end up in the binary, each with the name that stands there instead. The last one that
/// matches counts, so a folder comes after the one that it is in.
fn fixed_names(workspace: &Workspace) -> io::Result<Vec<(PathBuf, String)>> {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let cargo_home = cargo_home.ok_or_else(|| io::Error::other("CARGO_HOME is not set"))?;
    let sysroot = printed(Command::new("rustc").args(["--print", "sysroot"]))?;
    let verbose = printed(Command::new("rustc").arg("-vV"))?;
    let commit = verbose
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "))
        .unwrap_or("unknown");
    Ok(vec![
        (cargo_home, "/cargo".into()),
        // As in the standard library that is built already.
        (
            Path::new(sysroot.trim()).join("lib/rustlib/src/rust"),
            format!("/rustc/{commit}"),
        ),
        (workspace.root.clone(), "/aemkeys".into()),
        (workspace.target.clone(), "/target".into()),
    ])
}

fn flags(option: &str, names: &[(PathBuf, String)]) -> Vec<String> {
    let flag = |(folder, name): &(PathBuf, String)| format!("{option}={}={name}", folder.display());
    names.iter().map(flag).collect()
}
