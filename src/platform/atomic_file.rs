//! Atomic file replacement: create a temporary file (0600) in the same directory, write, fsync, rename, fsync the
//! directory.
//!
//! A process that is killed in between leaves its temporary file behind; the next write in that directory removes it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::ownership;

/// Bytes of a file that are in memory while it is written.
const BUFFER: usize = 64 * 1024;
/// The prefix of every temporary file, followed by the process id.
const PREFIX: &str = ".aemkeys-";
/// The age at which a temporary file is stale even if its process seems to run: the id may be reused, and on a home that
/// several machines share, the process may run on another one.
const STALE_AGE: Duration = Duration::from_hours(1);
/// The age at which a temporary file is stale if its process has ended.
const MIN_STALE_AGE: Duration = Duration::from_secs(10);

/// Replaces `path` atomically: a reader sees the old or the new content, even after a crash. Creates the directory (0700)
/// if missing. Keeps the owner and mode of the replaced file.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(content))
}

/// Like [`replace`], for content that is written piece by piece.
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    let directory = parent(path)?;
    make_private_directory(directory)?;
    remove_stale(directory);
    write_and_rename(path, directory, write, 0o600)
}

/// Replaces an output file that the user named and that is not secret. Refuses anything but a regular file, because a
/// link could point to another file or a device. Others may read it as far as the umask allows.
pub fn replace_output(path: &Path, content: &[u8]) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it exists and is not a regular file",
        )),
        _ => write_and_rename(path, parent(path)?, |file| file.write_all(content), 0o666),
    }
}

/// Fails if no file can be written in this folder, which is created if missing.
pub fn check_writable(directory: &Path) -> io::Result<()> {
    make_private_directory(directory)?;
    tempfile::Builder::new()
        .prefix(PREFIX)
        .tempfile_in(directory)?
        .close()
}

/// Writes a temporary file and renames it to `path`. Other hard links to the replaced file keep the old content.
#[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has a mode"))]
fn write_and_rename(
    path: &Path,
    directory: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    mode: u32,
) -> io::Result<()> {
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    // `tempfile` removes it if anything below fails.
    let file = builder.tempfile_in(directory)?;
    let mut buffer = BufWriter::with_capacity(BUFFER, file.as_file());
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    ownership::keep(file.as_file(), path, directory)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    sync_directory(directory)
}

/// Writes a new file that only its owner can read; fails if it exists. Writes under the final name, so that a crash leaves no
/// copy under another name.
pub fn create_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = parent(path)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    let written = ownership::adopt(&file, directory)
        .and_then(|()| ownership::make_private(file, path))
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()));
    if let Err(error) = written {
        // Remove the partial file.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    sync_directory(directory)
}

/// Removes the temporary files that killed processes left in this directory. Returns their number.
pub fn remove_stale(directory: &Path) -> usize {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| is_stale(&entry.path()).unwrap_or(false))
        .filter(|entry| fs::remove_file(entry.path()).is_ok())
        .count()
}

fn is_stale(path: &Path) -> Option<bool> {
    let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() {
        return Some(false);
    }
    let age = SystemTime::now()
        .duration_since(metadata.modified().ok()?)
        .unwrap_or_default();
    let owner = name.split_once('-').and_then(|(pid, _)| pid.parse().ok());
    Some(age > STALE_AGE || (age > MIN_STALE_AGE && owner.is_some_and(is_dead)))
}

#[cfg(unix)]
fn is_dead(pid: i32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

/// Unknown on this system; only the age of the file counts.
#[cfg(not(unix))]
fn is_dead(_: i32) -> bool {
    false
}

/// Creates a directory with mode 0700 if missing. Restricts an existing directory of aemkeys to its owner.
pub fn make_private_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        restrict(directory);
        return Ok(());
    }
    let above = parent(directory)?;
    make_private_directory_above(above)?;
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has a mode to set"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(directory) {
        // Another process created it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(error) => Err(error),
        #[cfg(unix)]
        Ok(()) => ownership::adopt(&fs::File::open(directory)?, above),
        #[cfg(not(unix))]
        Ok(()) => Ok(()),
    }
}

/// Creates missing parent directories. Does not restrict existing ones, which may serve other programs.
fn make_private_directory_above(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    make_private_directory(directory)
}

/// Removes the permissions of group and others, but only from directories named `aemkeys` and their children: the
/// configuration may be a link into a shared directory such as a dotfiles repository.
#[cfg(unix)]
fn restrict(directory: &Path) {
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
        // Keeps a read-only directory read-only.
        let mode = metadata.mode() & 0o700;
        let _ = fs::set_permissions(directory, fs::Permissions::from_mode(mode));
    }
}

#[cfg(not(unix))]
fn restrict(_: &Path) {}

fn parent(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(parent) => Ok(parent),
        None => Err(io::Error::from(io::ErrorKind::InvalidInput)),
    }
}

/// Makes the rename survive a power failure.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix part")]
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
    fn replace_overwrites_and_create_new_does_not() {
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
    fn files_and_directories_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/file");
        replace(&path, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[test]
    fn stale_temporary_files_are_removed_and_others_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let make = |name: &str, age: Duration| {
            let path = directory.path().join(name);
            let file = fs::File::create(&path).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
            path
        };
        // 999999999 exceeds the highest process id.
        let (minute, day) = (Duration::from_mins(1), Duration::from_hours(24));
        let dead = make(".aemkeys-999999999-a", minute);
        let old = make(".aemkeys-abcdef", day);
        let kept = [
            make(&format!(".aemkeys-{}-a", std::process::id()), minute),
            make(".aemkeys-999999999-b", Duration::ZERO),
            make(".aemkeys-abcdef2", minute),
            make("other", day),
        ];
        replace(&directory.path().join("file"), b"x").unwrap();
        assert!(!old.exists());
        assert_eq!(dead.exists(), cfg!(not(unix)));
        for path in kept {
            assert!(path.exists(), "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn create_new_makes_a_private_file_and_follows_no_link() {
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
    fn only_directories_of_aemkeys_are_restricted() {
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
