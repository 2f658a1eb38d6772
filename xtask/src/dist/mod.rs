//! `cargo xtask dist`: the files of a release. CONTRIBUTING.md describes them and how to publish them.
//!
//! The archives of some platforms may come from another machine: what is in the folder already counts for the checksums and for
//! the manifests of package managers.

mod archive;
mod build;
mod contents;
mod licences;
mod manifests;
mod npm;
mod platform;
#[cfg(test)]
mod tests;
mod workspace;

use std::path::{Path, PathBuf};
use std::{fs, io};

use platform::Platform;
use workspace::Workspace;

const USAGE: &str = "usage: cargo xtask dist [--target TRIPLE].. [--out FOLDER] [--repository URL]";

#[derive(Debug, Default)]
struct Options {
    /// By default those that Linux can build.
    targets: Vec<String>,
    out: Option<PathBuf>,
    /// Where releases are downloaded from; by default `repository` of Cargo.toml.
    repository: Option<String>,
}

impl Options {
    fn parse(arguments: &[&str]) -> io::Result<Self> {
        let mut options = Self::default();
        for pair in arguments.chunks(2) {
            match *pair {
                ["--target", triple] => options.targets.push(triple.to_owned()),
                ["--out", folder] => options.out = Some(folder.into()),
                ["--repository", url] => options.repository = Some(url.to_owned()),
                _ => return Err(io::Error::other(USAGE)),
            }
        }
        Ok(options)
    }

    fn platforms(&self) -> io::Result<Vec<&'static Platform>> {
        if self.targets.is_empty() {
            let here = platform::ALL.iter();
            return Ok(here.filter(|platform| platform.os != "darwin").collect());
        }
        let find = |triple: &String| {
            Platform::find(triple)
                .ok_or_else(|| io::Error::other(format!("no release for {triple}")))
        };
        self.targets.iter().map(find).collect()
    }
}

/// Builds the archives. `program` is the program for this machine, which prints the man page and the completions.
pub fn run(arguments: &[&str], program: &Path, report: fn(&str)) -> io::Result<()> {
    let options = Options::parse(arguments)?;
    let platforms = options.platforms()?;
    let workspace = Workspace::read()?;
    let out = options.out.unwrap_or_else(|| workspace.target.join("dist"));
    fs::create_dir_all(&out)?;
    let version = &workspace.package.version;
    let common = contents::common(&workspace, program)?;
    for platform in platforms {
        let binary = build::program(&workspace, platform)?;
        let files = contents::for_platform(platform, &common, &binary)?;
        let within: Vec<_> = files
            .iter()
            .map(|file| file.within(&platform.stem(version)))
            .collect();
        let archive = if platform.is_windows() {
            archive::zip(&within, workspace.epoch)?
        } else {
            archive::tar_gz(&within, workspace.epoch)?
        };
        fs::write(out.join(platform.archive(version)), archive)?;
        let package = npm::of_platform(&workspace, platform, &files)?;
        fs::write(out.join(platform.npm_archive(version)), package)?;
        if let Some(architecture) = platform.debian {
            let name = format!("aemkeys_{version}_{architecture}.deb");
            let package = contents::deb(&workspace, architecture, &files)?;
            fs::write(out.join(name), package)?;
        }
    }
    let launcher = npm::launcher(&workspace, &contents::documents(&workspace)?)?;
    fs::write(out.join(format!("aemkeys-{version}.tgz")), launcher)?;

    let sums = manifests::checksums(&out, version)?;
    let repository = options.repository.or(workspace.package.repository);
    let left_out = manifests::write(&out, version, repository.as_deref(), &sums)?;
    for line in left_out {
        report(&line);
    }
    report(&manifests::write_checksums(&out, &sums)?);
    Ok(())
}
