//! How does a file change all at once? Temporary file 0600 beside it, write, fsync, rename, fsync the directory.
//!
//! A process that is killed meanwhile leaves its temporary file; whoever writes next in that folder takes it away.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::ownership;

/// Begins the name of every temporary file; the process's number follows.
const PREFIX: &str = ".aemkeys-";
/// Longer than any write of ours takes. Where several machines share a home, a process may live and not be seen.
const SURELY_OVER: Duration = Duration::from_hours(1);
const PERHAPS_OVER: Duration = Duration::from_secs(10);

/// Replaces `path`; a reader sees the old or the new content, also after a crash. The directory is made (0700) if missing.
/// Owner and mode of what is replaced stay.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = parent(path)?;
    make_private_directory(directory)?;
    sweep(directory);
    put(path, directory, content)
}

/// Replaces a file that a person named, for an output that is not secret. Only a regular file is replaced: behind a link
/// another file, or a device, would be.
pub fn replace_output(path: &Path, content: &[u8]) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a link, a folder or a device of this name is there, and only a regular file is replaced",
        )),
        _ => put(path, parent(path)?, content),
    }
}

/// Another name of the file that was there, as a hard link is one, still leads to the old content.
fn put(path: &Path, directory: &Path, content: &[u8]) -> io::Result<()> {
    // Created 0600 by the library; removed again if anything below fails.
    let mut file = tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}-", std::process::id()))
        .tempfile_in(directory)?;
    file.write_all(content)?;
    ownership::keep(file.as_file(), path, directory)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    sync_directory(directory)
}

/// Writes a new file, mode 0600; fails if there is one. Under its own name from the start: what is written is not to lie
/// anywhere else, whatever happens.
pub fn create_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = parent(path)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    let written = ownership::adopt(&file, directory)
        .and_then(|()| file.write_all(content))
        .and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written {
        // Half a secret is of no use to anybody but a thief.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    sync_directory(directory)
}

/// Takes away what killed processes left in this folder; how many files it were. What is not surely over stays.
pub fn sweep(directory: &Path) -> usize {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| is_left_behind(&entry.path()).unwrap_or(false))
        .filter(|entry| fs::remove_file(entry.path()).is_ok())
        .count()
}

fn is_left_behind(path: &Path) -> Option<bool> {
    let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() {
        return Some(false);
    }
    let age = SystemTime::now()
        .duration_since(metadata.modified().ok()?)
        .unwrap_or_default();
    let owner = name.split_once('-').and_then(|(pid, _)| pid.parse().ok());
    Some(age > SURELY_OVER || (age > PERHAPS_OVER && owner.is_some_and(has_ended)))
}

#[cfg(unix)]
fn has_ended(pid: i32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

/// Its age tells.
#[cfg(not(unix))]
fn has_ended(_: i32) -> bool {
    false
}

/// 0700: names and dates are nobody else's business. One of ours that others may look into is closed.
pub fn make_private_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        close(directory);
        return Ok(());
    }
    let above = parent(directory)?;
    make_private_directory_above(above)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    match builder.create(directory) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(error) => Err(error),
        #[cfg(unix)]
        Ok(()) => ownership::adopt(&fs::File::open(directory)?, above),
        #[cfg(not(unix))]
        Ok(()) => Ok(()),
    }
}

/// Those above are not closed: they may be anybody's.
fn make_private_directory_above(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    make_private_directory(directory)
}

/// Only folders that bear our name: a configuration may be linked to a folder where somebody keeps all of them.
#[cfg(unix)]
fn close(directory: &Path) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let ours = |path: Option<&Path>| path.and_then(Path::file_name) == Some("aemkeys".as_ref());
    if !ours(Some(directory)) && !ours(directory.parent()) {
        return;
    }
    if let Ok(metadata) = fs::symlink_metadata(directory)
        && metadata.is_dir()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o077 != 0
    {
        // What is read-only stays so.
        let mode = metadata.mode() & 0o700;
        let _ = fs::set_permissions(directory, fs::Permissions::from_mode(mode));
    }
}

#[cfg(not(unix))]
fn close(_: &Path) {}

fn parent(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(parent) => Ok(parent),
        None => Err(io::Error::from(io::ErrorKind::InvalidInput)),
    }
}

/// Without this a crash of the machine could undo the rename.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_output_replaces_a_regular_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("other"), b"other").unwrap();
        std::os::unix::fs::symlink("other", at("link")).unwrap();
        std::os::unix::fs::symlink("missing", at("broken")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        drop(std::os::unix::net::UnixListener::bind(at("socket")).unwrap());
        for name in ["link", "broken", "folder", "socket"] {
            let before = fs::symlink_metadata(at(name)).unwrap().file_type();
            assert!(replace_output(&at(name), b"new").is_err(), "{name}");
            let after = fs::symlink_metadata(at(name)).unwrap().file_type();
            assert_eq!(before, after, "{name}");
        }
        replace_output(&at("other"), b"new").unwrap();
        assert_eq!(fs::read(at("other")).unwrap(), b"new");
        assert!(!at("missing").exists());
    }

    #[test]
    fn replaces_and_refuses_to_overwrite() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/file");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(create_new(&path, b"three").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/file");
        replace(&path, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[test]
    fn what_a_killed_process_left_is_swept_and_what_may_be_at_work_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let make = |name: &str, age: Duration| {
            let path = directory.path().join(name);
            let file = fs::File::create(&path).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
            path
        };
        // No process has so high a number.
        let (minute, day) = (Duration::from_mins(1), Duration::from_hours(24));
        let dead = make(".aemkeys-999999999-a", minute);
        let old = make(".aemkeys-abcdef", day);
        let stay = [
            make(&format!(".aemkeys-{}-a", std::process::id()), minute),
            make(".aemkeys-999999999-b", Duration::ZERO),
            make(".aemkeys-abcdef2", minute),
            make("other", day),
        ];
        replace(&directory.path().join("file"), b"x").unwrap();
        assert!(!old.exists());
        assert_eq!(dead.exists(), cfg!(not(unix)));
        for path in stay {
            assert!(path.exists(), "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_private_from_its_first_byte_and_lies_nowhere_else() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new");
        create_new(&path, b"secret").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(directory.path().join("elsewhere"), &link).unwrap();
        assert!(create_new(&link, b"secret").is_err());
        assert!(!directory.path().join("elsewhere").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_of_ours_is_closed_and_anothers_is_left_as_it_is() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        for (name, mode) in [
            ("aemkeys", 0o700),
            ("aemkeys/locks", 0o700),
            ("dotfiles", 0o755),
        ] {
            let folder = directory.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
            replace(&folder.join("file"), b"x").unwrap();
            let now = fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
            assert_eq!(now, mode, "{name}");
        }
    }
}
