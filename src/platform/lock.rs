//! How do two processes keep out of each other's way? Advisory file locks with a deadline and the holder's pid.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::atomic_file::make_private_directory;
use super::ownership::open_or_create;
use crate::credential::{Code, Problem};

/// How long a lock is waited for: one exchange (30 s) and a little.
pub const DEADLINE: Duration = Duration::from_secs(35);

/// Released on drop, and by the system when the process ends in any way.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Polls until the lock is free or the deadline passes; then the problem names the holder's pid. Blocking.
pub fn acquire(directory: &Path, name: &str, deadline: Duration) -> Result<Lock, Problem> {
    let failed = |error: std::io::Error| {
        Problem::new(Code::LockFailed, format!("the lock {name} cannot be made"))
            .cause(error.to_string())
            .next_step("check that the state folder can be written")
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
    // Only for the message of somebody who waits in vain.
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
        .cause("it is exchanging or storing something, or hangs")
        .next_step("wait for it, or end it; then try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_holder_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let first = acquire(directory.path(), "x", Duration::ZERO).unwrap();
        let problem = acquire(directory.path(), "x", Duration::from_millis(5)).unwrap_err();
        assert_eq!(problem.code, Code::LockHeld);
        assert!(problem.message.contains(&std::process::id().to_string()));
        drop(first);
        // A program that another test starts at this moment has the file too, until it is that program.
        assert!(acquire(directory.path(), "x", DEADLINE).is_ok());
    }
}
