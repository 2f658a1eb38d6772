//! Owners of files that are created or replaced, and detection of files that other users can write.
//!
//! Root may run the program with another user's home (`sudo`). A file that root creates gets the owner of its folder, and
//! one that root replaces keeps its owner, so that the user can still read and write it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// Gives `file`, which will be renamed to `path`, the owner and mode of the file at `path`, or else the folder's owner.
pub fn keep(file: &File, path: &Path, folder: &Path) -> io::Result<()> {
    system::keep(file, path, folder)
}

/// Gives a new file or folder the owner of the folder it was created in.
pub fn adopt(file: &File, folder: &Path) -> io::Result<()> {
    system::adopt(file, folder)
}

/// Lets only the owner of a new, empty file read it. Unix creates files with such a mode.
pub fn make_private(file: File, path: &Path) -> io::Result<File> {
    system::make_private(file, path)
}

/// Opens a file of aemkeys for reading and writing; creates it with mode 0600 if missing. Refuses links.
pub fn open_or_create(path: &Path, folder: &Path) -> io::Result<File> {
    match system::options().create_new(true).open(path) {
        Ok(file) => {
            adopt(&file, folder)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open(path),
        Err(error) => Err(error),
    }
}

/// Opens an existing file of aemkeys for reading and writing. Refuses links.
pub fn open(path: &Path) -> io::Result<File> {
    let file = system::options().open(path)?;
    system::refuse_link(&file)?;
    Ok(file)
}

/// Returns the owner of `folder` if this process is root and the owner is not.
pub fn served_by_root(folder: &Path) -> Option<u32> {
    system::served_by_root(folder)
}

/// A file or folder that users other than this one and root can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    pub path: PathBuf,
    /// For example "belongs to user 1001" or "can be written by its group (mode 664)".
    pub why: String,
    /// The command that removes the access.
    pub fix: String,
}

impl Exposed {
    /// Returns the path and the reason.
    pub fn description(&self) -> String {
        format!(
            "{} {}",
            clean(&self.path.display().to_string(), 300),
            self.why
        )
    }

    /// The error for a setting that the file decides.
    pub fn refused(&self, what: &str) -> Problem {
        Problem::new(
            Code::ConfigurationExposed,
            format!("refused to use {what}, because another user could have changed it"),
        )
        .cause(self.description())
        .next_step(format!("check the file, then run {}", self.fix))
    }
}

/// Returns what lets other users change the file at `path`: the file, its folder, the folders of symbolic links to it, or
/// a parent folder that everybody can write.
pub fn exposed(path: &Path) -> Option<Exposed> {
    system::exposed(path)
}

/// Returns what lets other users read a secret in an open file or pipe, or replace it.
pub fn exposed_secret(file: &File, path: &Path) -> io::Result<Option<Exposed>> {
    Ok(system::readable(&file.metadata()?, path).or_else(|| exposed(path)))
}

