//! Advisory file locks between processes, with a deadline and the holder's process id.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::atomic_file::make_private_directory;
use super::ownership::open_or_create;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// The longest wait for a lock: one exchange (30 s) plus a margin.
pub const DEADLINE: Duration = Duration::from_secs(35);

/// A held lock. Released on drop, and by the system when the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Acquires the lock, polling until `deadline` has passed. Blocking. The error names the holder's process id.
pub fn acquire(directory: &Path, name: &str, deadline: Duration) -> Result<Lock, Problem> {
    let failed = |error: std::io::Error| failure(&directory.join(name), &error);
    make_private_directory(directory).map_err(failed)?;
    let mut file = open_or_create(&directory.join(name), directory).map_err(failed)?;
    let began = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if began.elapsed() >= deadline => {
                return Err(held(name, &mut file));
            }
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
        }
    }
    // For the error message of other processes.
    let _ = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| write!(file, "{}", std::process::id()));
    Ok(Lock { _file: file })
}

fn failure(path: &Path, error: &std::io::Error) -> Problem {
    let shown = clean(&path.display().to_string(), 300);
    let (cause, fix) = if has_no_locks(error) {
        (
            format!(
                "the file system of this folder has no locks ({error}), as a network share without its lock service"
            ),
            "start the lock service of the share (for NFS: rpc.statd)",
        )
    } else {
        (error.to_string(), "make the folder writable")
    };
    let elsewhere = if cfg!(target_os = "linux") {
        ", or set XDG_STATE_HOME to a folder on a local disk"
    } else {
        ""
    };
    Problem::new(Code::LockFailed, format!("could not lock {shown}"))
        .cause(cause)
        .next_step(format!("{fix}{elsewhere}"))
}

#[cfg(unix)]
fn has_no_locks(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let errors = [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP];
    errors
        .iter()
        .any(|known| error.raw_os_error() == Some(known.raw_os_error()))
}

#[cfg(not(unix))]
fn has_no_locks(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::Unsupported
}

fn held(name: &str, file: &mut File) -> Problem {
    let mut text = String::new();
    let _ = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.take(20).read_to_string(&mut text));
    let holder = text.trim().parse::<u32>().map_or_else(
        |_| "another aemkeys".to_owned(),
        |pid| format!("another aemkeys (process {pid})"),
    );
    Problem::new(Code::LockHeld, format!("{holder} holds the lock {name}"))
        .cause("it is exchanging or storing a token, or it hangs")
        .next_step("wait for it or stop it, then try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn errors_name_the_file_and_the_way_out() {
        use rustix::io::Errno;
        for (error, fix) in [
            (Errno::NOLCK, "rpc.statd"),
            (Errno::NOSYS, "rpc.statd"),
            (Errno::OPNOTSUPP, "rpc.statd"),
            (Errno::ROFS, "writable"),
            (Errno::ACCESS, "writable"),
        ] {
            let problem = failure(Path::new("/home/x/state/locks/add"), &error.into());
            assert!(problem.message.contains("/home/x/state/locks/add"));
            let step = problem.next_step.unwrap().in_shell();
            assert!(step.contains(fix), "{error}: {step}");
            assert_eq!(step.contains("XDG_STATE_HOME"), cfg!(target_os = "linux"));
        }
    }

    #[test]
    fn lock_is_exclusive_and_the_error_names_the_holder() {
        let directory = tempfile::tempdir().unwrap();
        let first = acquire(directory.path(), "x", Duration::ZERO).unwrap();
        let problem = acquire(directory.path(), "x", Duration::from_millis(5)).unwrap_err();
        assert_eq!(problem.code, Code::LockHeld);
        assert!(problem.message.contains(&std::process::id().to_string()));
        drop(first);
        // A child that another test forks at this moment shares the file until it calls `exec`.
        assert!(acquire(directory.path(), "x", DEADLINE).is_ok());
    }
}
