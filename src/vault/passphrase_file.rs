//! Where do secrets live without a keyring? In one file under a passphrase: argon2id and XChaCha20-Poly1305.
//!
//! The whole file is one sealed message, so that nobody learns how many items it holds or which ones change.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{ItemName, PassphraseDesk, Store, VaultError};
use crate::credential::{Problem, Secret};
use crate::platform::{atomic_file, lock};

const MAGIC: &[u8; 8] = b"aemkeys1";
const SALT: usize = 16;
const NONCE: usize = 24;
/// Magic, memory (KiB), passes, salt; then the nonce and the sealed items.
const HEADER: usize = 8 + 4 + 4 + SALT;
/// 64 MiB and three passes: about a tenth of a second here, and dear for who guesses.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// A file may ask for more than we write, but not for so much that opening it is an attack.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;

/// Where the passphrase comes from; never an argument or an environment variable.
#[derive(Clone, Debug)]
pub enum PassphraseSource {
    /// There is nobody to ask.
    None,
    /// An open file descriptor, read to its end.
    FileDescriptor(u32),
    /// Program and arguments whose output's first line it is.
    Command(Vec<String>),
    /// Asks a person with this prompt, without echo.
    Ask(fn(&str) -> Result<Secret, Problem>),
    /// Whoever listens at the vault's desk: the dashboard.
    Desk,
}

pub struct PassphraseFile {
    file: PathBuf,
    locks: PathBuf,
    passphrase: Secret,
    /// Derived once per process for the file's salt.
    key: Option<(Vec<u8>, Key)>,
}

type Key = Zeroizing<[u8; 32]>;
type Items = BTreeMap<String, Secret>;

impl PassphraseFile {
    pub fn open(
        file: &Path,
        locks: &Path,
        source: &PassphraseSource,
        desk: &PassphraseDesk,
        prompting: &AtomicBool,
    ) -> Result<Self, VaultError> {
        let exists = file.exists();
        let mut was_wrong = false;
        loop {
            // Typing takes longer than a keyring's answer may.
            prompting.store(true, Ordering::Relaxed);
            let passphrase = match source {
                PassphraseSource::Desk => desk.ask(was_wrong),
                source => read_passphrase(source, exists),
            };
            prompting.store(false, Ordering::Relaxed);
            let mut store = Self {
                file: file.to_path_buf(),
                locks: locks.to_path_buf(),
                passphrase: passphrase?,
                key: None,
            };
            if !exists {
                return Ok(store);
            }
            // A wrong passphrase is said now, not at the first write.
            match store.read() {
                Ok(_) => return Ok(store),
                Err(VaultError::WrongPassphrase) if matches!(source, PassphraseSource::Desk) => {
                    was_wrong = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn key_for(&mut self, salt: &[u8], memory: u32, passes: u32) -> Result<Key, VaultError> {
        let mut parameters = salt.to_vec();
        parameters.extend_from_slice(&memory.to_be_bytes());
        parameters.extend_from_slice(&passes.to_be_bytes());
        if let Some((known, key)) = &self.key
            && *known == parameters
        {
            return Ok(key.clone());
        }
        let failed =
            |_| VaultError::Other("the key could not be derived from the passphrase".to_owned());
        let argon = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(memory, passes, 1, Some(32)).map_err(failed)?,
        );
        let mut key = Zeroizing::new([0; 32]);
        argon
            .hash_password_into(self.passphrase.expose(), salt, &mut *key)
            .map_err(failed)?;
        self.key = Some((parameters, key.clone()));
        Ok(key)
    }

    fn read(&mut self) -> Result<Items, VaultError> {
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Items::new()),
            Err(source) => return Err(io("the passphrase file cannot be read", source)),
        };
        let damaged = |reason| VaultError::Damaged {
            item: "the passphrase file".to_owned(),
            reason,
        };
        if !bytes.starts_with(&MAGIC[..7]) {
            return Err(damaged("it is not what aemkeys writes"));
        }
        if bytes[7] != MAGIC[7] {
            return Err(VaultError::NewerFormat {
                item: "the passphrase file".to_owned(),
                version: u32::from(bytes[7].saturating_sub(b'0')),
            });
        }
        if bytes.len() < HEADER + NONCE {
            return Err(damaged("part of it is missing"));
        }
        let (header, rest) = bytes.split_at(HEADER);
        let (nonce, sealed) = rest.split_at(NONCE);
        let number = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let (memory, passes) = (number(8), number(12));
        if memory > MOST_MEMORY_KIB || passes > MOST_PASSES || memory < 8 || passes == 0 {
            return Err(damaged("it asks for an impossible key derivation"));
        }
        let key = self.key_for(&header[16..], memory, passes)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| damaged("part of it is missing"))?;
        // The header is authenticated: nobody can weaken the derivation unseen.
        let plain = cipher(&key)?
            .decrypt(
                &nonce,
                Payload {
                    msg: sealed,
                    aad: header,
                },
            )
            .map_err(|_| VaultError::WrongPassphrase)?;
        decode(&Secret::new(plain)).ok_or_else(|| damaged("its content is not what was written"))
    }

