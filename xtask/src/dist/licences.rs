//! The licences of everything in the binary: of the crates, the standard library and musl.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use super::workspace::Package;

const MIT: &str = include_str!("../../../packaging/licenses/MIT");
const BOOST: &str = include_str!("../../../packaging/licenses/BSL-1.0");
const APACHE: &str = include_str!("../../../LICENSE");

/// What is in the binary and is no crate of a registry: name, licence, copyright.
const OTHERS: [(&str, &str, &str); 2] = [
    (
        "Rust standard library",
        "MIT OR Apache-2.0",
        "Copyright (c) The Rust Project contributors",
    ),
    (
        "musl (programs for Linux)",
        "MIT",
        "Copyright (c) 2005-2020 Rich Felker, et al.",
    ),
];

/// Returns the text of `THIRD-PARTY-LICENSES.txt`: a list of the crates, then each text once with the crates that it belongs to.
pub fn third_party(crates: &[Package]) -> io::Result<String> {
    let mut list = String::from("aemkeys contains these works of others:\n\n");
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, licence, copyright) in OTHERS {
        let _ = writeln!(list, "{name}: {licence}");
        texts
            .entry(format!("{copyright}\n\n{MIT}"))
            .or_default()
            .push(name.to_owned());
    }
    // Crates of this workspace have the licence of the program.
    for package in crates
        .iter()
        .filter(|package| !package.name.starts_with("aemkeys"))
    {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("see below");
        let _ = writeln!(list, "{name}: {licence}");
        for text in texts_of(package)? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    // The order of the crates, not that of the texts.
    let mut texts: Vec<(String, Vec<String>)> = texts.into_iter().collect();
    texts.sort_by(|(_, a), (_, b)| a.cmp(b));
    for (text, names) in texts {
        let _ = write!(
            list,
            "\n{}\n{}\n\n{text}\n",
            "=".repeat(80),
            names.join(", ")
        );
    }
    Ok(list)
}

/// Returns the licence texts in the folder of a crate. A crate without one gets the text of the licence that it names.
fn texts_of(package: &Package) -> io::Result<Vec<String>> {
    let folder = package.manifest_path.parent().unwrap_or(Path::new("."));
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_licence(&path) {
            let bytes = fs::read(&path)?;
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
            texts.push(text.trim_end().to_owned());
        }
    }
    if texts.is_empty() {
        texts.push(named_licence(package)?);
    }
    Ok(texts)
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let begins = [
        "license",
        "licence",
        "copying",
        "copyright",
        "notice",
        "unlicense",
    ];
    path.is_file() && begins.iter().any(|begin| name.starts_with(begin))
}

fn named_licence(package: &Package) -> io::Result<String> {
    let licence = package.license.as_deref().unwrap_or_default();
    if licence.contains("MIT") {
        let authors = match package.authors.join(", ") {
            nobody if nobody.is_empty() => format!("the authors of {}", package.name),
            authors => authors,
        };
        Ok(format!("Copyright (c) {authors}\n\n{}", MIT.trim_end()))
    } else if licence.contains("Apache-2.0") {
        Ok(APACHE.trim_end().to_owned())
    } else if licence == "BSL-1.0" {
        Ok(BOOST.trim_end().to_owned())
    } else {
        let error = format!("{} brings no text of its licence: {licence}", package.name);
        Err(io::Error::other(error))
    }
}
