//! The encrypted file format: all items as one message of XChaCha20-Poly1305.
//!
//! The storage file and exported files share this format and differ in their magic. All numbers in a file (memory, passes,
//! counts, lengths) are checked against limits before anything is allocated or derived.

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::StorageError;
use super::key_derivation::{Derivation, EncryptionKey, SALT, random};
use aemkeys_core::credential::Secret;

const NONCE: usize = 24;
const TAG: usize = 16;
/// Magic, memory (KiB), passes, salt; then the nonce and the sealed items.
pub(super) const HEADER: usize = 8 + 4 + 4 + SALT;
/// The maximum size of a file.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;
const MAX_ITEMS: usize = 20_000;
const MAX_NAME_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 1024 * 1024;

pub(super) type Items = BTreeMap<String, Secret>;

/// The kind of a file. The last byte of the magic is the version.
pub(super) struct FileFormat {
    pub magic: &'static [u8; 8],
    pub what: &'static str,
}

/// A file that was read but not decrypted.
pub(super) struct SealedFile<'a> {
    pub derivation: Derivation,
    header: &'a [u8],
    nonce: XNonce,
    sealed: &'a [u8],
    what: &'static str,
}

impl FileFormat {
    /// Checks everything that can be checked without the passphrase.
    pub fn read<'a>(&self, bytes: &'a [u8]) -> Result<SealedFile<'a>, StorageError> {
        let damaged = |reason| StorageError::damaged(self.what, reason);
        let (name, version) = self.magic.split_at(7);
        if bytes.len() > MAX_BYTES {
            return Err(damaged("it is too large"));
        }
        if !bytes.starts_with(name) {
            return Err(damaged("it is not in the format of aemkeys"));
        }
        let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
            return Err(damaged("it is incomplete"));
        };
        if header[7..8] != *version {
            return Err(StorageError::NewerFormat {
                item: self.what.to_owned(),
                version: u32::from(header[7].saturating_sub(b'0')),
            });
        }
        let Some((nonce, sealed)) = rest.split_at_checked(NONCE) else {
            return Err(damaged("it is incomplete"));
        };
        let number = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let missing = |_| damaged("it is incomplete");
        let derivation = Derivation {
            memory: number(8),
            passes: number(12),
            salt: header[16..].try_into().map_err(missing)?,
        };
        if !derivation.is_within_limits() {
            return Err(damaged(
                "it requires a key derivation that aemkeys never writes",
            ));
        }
        Ok(SealedFile {
            derivation,
            header,
            nonce: XNonce::try_from(nonce).map_err(|_| damaged("it is incomplete"))?,
            sealed,
            what: self.what,
        })
    }

    pub fn seal(
        &self,
        derivation: &Derivation,
        key: &EncryptionKey,
        items: &Items,
    ) -> Result<Vec<u8>, StorageError> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        self.seal_with(derivation, key, items, nonce)
    }

    fn seal_with(
        &self,
        derivation: &Derivation,
        key: &EncryptionKey,
        items: &Items,
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, StorageError> {
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(self.magic);
        header.extend_from_slice(&derivation.memory.to_be_bytes());
        header.extend_from_slice(&derivation.passes.to_be_bytes());
        header.extend_from_slice(&derivation.salt);
        let plain = self.encode(items)?;
        let sealed = cipher(key)?
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain.expose(),
                    aad: &header,
                },
            )
            .map_err(|_| StorageError::Other(format!("{} could not be sealed", self.what)))?;
        let mut out = header;
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Encodes names and values, each with its length (four bytes, big-endian), sorted by name.
    fn encode(&self, items: &Items) -> Result<Secret, StorageError> {
        let too_large = |size, limit| StorageError::TooLarge {
            item: self.what.to_owned(),
            size,
            limit,
        };
        if items.len() > MAX_ITEMS {
            return Err(StorageError::Other(format!(
                "{} holds at most {MAX_ITEMS} items; nothing was written",
                self.what
            )));
        }
        let room: usize = items
            .iter()
            .map(|(name, value)| name.len() + value.len() + 8)
            .sum();
        if room > MAX_BYTES - HEADER - NONCE - TAG {
            return Err(too_large(room, MAX_BYTES));
        }
        let mut out = Vec::with_capacity(room);
        for (name, value) in items {
            for (part, limit) in [
                (name.as_bytes(), MAX_NAME_BYTES),
                (value.expose(), MAX_VALUE_BYTES),
            ] {
                let length = u32::try_from(part.len())
                    .ok()
                    .filter(|_| part.len() <= limit)
                    .ok_or_else(|| too_large(part.len(), limit))?;
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(part);
            }
        }
        Ok(Secret::new(out))
    }
}

impl SealedFile<'_> {
    /// Decrypts the items. The header is authenticated, so that a weakened key derivation is detected.
    pub fn open(&self, key: &EncryptionKey) -> Result<Items, StorageError> {
        let plain = cipher(key)?
            .decrypt(
                &self.nonce,
                Payload {
                    msg: self.sealed,
                    aad: self.header,
                },
            )
            .map_err(|_| StorageError::WrongPassphrase)?;
        decode(&Secret::new(plain))
            .ok_or_else(|| StorageError::damaged(self.what, "its content is not valid"))
    }
}

fn cipher(key: &EncryptionKey) -> Result<XChaCha20Poly1305, StorageError> {
    XChaCha20Poly1305::new_from_slice(&key[..])
        .map_err(|_| StorageError::Other("the key has the wrong length".to_owned()))
}

/// Decodes the items. Returns `None` unless the bytes are exactly what [`FileFormat::encode`] writes.
fn decode(plain: &Secret) -> Option<Items> {
    let mut items = Items::new();
    let mut rest = plain.expose();
    while !rest.is_empty() {
        let (name, after) = part(rest, MAX_NAME_BYTES)?;
        let (value, after) = part(after, MAX_VALUE_BYTES)?;
        let name = std::str::from_utf8(name).ok()?;
        // Strictly ascending, so that no name occurs twice.
        let is_next = items
            .last_key_value()
            .is_none_or(|(last, _)| last.as_str() < name);
        if !is_next || items.len() == MAX_ITEMS {
            return None;
        }
        items.insert(name.to_owned(), Secret::new(value.to_vec()));
        rest = after;
    }
    Some(items)
}

fn part(bytes: &[u8], limit: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if length > limit {
        return None;
    }
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests;