/// Returns the folder of each symbolic link on the way to the file, the file's folder, and the file.
#[cfg(unix)]
fn link_chain(path: &Path) -> Vec<PathBuf> {
    /// The limit of the Linux kernel.
    const MAX_LINKS: usize = 40;
    let mut chain = Vec::new();
    let mut here = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let folder = here.parent().unwrap_or(Path::new("/")).to_path_buf();
        let Ok(target) = fs::read_link(&here) else {
            chain.extend([folder, here]);
            break;
        };
        here = folder.join(target);
        chain.push(folder);
    }
    chain
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

    use rustix::fs::{Gid, OFlags, Uid, fchown};
    use rustix::process::geteuid;

    use super::{Exposed, File, Path, fs, io, link_chain};
    use aemkeys_core::credential::shell;

    pub fn keep(file: &File, path: &Path, folder: &Path) -> io::Result<()> {
        let old = match fs::symlink_metadata(path) {
            Ok(old) if old.is_file() => old,
            _ => return adopt(file, folder),
        };
        change_owner(file, old.uid(), old.gid())?;
        // If the owner changed, the old mode could let the old owner write the file.
        if file.metadata()?.uid() == old.uid() {
            file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o777))?;
        }
        Ok(())
    }

    pub fn adopt(file: &File, folder: &Path) -> io::Result<()> {
        let folder = fs::metadata(folder)?;
        change_owner(file, folder.uid(), folder.gid())
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the signature of the Windows part"
    )]
    pub fn make_private(file: File, _: &Path) -> io::Result<File> {
        Ok(file)
    }

    /// Changes the owner if this process is root. Other users neither can nor need to.
    fn change_owner(file: &File, uid: u32, gid: u32) -> io::Result<()> {
        let now = file.metadata()?;
        if !geteuid().is_root() || (now.uid(), now.gid()) == (uid, gid) {
            return Ok(());
        }
        fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid))).map_err(|error| {
            io::Error::new(
                io::Error::from(error).kind(),
                format!(
                    "root could not change its owner to user {uid}, who would lose access ({error}); run aemkeys as that user"
                ),
            )
        })
    }

    pub fn options() -> fs::OpenOptions {
        let mut options = fs::OpenOptions::new();
        options
            .read(true)
            .write(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        options
    }

    pub fn refuse_link(file: &File) -> io::Result<()> {
        let metadata = file.metadata()?;
        if metadata.is_file() && metadata.nlink() == 1 {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a hard link, or not a regular file",
        ))
    }

    pub fn served_by_root(folder: &Path) -> Option<u32> {
        let owner = fs::metadata(folder).ok()?.uid();
        (geteuid().is_root() && owner != 0).then_some(owner)
    }

    pub fn readable(metadata: &fs::Metadata, path: &Path) -> Option<Exposed> {
        let mode = metadata.mode() & 0o7777;
        // systemd gives a service its credentials through an access list, which shows as the group's permission.
        let is_credential = std::env::var_os("CREDENTIALS_DIRECTORY")
            .is_some_and(|folder| !folder.is_empty() && path.starts_with(folder))
            && (metadata.uid(), metadata.gid(), mode & 0o077) == (0, 0, 0o040);
        let others = mode & 0o077;
        if others == 0 || is_credential {
            return None;
        }
        let who = if mode & 0o007 != 0 {
            "everybody"
        } else {
            "its group"
        };
        let quoted = shell::quoted(&path.to_string_lossy());
        Some(Exposed {
            path: path.to_path_buf(),
            why: format!("can be used by {who} (mode {mode:o})"),
            fix: format!("`chmod go= {quoted}`"),
        })
    }

    pub fn exposed(path: &Path) -> Option<Exposed> {
        let near = link_chain(path).into_iter().find_map(|met| {
            let metadata = fs::metadata(&met).ok()?;
            let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
            let us = geteuid().as_raw();
            let quoted = shell::quoted(&met.to_string_lossy());
            let (why, fix) = if owner != us && owner != 0 {
                let fix = if us == 0 {
                    format!("`chown root {quoted}` (or run aemkeys as user {owner})")
                } else {
                    format!("`sudo chown {us} {quoted}`")
                };
                (format!("belongs to user {owner}"), fix)
            } else if mode & 0o022 != 0 {
                let who = if mode & 0o002 != 0 {
                    "everybody"
                } else {
                    "its group"
                };
                let why = format!("can be written by {who} (mode {mode:o})");
                (why, format!("`chmod go-w {quoted}`"))
            } else {
                return None;
            };
            Some(Exposed {
                path: met,
                why,
                fix,
            })
        });
        near.or_else(|| {
            let real = fs::canonicalize(path).ok()?;
            real.ancestors().skip(2).find_map(|folder| {
                let mode = fs::metadata(folder).ok()?.mode() & 0o7777;
                // In a sticky folder users can only rename their own files.
                (mode & 0o1002 == 0o0002).then(|| Exposed {
                    path: folder.to_path_buf(),
                    why: format!("can be written by everybody (mode {mode:o})"),
                    fix: format!(
                        "`chmod o-w {quoted}`",
                        quoted = shell::quoted(&folder.to_string_lossy())
                    ),
                })
            })
        })
    }
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the signatures of the Unix part")]
mod system {
    use super::{Exposed, File, Path, fs, io};

    pub fn keep(_: &File, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    pub fn adopt(_: &File, _: &Path) -> io::Result<()> {
        Ok(())
    }

    /// A new file has the access list of its folder. Opened again for this process alone, so that nobody who has opened it in
    /// between can read it later.
    pub fn make_private(file: File, path: &Path) -> io::Result<File> {
        use std::os::windows::fs::OpenOptionsExt as _;
        drop(file);
        crate::platform::process::restrict_to_owner(path)?;
        fs::OpenOptions::new().write(true).share_mode(0).open(path)
    }

    pub fn options() -> fs::OpenOptions {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true);
        options
    }