    fn write(&mut self, items: &Items) -> Result<(), VaultError> {
        let random = SystemRandom::new();
        let no_random = |_| VaultError::Other("the system gives no random numbers".to_owned());
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&MEMORY_KIB.to_be_bytes());
        header.extend_from_slice(&PASSES.to_be_bytes());
        // The salt stays with the file: a new one would cost a derivation per write, and the nonce is fresh each time.
        let mut salt = [0; SALT];
        match &self.key {
            Some((parameters, _)) => salt.copy_from_slice(&parameters[..SALT]),
            None => random.fill(&mut salt).map_err(no_random)?,
        }
        header.extend_from_slice(&salt);
        let key = self.key_for(&salt, MEMORY_KIB, PASSES)?;
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce).map_err(no_random)?;
        let plain = encode(items);
        let sealed = cipher(&key)?
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain.expose(),
                    aad: &header,
                },
            )
            .map_err(|_| VaultError::Other("the passphrase file could not be sealed".to_owned()))?;
        let mut out = header;
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        atomic_file::replace(&self.file, &out)
            .map_err(|source| io("the passphrase file cannot be written", source))
    }

    /// Read, change, write under a lock: other processes change the same file.
    fn change<T>(&mut self, change: impl FnOnce(&mut Items) -> T) -> Result<T, VaultError> {
        let _lock = lock::acquire(&self.locks, "passphrase-file", lock::DEADLINE)
            .map_err(|problem| VaultError::Lock(Box::new(problem)))?;
        let mut items = self.read()?;
        let result = change(&mut items);
        self.write(&items)?;
        Ok(result)
    }
}

impl Store for PassphraseFile {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        Ok(self.read()?.remove(&item.to_string()))
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        self.change(|items| {
            items.insert(item.to_string(), value.duplicate());
        })
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.change(|items| items.remove(&item.to_string()).is_some())
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        Ok(self
            .read()?
            .keys()
            .filter_map(|name| ItemName::parse(name))
            .collect())
    }
}

fn cipher(key: &Key) -> Result<XChaCha20Poly1305, VaultError> {
    XChaCha20Poly1305::new_from_slice(&key[..])
        .map_err(|_| VaultError::Other("the key has a wrong length".to_owned()))
}

/// Name and value, each with its length (four bytes, big-endian).
fn encode(items: &Items) -> Secret {
    let room = items
        .iter()
        .map(|(name, value)| name.len() + value.len() + 8)
        .sum();
    let mut out = Vec::with_capacity(room);
    for (name, value) in items {
        for part in [name.as_bytes(), value.expose()] {
            out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(part);
        }
    }
    Secret::new(out)
}

