//! The checksums, and the manifests of package managers that name them.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use ring::digest;

/// SHA-256 in hexadecimal digits, by file name.
pub type Checksums = BTreeMap<String, String>;

/// Manifests by their path in the folder of the release.
pub const TEMPLATES: [(&str, &str); 7] = [
    (
        "homebrew/aemkeys.rb",
        include_str!("../../../packaging/homebrew/aemkeys.rb"),
    ),
    (
        "scoop/aemkeys.json",
        include_str!("../../../packaging/scoop/aemkeys.json"),
    ),
    (
        "winget/aemkeys.aemkeys.yaml",
        include_str!("../../../packaging/winget/aemkeys.aemkeys.yaml"),
    ),
    (
        "winget/aemkeys.aemkeys.installer.yaml",
        include_str!("../../../packaging/winget/aemkeys.aemkeys.installer.yaml"),
    ),
    (
        "winget/aemkeys.aemkeys.locale.en-US.yaml",
        include_str!("../../../packaging/winget/aemkeys.aemkeys.locale.en-US.yaml"),
    ),
    (
        "aur/PKGBUILD",
        include_str!("../../../packaging/aur/PKGBUILD"),
    ),
    (
        "nix/flake.nix",
        include_str!("../../../packaging/nix/flake.nix"),
    ),
];

/// Returns the checksums of the files of this version.
pub fn checksums(folder: &Path, version: &str) -> io::Result<Checksums> {
    let mut sums = Checksums::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && name.contains(version) {
            let sum = digest::digest(&digest::SHA256, &fs::read(entry.path())?);
            let hex = sum.as_ref().iter().map(|byte| format!("{byte:02x}"));
            sums.insert(name, hex.collect());
        }
    }
    Ok(sums)
}

/// Writes `SHA256SUMS` and returns its text.
pub fn write_checksums(folder: &Path, sums: &Checksums) -> io::Result<String> {
    let lines = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n"));
    let text: String = lines.collect();
    fs::write(folder.join("SHA256SUMS"), &text)?;
    Ok(text)
}

/// Writes the manifests. Returns a line for each that can't be filled.
pub fn write(
    folder: &Path,
    version: &str,
    repository: Option<&str>,
    sums: &Checksums,
) -> io::Result<Vec<String>> {
    let mut left_out = Vec::new();
    for (path, template) in TEMPLATES {
        let path_of = folder.join("manifests").join(path);
        match fill(template, version, repository, sums) {
            Ok(text) => {
                fs::create_dir_all(path_of.parent().unwrap_or(folder))?;
                fs::write(path_of, text)?;
            }
            Err(missing) => left_out.push(format!("left out {path}: {missing}")),
        }
    }
    Ok(left_out)
}

/// Fills `@VERSION@`, `@REPOSITORY@` and `@SHA256 FILE@`. The error names what is missing.
pub fn fill(
    template: &str,
    version: &str,
    repository: Option<&str>,
    sums: &Checksums,
) -> Result<String, String> {
    let repository = repository.ok_or("no --repository, and none in Cargo.toml")?;
    let text = template
        .replace("@VERSION@", version)
        .replace("@REPOSITORY@", repository.trim_end_matches('/'));
    let mut pieces = text.split("@SHA256 ");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (file, rest) = piece.split_once('@').ok_or("a mark without an end")?;
        let sum = sums.get(file).ok_or_else(|| format!("no {file}"))?;
        filled.push_str(sum);
        filled.push_str(rest);
    }
    Ok(filled)
}
