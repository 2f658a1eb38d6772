//! The npm packages: one for each platform with the program, and `aemkeys`, which depends on all of them and starts the one that
//! npm installed.

use std::io;

use serde_json::{Map, Value, json};

use super::archive::{self, File};
use super::platform::{self, Platform};
use super::workspace::Workspace;

const LAUNCHER: &str = include_str!("../../../packaging/npm/aemkeys.js");

/// Returns the package with the program for a platform.
pub fn of_platform(
    workspace: &Workspace,
    platform: &Platform,
    files: &[File],
) -> io::Result<Vec<u8>> {
    let mut package = package(workspace, &platform.npm_package());
    package.insert("os".into(), json!([platform.os]));
    package.insert("cpu".into(), json!([platform.cpu]));
    // What is not for developers with Node stays out.
    let wanted = ["LICENSE", "THIRD-PARTY-LICENSES.txt", "aemkeys.cdx.json"];
    let mut files: Vec<File> = files
        .iter()
        .filter(|file| file.executable || wanted.contains(&file.path.as_str()))
        .cloned()
        .collect();
    files.push(manifest(&package));
    pack(&files, workspace.epoch)
}

/// Returns the package `aemkeys`.
pub fn launcher(workspace: &Workspace, files: &[File]) -> io::Result<Vec<u8>> {
    let version = &workspace.package.version;
    let platforms: Map<String, Value> = platform::ALL
        .iter()
        .map(|platform| (platform.npm_package(), json!(version)))
        .collect();
    let mut package = package(workspace, "aemkeys");
    package.insert("bin".into(), json!({ "aemkeys": "aemkeys.js" }));
    package.insert("engines".into(), json!({ "node": ">=18" }));
    package.insert("optionalDependencies".into(), Value::Object(platforms));
    let mut files = files.to_vec();
    files.push(File::executable("aemkeys.js", LAUNCHER));
    files.push(manifest(&package));
    pack(&files, workspace.epoch)
}

fn package(workspace: &Workspace, name: &str) -> Map<String, Value> {
    let cargo = &workspace.package;
    let mut package = Map::new();
    package.insert("name".into(), json!(name));
    package.insert("version".into(), json!(cargo.version));
    package.insert("description".into(), json!(cargo.description));
    package.insert("license".into(), json!(cargo.license));
    if let Some(repository) = &cargo.repository {
        package.insert("repository".into(), json!(repository));
    }
    package
}

fn manifest(package: &Map<String, Value>) -> File {
    let text = format!("{:#}\n", Value::Object(package.clone()));
    File::new("package.json", text)
}

fn pack(files: &[File], epoch: u64) -> io::Result<Vec<u8>> {
    let files: Vec<File> = files.iter().map(|file| file.within("package")).collect();
    archive::tar_gz(&files, epoch)
}