    pub fn refuse_link(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub fn served_by_root(_: &Path) -> Option<u32> {
        None
    }

    pub fn readable(_: &fs::Metadata, _: &Path) -> Option<Exposed> {
        None
    }

    pub fn exposed(_: &Path) -> Option<Exposed> {
        None
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        let set = fs::set_permissions(path, fs::Permissions::from_mode(mode));
        assert!(set.is_ok(), "{}", path.display());
    }

    #[test]
    fn writable_files_are_reported_with_the_command_that_fixes_them() {
        let folder = tempfile::tempdir().unwrap();
        let ours = folder.path().join("a folder");
        fs::create_dir(&ours).unwrap();
        set_mode(&ours, 0o755);
        let file = ours.join("config.toml");
        fs::write(&file, "x").unwrap();
        set_mode(&file, 0o644);
        assert_eq!(exposed(&file), None);
        for (path, mode, who) in [
            (&file, 0o664, "its group"),
            (&file, 0o646, "everybody"),
            (&ours, 0o775, "its group"),
            (&ours, 0o1777, "everybody"),
        ] {
            let before = fs::metadata(path).unwrap().mode();
            set_mode(path, mode);
            let found = exposed(&file).unwrap();
            assert_eq!(&found.path, path);
            assert!(found.why.contains(who), "{found:?}");
            assert!(found.fix.starts_with("`chmod go-w '"), "{found:?}");
            set_mode(path, before);
        }
        assert_eq!(exposed(&file), None);
    }

    #[test]
    fn secrets_that_others_can_use_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("word");
        fs::write(&file, "x").unwrap();
        let found = |mode: u32| {
            set_mode(&file, mode);
            exposed_secret(&File::open(&file).unwrap(), &file).unwrap()
        };
        for mode in [0o400, 0o600, 0o700] {
            assert_eq!(found(mode), None, "{mode:o}");
        }
        for mode in [
            0o640, 0o620, 0o660, 0o604, 0o602, 0o601, 0o644, 0o777, 0o440,
        ] {
            let found = found(mode).unwrap();
            assert!(found.fix.starts_with("`chmod go= '") || found.fix.starts_with("`chmod go= /"));
        }
        set_mode(&file, 0o600);
        set_mode(folder.path(), 0o770);
        assert!(found(0o600).is_some(), "others can replace it");
    }

    #[test]
    fn folders_of_symbolic_links_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let made = folder.path().join(name);
            fs::create_dir(&made).unwrap();
            set_mode(&made, 0o755);
            made
        };
        let (one, two, three) = (make("one"), make("two"), make("three"));
        fs::write(three.join("real"), "x").unwrap();
        set_mode(&three.join("real"), 0o600);
        symlink("../two/link", one.join("config.toml")).unwrap();
        symlink(three.join("real"), two.join("link")).unwrap();
        let file = one.join("config.toml");
        assert_eq!(exposed(&file), None);
        for path in [&one, &two, &three, &three.join("real")] {
            set_mode(path, 0o777);
            assert!(exposed(&file).is_some(), "{}", path.display());
            set_mode(path, 0o755);
        }
        let above = make("above");
        fs::create_dir(above.join("in")).unwrap();
        fs::write(above.join("in/file"), "x").unwrap();
        set_mode(&above, 0o777);
        assert!(exposed(&above.join("in/file")).is_some());
        set_mode(&above, 0o1777);
        assert_eq!(exposed(&above.join("in/file")), None);
    }

    #[test]
    fn files_of_other_users_are_exposed_and_those_of_root_are_not() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "x").unwrap();
        assert_eq!(exposed(&file), None);
        std::os::unix::fs::chown(&file, Some(12345), None).unwrap();
        assert_eq!(exposed(&file).unwrap().why, "belongs to user 12345");
    }

    #[test]
    fn links_are_not_opened_for_writing() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "x").unwrap();
        let (soft, hard) = (folder.path().join("soft"), folder.path().join("hard"));
        symlink(&other, &soft).unwrap();
        fs::hard_link(&other, &hard).unwrap();
        for link in [&soft, &hard] {
            assert!(open(link).is_err());
            assert!(open_or_create(link, folder.path()).is_err());
        }
        fs::remove_file(&hard).unwrap();
        open(&other).unwrap();
    }
}
