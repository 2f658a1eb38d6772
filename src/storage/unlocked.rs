//! The key of the passphrase file, kept by the Linux kernel, so that several commands ask for the passphrase once.
//!
//! The key is in the *user keyring*, which all processes of the user share. A *session keyring* would be smaller, but where
//! the login makes one (`pam_keyinit`), each SSH connection has its own, and the one of a tmux server is revoked when the
//! connection that started it ends. It would protect nothing either: every process of the user can link the user keyring
//! to its own session. The permissions let any process of the user read the key, and nobody else.
//!
//! The kernel deletes the key when its time is over. It never writes it to disk or to swap, and it is gone after a restart.
//! The key opens one file only: it is stored under the file's path, with the salt and the cost of its derivation.

use std::path::Path;

use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::StorageError;
use super::key_derivation::{Derivation, EncryptionKey, SALT};

const VERSION: u8 = 1;
const KEY: usize = 32;
/// Version, end (seconds since 1970), memory, passes, salt, key.
const LENGTH: usize = 1 + 8 + 4 + 4 + SALT + KEY;

type Payload = Zeroizing<[u8; LENGTH]>;

/// Fails if this system cannot keep a key.
pub(super) fn check() -> Result<(), StorageError> {
    kernel::check().map_err(StorageError::CannotKeepUnlocked)
}

/// Keeps the key of this file until then.
pub(super) fn keep(
    file: &Path,
    derivation: &Derivation,
    key: &EncryptionKey,
    until: Timestamp,
) -> Result<(), StorageError> {
    let seconds = until
        .as_second()
        .saturating_sub(Timestamp::now().as_second());
    let seconds = usize::try_from(seconds).unwrap_or_default().max(1);
    let mut payload = Zeroizing::new([0; LENGTH]);
    let mut rest = &mut payload[..];
    for part in [
        &[VERSION][..],
        &until.as_second().to_be_bytes(),
        &derivation.memory.to_be_bytes(),
        &derivation.passes.to_be_bytes(),
        &derivation.salt,
        &key[..],
    ] {
        let (here, after) = rest.split_at_mut(part.len());
        here.copy_from_slice(part);
        rest = after;
    }
    kernel::keep(&name(file), &payload, seconds).map_err(StorageError::CannotKeepUnlocked)
}

/// Returns the key of this file, if it is kept for this derivation.
pub(super) fn key(file: &Path, derivation: &Derivation) -> Option<EncryptionKey> {
    let (kept, _, key) = read(file)?;
    (kept == *derivation).then_some(key)
}

/// Returns when the file stops to open without its passphrase; `None` if it does not.
pub fn until(file: &Path) -> Option<Timestamp> {
    let (kept, until, _) = read(file)?;
    let derivation = super::passphrase_file::derivation_of(file)?;
    (kept == derivation).then_some(until)
}

/// Deletes the key of this file. Returns whether one was kept.
pub fn forget(file: &Path) -> Result<bool, StorageError> {
    kernel::forget(&name(file)).map_err(StorageError::CannotKeepUnlocked)
}

fn read(file: &Path) -> Option<(Derivation, Timestamp, EncryptionKey)> {
    let payload = kernel::read(&name(file))?;
    let (version, rest) = payload.split_first()?;
    let (until, rest) = rest.split_first_chunk()?;
    let (memory, rest) = rest.split_first_chunk()?;
    let (passes, rest) = rest.split_first_chunk()?;
    let (salt, rest) = rest.split_first_chunk()?;
    let derivation = Derivation {
        memory: u32::from_be_bytes(*memory),
        passes: u32::from_be_bytes(*passes),
        salt: *salt,
    };
    let until = Timestamp::from_second(i64::from_be_bytes(*until)).ok()?;
    let key = Zeroizing::new(*rest.first_chunk::<KEY>()?);
    (*version == VERSION).then_some((derivation, until, key))
}

/// Returns the key's description, which other programs of the user can see.
fn name(file: &Path) -> String {
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    let path = match (folder, file.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => file.to_path_buf(),
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, path.as_os_str().as_encoded_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_ref()[..16]);
    format!("aemkeys:{}", Uuid::from_bytes(half).simple())
}

#[cfg(target_os = "linux")]
mod kernel {
    use linux_keyutils::{
        Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission,
    };
    use zeroize::Zeroizing;

    use super::{LENGTH, Payload};

    fn user_keyring() -> Result<KeyRing, KeyError> {
        KeyRing::from_special_id(KeyRingIdentifier::User, true)
    }

    pub fn check() -> Result<(), String> {
        user_keyring().map(drop).map_err(why)
    }

    pub fn keep(name: &str, payload: &Payload, seconds: usize) -> Result<(), String> {
        let kept = || {
            let user = user_keyring()?;
            // Prepared where it ends with this thread, so that no key without an end can be left behind.
            let thread = KeyRing::from_special_id(KeyRingIdentifier::Thread, true)?;
            let key = thread.add_key(name, &payload[..])?;
            let permissions = KeyPermissionsBuilder::builder()
                .posessor(Permission::ALL)
                .user(Permission::VIEW | Permission::READ | Permission::SEARCH)
                .build();
            key.set_perms(permissions)?;
            key.set_timeout(seconds)?;
            // Replaces an earlier key of this name.
            user.link_key(key)?;
            let _ = thread.unlink_key(key);
            // A sandbox can accept all this and keep nothing.
            read(name).map(drop).ok_or(KeyError::KeyDoesNotExist)
        };
        kept().map_err(why)
    }

    pub fn read(name: &str) -> Option<Payload> {
        let mut payload = Zeroizing::new([0; LENGTH]);
        let length = find(name).ok()?.read(&mut payload).ok()?;
        (length == LENGTH).then_some(payload)
    }

    pub fn forget(name: &str) -> Result<bool, String> {
        match find(name) {
            Ok(key) => {
                // At once; unlinking alone would leave it readable for those who know its number.
                let invalidated = key.invalidate();
                user_keyring()
                    .and_then(|user| user.unlink_key(key))
                    .or(invalidated)
                    .map_err(why)?;
                Ok(true)
            }
            Err(KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked) => {
                Ok(false)
            }
            Err(error) => Err(why(error)),
        }
    }

    fn find(name: &str) -> Result<Key, KeyError> {
        user_keyring()?.search(name)
    }

    fn why(error: KeyError) -> String {
        match error {
            KeyError::PermissionDenied | KeyError::AccessDenied => {
                "the kernel refuses its keyring to this process, as in most containers".to_owned()
            }
            KeyError::Unknown(_) | KeyError::OperationNotSupported => {
                "this kernel has no keyring, as under WSL 1".to_owned()
            }
            KeyError::QuotaExceeded => {
                "the kernel's keyring of this user is full (see /proc/key-users)".to_owned()
            }
            error => format!("the kernel's keyring reports: {error:?}"),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use super::Payload;

    const WHY: &str = "only Linux can keep a key for several commands";

    pub fn check() -> Result<(), String> {
        Err(WHY.to_owned())
    }

    pub fn keep(_: &str, _: &Payload, _: usize) -> Result<(), String> {
        check()
    }

    pub fn read(_: &str) -> Option<Payload> {
        None
    }

    #[expect(clippy::unnecessary_wraps, reason = "the signature of the Linux part")]
    pub fn forget(_: &str) -> Result<bool, String> {
        Ok(false)
    }
}
