//! Detects whether git tracks a file, by reading the repository's index. Does not run git, because a repository's
//! configuration can make git run a program.
//!
//! Reads only `.git`, the existence of `HEAD`, and the index, each with a size limit. The format is described in
//! `gitformat-index(5)`; versions 2 to 4 are supported.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The index of a repository with a million files has about 100 MB.
const MAX_INDEX_BYTES: u64 = 256 * 1024 * 1024;
/// A `.git` file holds one path.
const MAX_LINK_BYTES: u64 = 8 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// Not in a repository, or not in its index.
    Untracked,
    Tracked,
    /// In a repository whose index cannot be read.
    Unknown,
}

/// Returns whether git tracks the file.
pub fn tracking(file: &Path) -> Tracking {
    let Some((folder, name)) = file.parent().zip(file.file_name()) else {
        return Tracking::Untracked;
    };
    // Only the folder is resolved: the file may be a link, which git tracks as a link.
    let Ok(folder) = fs::canonicalize(folder) else {
        return Tracking::Untracked;
    };
    for root in folder.ancestors() {
        match git_folder(root) {
            Ok(None) => {}
            Ok(Some(git)) => {
                let inside = folder.strip_prefix(root).unwrap_or(&folder).join(name);
                return lookup(&git, &path_in_index(&inside)).unwrap_or(Tracking::Unknown);
            }
            Err(_) => return Tracking::Unknown,
        }
    }
    Tracking::Untracked
}

/// Returns `None` if `root` is not the top of a working tree.
fn git_folder(root: &Path) -> io::Result<Option<PathBuf>> {
    let git = root.join(".git");
    let Ok(metadata) = fs::metadata(&git) else {
        return Ok(None);
    };
    if metadata.is_dir() {
        // Like git: without a HEAD it is not a repository.
        return Ok(git.join("HEAD").symlink_metadata().is_ok().then_some(git));
    }
    // A worktree or a submodule.
    let text = read(&git, MAX_LINK_BYTES)?;
    let text = String::from_utf8(text).map_err(|_| io::ErrorKind::InvalidData)?;
    let target = text
        .strip_prefix("gitdir: ")
        .map(|path| path.trim_end_matches(['\n', '\r']))
        .ok_or(io::ErrorKind::InvalidData)?;
    // Opening a Windows share would send it the user's password hash.
    if cfg!(windows) && (target.starts_with("\\\\") || target.starts_with("//")) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let git = root.join(target);
    git.join("HEAD").symlink_metadata()?;
    Ok(Some(git))
}

/// Returns the path with `/` as separator, as in the index.
fn path_in_index(path: &Path) -> Vec<u8> {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().as_encoded_bytes())
        .collect();
    parts.join(&b'/')
}

fn lookup(git: &Path, path: &[u8]) -> io::Result<Tracking> {
    let bytes = match read(&git.join("index"), MAX_INDEX_BYTES) {
        // No file was ever added.
        Err(error) if error.kind() == io::ErrorKind::NotFound && git.is_dir() => {
            return Ok(Tracking::Untracked);
        }
        bytes => bytes?,
    };
    let found = search(&bytes, path).ok_or(io::ErrorKind::InvalidData)?;
    let mut tracked = found.tracked;
    if let Some(shared) = found.shared.filter(|_| !tracked) {
        // In a split index most entries are in a second file. An entry deleted since then still counts as tracked.
        let bytes = read(&git.join(format!("sharedindex.{shared}")), MAX_INDEX_BYTES)?;
        tracked = search(&bytes, path)
            .ok_or(io::ErrorKind::InvalidData)?
            .tracked;
    }
    Ok(if tracked {
        Tracking::Tracked
    } else {
        Tracking::Untracked
    })
}

/// Reads a regular file. Opening a pipe could block forever.
fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

struct IndexSearch {
    tracked: bool,
    /// The name of the file with the other entries of a split index.
    shared: Option<String>,
}

/// Returns `None` if the bytes are not an index. Whether object ids have 20 or 32 bytes is only in the configuration, so
/// both are tried: with the wrong length an index does not parse.
fn search(bytes: &[u8], path: &[u8]) -> Option<IndexSearch> {
    [20, 32]
        .into_iter()
        .find_map(|id_length| search_with(bytes, path, id_length))
}

