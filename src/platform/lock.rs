//! Advisory file locks between processes, with a deadline and the holder's process id.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::atomic_file::make_private_directory;
use super::ownership::open_or_create;
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
    let failed = |error: std::io::Error| {
        Problem::new(
            Code::LockFailed,
            format!("could not create the lock {name}"),
        )
        .cause(error.to_string())
        .next_step("check the permissions of the state directory")
    };
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
