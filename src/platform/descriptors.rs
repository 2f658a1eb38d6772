//! File descriptors that this process was started with. No child inherits them, except the program that `exec` runs: it
//! gets those that the shell opened. A descriptor with a passphrase is never passed on.

use std::fs::File;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a program gets the descriptors that the shell has opened.
pub const PASSED_ON: bool = cfg!(unix);

/// Descriptors that were open at the start without close-on-exec and hold no passphrase.
static INHERITED: Mutex<Vec<i32>> = Mutex::new(Vec::new());
static STDIN_HELD_PASSPHRASE: AtomicBool = AtomicBool::new(false);

/// Makes every descriptor after standard error close-on-exec. Called first by main.
pub fn close_all_on_exec() {
    let mut inherited = inherited();
    for number in flags::open() {
        if number > 2 && flags::set_close_on_exec(number, true) {
            inherited.push(number);
        }
    }
}

/// Undoes [`close_all_on_exec`] for the program that takes the place of this process.
pub(super) fn restore_inherited() {
    for number in inherited().drain(..) {
        flags::set_close_on_exec(number, false);
    }
}

/// Returns whether standard input held a passphrase, so that what is left of it may be a part of it.
pub(super) fn stdin_held_passphrase() -> bool {
    STDIN_HELD_PASSPHRASE.load(Ordering::Relaxed)
}

fn inherited() -> std::sync::MutexGuard<'static, Vec<i32>> {
    INHERITED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The number of an open descriptor with a passphrase. Parsing is the only constructor, and makes the descriptor
/// close-on-exec, so that no child inherits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseDescriptor(i32);

impl PassphraseDescriptor {
    pub fn parse(text: &str) -> Result<Self, String> {
        if !PASSED_ON {
            return Err(
                "Windows passes no descriptors on; set `passphrase_command` in config.toml"
                    .to_owned(),
            );
        }
        let number = text
            .parse::<i32>()
            .ok()
            .filter(|number| *number >= 0)
            .ok_or("expected the number of an open file descriptor, such as 3")?;
        match number {
            0 => STDIN_HELD_PASSPHRASE.store(true, Ordering::Relaxed),
            1 | 2 => return Err("1 and 2 are standard output and standard error".to_owned()),
            _ => {
                inherited().retain(|known| *known != number);
                flags::set_close_on_exec(number, true);
            }
        }
        Ok(Self(number))
    }

    /// Opens the descriptor. Fails with `NotFound` if none with this number is open.
    pub fn open(self) -> io::Result<File> {
        File::open(format!("/dev/fd/{}", self.0))
    }
}

impl std::fmt::Display for PassphraseDescriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(unix)]
mod flags {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};

    pub fn open() -> Vec<i32> {
        let folder = if cfg!(target_os = "linux") {
            "/proc/self/fd"
        } else {
            "/dev/fd"
        };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    }

    /// Sets the flag. Returns whether it was different before.
    pub fn set_close_on_exec(number: i32, wanted: bool) -> bool {
        let Ok(bits) = fcntl(number, FcntlArg::F_GETFD) else {
            return false;
        };
        let before = FdFlag::from_bits_retain(bits);
        let mut after = before;
        after.set(FdFlag::FD_CLOEXEC, wanted);
        after != before && fcntl(number, FcntlArg::F_SETFD(after)).is_ok()
    }
}

/// On Windows handles are not inherited by default.
#[cfg(not(unix))]
mod flags {
    pub fn open() -> Vec<i32> {
        Vec::new()
    }

    pub fn set_close_on_exec(_: i32, _: bool) -> bool {
        false
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn parsing_makes_a_passphrase_descriptor_close_on_exec() {
        let file = File::open("/dev/null").unwrap();
        let number = file.as_raw_fd();
        flags::set_close_on_exec(number, false);
        inherited().push(number);
        PassphraseDescriptor::parse(&number.to_string()).unwrap();
        assert!(!inherited().contains(&number));
        assert!(
            !flags::set_close_on_exec(number, true),
            "it was not close-on-exec"
        );
    }

    #[test]
    fn invalid_passphrase_descriptors_are_refused() {
        for text in ["", "-1", "x", "1", "2", "99999999999", "3 "] {
            assert!(PassphraseDescriptor::parse(text).is_err(), "{text:?}");
        }
        let closed = PassphraseDescriptor::parse("987654").unwrap();
        assert_eq!(closed.open().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
