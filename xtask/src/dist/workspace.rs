//! What cargo and git know about the source: version, folders, time of the last commit, dependencies.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::{env, io};

use serde::Deserialize;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
pub struct Package {
    id: String,
    pub name: String,
    pub version: String,
    pub description: Option<String>,
    pub license: Option<String>,
    pub authors: Vec<String>,
    pub repository: Option<String>,
    pub manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// None is a dependency of the program itself; others are of tests and build scripts.
    kind: Option<String>,
}

pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
    /// The program.
    pub package: Package,
    /// Seconds since 1970: the time of every file in an archive.
    pub epoch: u64,
}

impl Workspace {
    pub fn read() -> io::Result<Self> {
        let metadata = metadata(&[])?;
        let epoch = match env::var("SOURCE_DATE_EPOCH") {
            Ok(seconds) => seconds,
            Err(_) => printed(
                Command::new("git")
                    .args(["log", "-1", "--format=%ct"])
                    .current_dir(&metadata.workspace_root),
            )?,
        };
        let mut packages = metadata.packages.into_iter();
        let package = packages.find(|package| package.name == "aemkeys");
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            package: package.ok_or_else(|| io::Error::other("no package aemkeys"))?,
            epoch: epoch.trim().parse().map_err(io::Error::other)?,
        })
    }

    /// Returns the crates in the program for a platform, its own included, by name and version.
    pub fn crates(triple: &str) -> io::Result<Vec<Package>> {
        let metadata = metadata(&["--filter-platform", triple])?;
        let nodes: HashMap<&str, &Node> = metadata
            .resolve
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect();
        let program = metadata
            .packages
            .iter()
            .find(|package| package.name == "aemkeys");
        let mut waiting: Vec<&str> = program
            .map(|program| program.id.as_str())
            .into_iter()
            .collect();
        let mut found = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            let Some(node) = nodes.get(id).filter(|_| found.insert(id.to_owned())) else {
                continue;
            };
            let in_program = |dependency: &&Dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind.is_none())
            };
            waiting.extend(
                node.deps
                    .iter()
                    .filter(in_program)
                    .map(|dependency| dependency.pkg.as_str()),
            );
        }
        let mut crates: Vec<Package> = metadata
            .packages
            .into_iter()
            .filter(|package| found.contains(&package.id))
            .collect();
        crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(crates)
    }
}

fn metadata(options: &[&str]) -> io::Result<Metadata> {
    let text = printed(
        Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(options),
    )?;
    serde_json::from_str(&text).map_err(io::Error::other)
}

pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Returns what a program prints, which must succeed.
pub fn printed(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(format!("{command:?} failed: {said}")));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}