fn decode(plain: &Secret) -> Option<Items> {
    let mut items = Items::new();
    let mut rest = plain.expose();
    while !rest.is_empty() {
        let (name, after) = part(rest)?;
        let (value, after) = part(after)?;
        items.insert(
            String::from_utf8(name.to_vec()).ok()?,
            Secret::new(value.to_vec()),
        );
        rest = after;
    }
    Some(items)
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn read_passphrase(source: &PassphraseSource, exists: bool) -> Result<Secret, VaultError> {
    let passphrase = match source {
        PassphraseSource::None | PassphraseSource::Desk => return Err(VaultError::NoPassphrase),
        PassphraseSource::FileDescriptor(number) => from_descriptor(*number)?,
        PassphraseSource::Command(command) => from_command(command)?,
        PassphraseSource::Ask(ask) => {
            let asked =
                |prompt: &str| ask(prompt).map_err(|problem| VaultError::Lock(Box::new(problem)));
            let first = asked(if exists {
                "Passphrase: "
            } else {
                "New passphrase for the secrets of aemkeys: "
            })?;
            if !exists && asked("Once more: ")? != first {
                return Err(VaultError::Other(
                    "the two passphrases differ; nothing was done".to_owned(),
                ));
            }
            first
        }
    };
    if passphrase.is_empty() {
        return Err(VaultError::NoPassphrase);
    }
    Ok(passphrase)
}

#[cfg(unix)]
fn from_descriptor(number: u32) -> Result<Secret, VaultError> {
    let file = std::fs::File::open(format!("/dev/fd/{number}"))
        .map_err(|source| io("the passphrase's file descriptor cannot be read", source))?;
    first_line(file)
}

#[cfg(not(unix))]
fn from_descriptor(_: u32) -> Result<Secret, VaultError> {
    Err(VaultError::Other(
        "file descriptors are not to be had on this system".to_owned(),
    ))
}

fn from_command(command: &[String]) -> Result<Secret, VaultError> {
    let failed = || VaultError::Other("the passphrase command failed".to_owned());
    let (program, arguments) = command.split_first().ok_or_else(failed)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| io("the passphrase command cannot be started", source))?;
    let passphrase = first_line(child.stdout.take().ok_or_else(failed)?)?;
    if child.wait().is_ok_and(|status| status.success()) {
        Ok(passphrase)
    } else {
        Err(failed())
    }
}

/// Up to the first line end; editors and `echo` add one.
fn first_line(source: impl Read) -> Result<Secret, VaultError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    source
        .take(4096)
        .read_to_end(&mut bytes)
        .map_err(|source| io("the passphrase cannot be read", source))?;
    let end = bytes
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .unwrap_or(bytes.len());
    Ok(Secret::new(bytes[..end].to_vec()))
}

fn io(what: &str, source: std::io::Error) -> VaultError {
    VaultError::Io {
        what: what.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn store(directory: &Path, passphrase: &str) -> Result<PassphraseFile, VaultError> {
        let word = directory.join("word");
        std::fs::write(&word, passphrase).unwrap();
        let source = PassphraseSource::Command(vec!["cat".to_owned(), word.display().to_string()]);
        PassphraseFile::open(
            &directory.join("secrets"),
            directory,
            &source,
            &PassphraseDesk::default(),
            &AtomicBool::new(false),
        )
    }

    #[test]
    fn comes_back_with_the_passphrase_only() {
        let directory = tempfile::tempdir().unwrap();
        let item = ItemName::Token(Uuid::new_v4());
        store(directory.path(), "right\n")
            .unwrap()
            .set(&item, &Secret::from("planted"))
            .unwrap();
        let bytes = std::fs::read(directory.path().join("secrets")).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"planted"));
        let mut again = store(directory.path(), "right").unwrap();
        assert_eq!(again.get(&item).unwrap(), Some(Secret::from("planted")));
        assert_eq!(again.list().unwrap(), std::slice::from_ref(&item));
        assert!(matches!(
            store(directory.path(), "wrong"),
            Err(VaultError::WrongPassphrase)
        ));
        assert!(matches!(
            store(directory.path(), ""),
            Err(VaultError::NoPassphrase)
        ));
        assert!(again.delete(&item).unwrap());
        assert!(!again.delete(&item).unwrap());
    }

    #[test]
    fn a_changed_header_does_not_open() {
        let directory = tempfile::tempdir().unwrap();
        let item = ItemName::Token(Uuid::new_v4());
        store(directory.path(), "right")
            .unwrap()
            .set(&item, &Secret::from("x"))
            .unwrap();
        let file = directory.path().join("secrets");
        let good = std::fs::read(&file).unwrap();
        for position in [0, 8, 12, 20, HEADER + 2, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[position] ^= 0x40;
            std::fs::write(&file, bytes).unwrap();
            assert!(store(directory.path(), "right").is_err(), "byte {position}");
        }
    }
}