fn search_with(bytes: &[u8], path: &[u8], id_length: usize) -> Option<IndexSearch> {
    let end = bytes.len().checked_sub(id_length)?;
    let mut rest = Cursor(bytes.get(..end)?);
    if rest.take(4)? != b"DIRC" {
        return None;
    }
    let version = rest.number()?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let count = rest.number()?;
    let mut found = IndexSearch {
        tracked: false,
        shared: None,
    };
    let mut name = Vec::new();
    for _ in 0..count {
        let before = rest.0.len();
        // Times, device, inode, mode, owner and size: ten numbers.
        rest.take(40 + id_length)?;
        let flags = u16::from_be_bytes(rest.take(2)?.try_into().ok()?);
        if flags & 0x4000 != 0 {
            if version < 3 {
                return None;
            }
            rest.take(2)?;
        }
        if version == 4 {
            let cut = rest.variable_width()?;
            name.truncate(name.len().checked_sub(cut)?);
            name.extend_from_slice(rest.until_nul()?);
        } else {
            name.clear();
            name.extend_from_slice(rest.until_nul()?);
            // One to eight NULs terminate an entry; the first one is consumed already.
            let padding = (8 - (before - rest.0.len() - 1) % 8) - 1;
            if rest.take(padding)?.iter().any(|byte| *byte != 0) {
                return None;
            }
        }
        let length = usize::from(flags & 0x0fff);
        if length != name.len().min(0x0fff) {
            return None;
        }
        found.tracked |= is_same(&name, path);
    }
    // The rest must consist of complete extensions.
    while !rest.0.is_empty() {
        let signature = rest.take(4)?;
        let length = usize::try_from(rest.number()?).ok()?;
        let content = rest.take(length)?;
        if signature == b"link" {
            let id = content.get(..id_length)?;
            let is_none = id.iter().all(|byte| *byte == 0);
            found.shared = (!is_none).then(|| hexadecimal(id));
        }
    }
    Some(found)
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Compares paths, ignoring case on macOS and Windows, whose default file systems do.
fn is_same(name: &[u8], path: &[u8]) -> bool {
    name == path || (cfg!(any(windows, target_os = "macos")) && name.eq_ignore_ascii_case(path))
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Consumes the NUL, too.
    fn until_nul(&mut self) -> Option<&'a [u8]> {
        let length = self.0.iter().position(|byte| *byte == 0)?;
        let taken = self.take(length)?;
        self.take(1)?;
        Some(taken)
    }

    /// Parses an offset as in pack files: seven bits per byte, where longer encodings start after the shorter ones.
    fn variable_width(&mut self) -> Option<usize> {
        let mut byte = *self.take(1)?.first()?;
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = *self.take(1)?.first()?;
            value = value
                .checked_add(1)?
                .checked_mul(128)?
                .checked_add(usize::from(byte & 0x7f))?;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Runs git without this machine's configuration. Returns false, and prints that, if git is not installed.
    fn git(folder: &Path, arguments: &[&str]) -> bool {
        let outcome = Command::new("git")
            .current_dir(folder)
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_DIR")
            .output();
        let Ok(output) = outcome else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI has git");
            println!("skipped: git is not installed");
            return false;
        };
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        true
    }

    /// Whoever opens a pipe waits for somebody to write: here one does, an index that would be believed.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_index_that_is_a_pipe_is_not_opened() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};

        let folder = tempfile::tempdir().unwrap();
        let file = write(folder.path(), "secret.json");
        if !git(folder.path(), &["init", "-q"]) {
            return;
        }
        git(folder.path(), &["add", "secret.json"]);
        assert_eq!(tracking(&file), Tracking::Tracked);
        let index = folder.path().join(".git/index");
        let bytes = fs::read(&index).unwrap();
        fs::remove_file(&index).unwrap();
        mknodat(CWD, &index, FileType::Fifo, Mode::RWXU, 0).unwrap();
        let pipe = index.clone();
        let writer = std::thread::spawn(move || fs::write(pipe, bytes));
        assert_eq!(tracking(&file), Tracking::Unknown);
        // Lets the writer end.
        fs::read(&index).unwrap();
        writer.join().unwrap().unwrap();
    }

    fn write(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        path
    }

    #[test]
    fn all_index_versions_and_kinds_are_read() {
        let long = format!("{}/{}", "d".repeat(200), "f".repeat(200));
        for (setup, version) in [
            (&["init", "-q"][..], "2"),
            (&["init", "-q"], "3"),
            (&["init", "-q"], "4"),
            (&["init", "-q", "--object-format=sha256"], "2"),
            (&["init", "-q", "--object-format=sha256"], "4"),
        ] {
            for split in [false, true] {
                let folder = tempfile::tempdir().unwrap();
                let folder = folder.path();
                if !git(folder, setup) {
                    return;
                }
                let names = ["a", "key.json", "sub/key.json", "sub/deep/ö 1", &long, "zz"];
                for name in names {
                    let file = write(folder, name);
                    assert_eq!(tracking(&file), Tracking::Untracked, "{name}");
                }
                git(folder, &["add", "--", "a", "sub", &long]);
                git(folder, &["add", "-N", "zz"]);
                git(folder, &["update-index", "--index-version", version]);
                if split {
                    git(folder, &["update-index", "--split-index"]);
                    write(folder, "later");
                    git(folder, &["add", "later"]);
                    assert_eq!(tracking(&folder.join("later")), Tracking::Tracked);
                }
                for name in names {
                    let expected = if name == "key.json" {
                        Tracking::Untracked
                    } else {
                        Tracking::Tracked
                    };
                    let case = format!("{setup:?} {version} {split} {name}");
                    assert_eq!(tracking(&folder.join(name)), expected, "{case}");
                }
            }
        }
    }

    #[test]
    fn worktrees_are_read_and_incomplete_repositories_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let outside = write(folder, "outside");
        assert_eq!(tracking(&outside), Tracking::Untracked);
        let main = folder.join("main");
        fs::create_dir(&main).unwrap();
        if !git(&main, &["init", "-q", "-b", "main"]) {
            return;
        }
        let file = write(&main, "key.json");
        git(&main, &["add", "."]);
        git(&main, &["commit", "-q", "-m", "x"]);
        git(&main, &["worktree", "add", "-q", "../tree"]);
        let tree = folder.join("tree");
        assert_eq!(tracking(&tree.join("key.json")), Tracking::Tracked);
        assert_eq!(tracking(&write(&tree, "other")), Tracking::Untracked);
        // An incomplete repository inside another belongs to the outer one.
        fs::create_dir_all(main.join("sub/.git")).unwrap();
        assert_eq!(tracking(&write(&main, "sub/x")), Tracking::Untracked);
        fs::rename(&file, main.join("moved")).unwrap();
        assert_eq!(tracking(&main.join("moved")), Tracking::Untracked);
        assert_eq!(tracking(&folder.join("missing/file")), Tracking::Untracked);
    }

    #[test]
    fn damaged_index_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let file = write(folder, "key.json");
        for link in [
            "",
            "x",
            "gitdir: ",
            "gitdir: /nonexistent",
            "gitdir: /dev/null",
        ] {
            fs::write(folder.join(".git"), link).unwrap();
            assert_eq!(tracking(&file), Tracking::Unknown, "{link:?}");
        }
        fs::remove_file(folder.join(".git")).unwrap();
        write(folder, ".git/HEAD");
        assert_eq!(tracking(&file), Tracking::Untracked);
        for index in [
            &b""[..],
            b"DIRC",
            b"DIRC\0\0\0\x02\xff\xff\xff\xff aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            &[0xff; 4096],
        ] {
            fs::write(folder.join(".git/index"), index).unwrap();
            assert_eq!(tracking(&file), Tracking::Unknown, "{index:?}");
        }
        fs::remove_file(folder.join(".git/index")).unwrap();
        fs::create_dir(folder.join(".git/index")).unwrap();
        assert_eq!(tracking(&file), Tracking::Unknown);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(mut bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), version in 1u8..6, count in 0u8..4) {
            search(&bytes, b"key.json");
            let head = [b'D', b'I', b'R', b'C', 0, 0, 0, version, 0, 0, 0, count];
            bytes.splice(0..0, head);
            search(&bytes, b"key.json");
        }
    }
}
