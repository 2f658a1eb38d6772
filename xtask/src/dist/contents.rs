//! What is in an archive and in the package for Debian.

use std::io;
use std::path::Path;
use std::process::Command;

use super::archive::{self, File};
use super::licences;
use super::platform::Platform;
use super::workspace::{Workspace, printed};

/// Shell, and the file name that it expects.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "aemkeys.bash"),
    ("elvish", "aemkeys.elv"),
    ("fish", "aemkeys.fish"),
    ("powershell", "_aemkeys.ps1"),
    ("zsh", "_aemkeys"),
];

/// Where Debian has the files of an archive. It has no folder for elvish and PowerShell.
const DEBIAN: [(&str, &str); 7] = [
    ("aemkeys", "usr/bin/aemkeys"),
    (
        "completions/aemkeys.bash",
        "usr/share/bash-completion/completions/aemkeys",
    ),
    (
        "completions/aemkeys.fish",
        "usr/share/fish/vendor_completions.d/aemkeys.fish",
    ),
    (
        "completions/_aemkeys",
        "usr/share/zsh/vendor-completions/_aemkeys",
    ),
    ("README.md", "usr/share/doc/aemkeys/README.md"),
    ("aemkeys.cdx.json", "usr/share/doc/aemkeys/aemkeys.cdx.json"),
    (
        "THIRD-PARTY-LICENSES.txt",
        "usr/share/doc/aemkeys/THIRD-PARTY-LICENSES.txt",
    ),
];

/// Returns what is the same on every platform.
pub fn common(workspace: &Workspace, program: &Path) -> io::Result<Vec<File>> {
    let mut files = documents(workspace)?;
    let changes = workspace.root.join("CHANGELOG.md");
    files.push(File::read("CHANGELOG.md", &changes)?);
    let page = printed(Command::new(program).arg("man"))?;
    files.push(File::new("man/aemkeys.1", page));
    for (shell, name) in COMPLETIONS {
        let script = printed(Command::new(program).args(["completions", shell]))?;
        files.push(File::new(format!("completions/{name}"), script));
    }
    let bill = workspace.target.join("aemkeys.cdx.json");
    printed(
        Command::new(workspace.root.join(".ci/sbom"))
            .arg(&bill)
            .env("SOURCE_DATE_EPOCH", workspace.epoch.to_string()),
    )?;
    files.push(File::read("aemkeys.cdx.json", &bill)?);
    Ok(files)
}

pub fn documents(workspace: &Workspace) -> io::Result<Vec<File>> {
    let read = |name: &str| File::read(name, &workspace.root.join(name));
    Ok(vec![read("README.md")?, read("LICENSE")?])
}

/// Adds the program and the licences of what is in it.
pub fn for_platform(platform: &Platform, common: &[File], binary: &Path) -> io::Result<Vec<File>> {
    let crates = Workspace::crates(platform.triple)?;
    let mut files = common.to_vec();
    files.push(File {
        executable: true,
        ..File::read(platform.program(), binary)?
    });
    files.push(File::new(
        "THIRD-PARTY-LICENSES.txt",
        licences::third_party(&crates)?,
    ));
    Ok(files)
}

/// Returns a package of Debian with the files of an archive.
pub fn deb(workspace: &Workspace, architecture: &str, files: &[File]) -> io::Result<Vec<u8>> {
    let find = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.ok_or_else(|| io::Error::other(format!("no {path} for the package of Debian")))
    };
    let mut installed = Vec::new();
    for (path, to) in DEBIAN {
        installed.push(File {
            path: to.to_owned(),
            ..find(path)?.clone()
        });
    }
    let documents = "usr/share/doc/aemkeys";
    let copyright = find("LICENSE")?.bytes.clone();
    installed.push(File::new(format!("{documents}/copyright"), copyright));
    let changes = archive::gzip(&find("CHANGELOG.md")?.bytes)?;
    installed.push(File::new(format!("{documents}/changelog.gz"), changes));
    let page = archive::gzip(&find("man/aemkeys.1")?.bytes)?;
    installed.push(File::new("usr/share/man/man1/aemkeys.1.gz", page));

    let bytes: usize = installed.iter().map(|file| file.bytes.len()).sum();
    let package = &workspace.package;
    let control = format!(
        "Package: aemkeys\nVersion: {}\nArchitecture: {architecture}\nMaintainer: aemkeys maintainers\n\
         Installed-Size: {}\nSuggests: gnome-keyring | keepassxc | kwalletmanager\nSection: utils\nPriority: optional\n\
         Description: Credentials and tokens of AEM as a Cloud Service\n {}.\n",
        package.version,
        bytes.div_ceil(1024),
        package.description.as_deref().unwrap_or_default()
    );
    archive::deb(&control, &installed, workspace.epoch)
}
