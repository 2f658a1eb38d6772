//! The archives are reproducible and complete, and the manifests can be filled.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};

use super::archive::{self, File};
use super::manifests::{self, Checksums, TEMPLATES};
use super::platform::{self, Platform};
use super::workspace::Workspace;
use super::{Options, licences};

const EPOCH: u64 = 1_700_000_000;

fn files() -> Vec<File> {
    vec![
        File::new("b/c/readme", "text"),
        File::executable("a", "program"),
    ]
}

fn reversed() -> Vec<File> {
    files().into_iter().rev().collect()
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let tar = archive::tar_gz(&files(), EPOCH).unwrap();
    assert_eq!(tar, archive::tar_gz(&reversed(), EPOCH).unwrap());
    let zip = archive::zip(&files(), EPOCH).unwrap();
    assert_eq!(zip, archive::zip(&reversed(), EPOCH).unwrap());
    let deb = archive::deb("Package: a\n", &files(), EPOCH).unwrap();
    assert_eq!(
        deb,
        archive::deb("Package: a\n", &reversed(), EPOCH).unwrap()
    );
    // No name and no time in the header of gzip.
    assert_eq!(tar[3..8], [0; 5]);
}

#[test]
fn files_in_a_tar_belong_to_root_and_have_the_time_of_the_commit() {
    let packed = archive::tar_gz(&files(), EPOCH).unwrap();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice()));
    let mut found = Vec::new();
    for entry in tar.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), EPOCH);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        let path = entry.path().unwrap().display().to_string();
        found.push((path, header.mode().unwrap()));
    }
    let expected = [
        ("a", 0o755),
        ("b", 0o755),
        ("b/c", 0o755),
        ("b/c/readme", 0o644),
    ];
    assert_eq!(found, expected.map(|(path, mode)| (path.to_owned(), mode)));
}

#[test]
fn a_zip_has_the_time_of_the_commit() {
    let packed = archive::zip(&files(), EPOCH).unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
    let mut file = zip.by_name("b/c/readme").unwrap();
    assert_eq!(
        file.last_modified().unwrap().to_string(),
        "2023-11-14 22:13:20"
    );
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "text");
}

#[test]
fn every_crate_in_the_program_has_a_licence_text() {
    for platform in &platform::ALL {
        let crates = Workspace::crates(platform.triple).unwrap();
        let text = licences::third_party(&crates).unwrap();
        for package in crates {
            let name = format!("{} {}", package.name, package.version);
            let times = text.matches(&name).count();
            // In the list, and above its text.
            assert!(package.name.starts_with("aemkeys") || times > 1, "{name}");
            assert_ne!(package.name, "proptest", "is only for tests");
        }
        assert!(text.contains("\nring 0."));
    }
}

#[test]
fn every_manifest_is_filled_from_the_files_of_a_release() {
    let mut sums = Checksums::new();
    for platform in &platform::ALL {
        sums.insert(
            platform.archive("1.2.3"),
            format!("sum-of-{}", platform.triple),
        );
    }
    for (path, template) in TEMPLATES {
        let text = manifests::fill(
            template,
            "1.2.3",
            Some("https://git.example/aemkeys/"),
            &sums,
        )
        .unwrap();
        assert!(text.contains("1.2.3"), "{path}");
        assert!(
            !text.contains("@VERSION@")
                && !text.contains("@SHA256")
                && !text.contains("@REPOSITORY"),
            "{path}"
        );
        assert!(!text.contains("aemkeys//releases"), "{path}");
        if path.ends_with("json") {
            let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                parsed["architecture"]["64bit"]["hash"],
                "sum-of-x86_64-pc-windows-gnu"
            );
        }
    }
}

#[test]
fn a_manifest_without_its_archive_is_left_out() {
    let template = "@VERSION@ @SHA256 aemkeys-@VERSION@.zip@";
    let fill = |repository| manifests::fill(template, "1.2.3", repository, &Checksums::new());
    assert_eq!(
        fill(Some("https://git.example")).unwrap_err(),
        "no aemkeys-1.2.3.zip"
    );
    assert!(fill(None).unwrap_err().contains("--repository"));
}

#[test]
fn options_name_targets_that_have_a_release() {
    let parsed = Options::parse(&["--target", "x86_64-pc-windows-gnu", "--out", "x"]).unwrap();
    let platforms = parsed.platforms().unwrap();
    assert_eq!(platforms.len(), 1);
    assert!(platforms[0].is_windows());
    assert!(Options::parse(&["--target"]).is_err());
    assert!(Options::parse(&["--targets", "x"]).is_err());
    let unknown = Options::parse(&["--target", "sparc"]).unwrap();
    assert!(unknown.platforms().is_err());
    // Linux can't link for macOS.
    let here = Options::default().platforms().unwrap();
    assert!(here.iter().all(|platform| platform.os != "darwin"));
}

#[test]
fn platforms_have_different_packages() {
    let names: BTreeSet<String> = platform::ALL.iter().map(Platform::npm_package).collect();
    assert_eq!(names.len(), platform::ALL.len());
}
