//! The envelope of a stored value: magic, version, kind, uuid, revision, length, payload, checksum. Detects values that
//! are damaged, foreign, or stored under another name.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use super::{ItemName, StorageError};
use aemkeys_core::credential::Secret;

const MAGIC: &[u8; 4] = b"AEMK";
const VERSION: u8 = 1;
/// Magic, version, kind, uuid, revision, length.
const HEADER: usize = 4 + 1 + 1 + 16 + 4 + 4;
const CHECKSUM: usize = 8;

/// Returns the value to store for `item`.
pub fn seal(item: &ItemName, payload: &[u8], as_text: bool) -> Secret {
    let (kind, id, revision) = parts(item);
    let mut out = Vec::with_capacity(HEADER + payload.len() + CHECKSUM);
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    out.push(kind);
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(&revision.to_be_bytes());
    out.extend_from_slice(
        &u32::try_from(payload.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    out.extend_from_slice(payload);
    let checksum = digest(&SHA256, &out);
    out.extend_from_slice(&checksum.as_ref()[..CHECKSUM]);
    let sealed = Secret::new(out);
    if as_text {
        let mut text = String::with_capacity(sealed.len() * 4 / 3 + 4);
        URL_SAFE_NO_PAD.encode_string(sealed.expose(), &mut text);
        Secret::from(text)
    } else {
        sealed
    }
}

/// Returns the payload if the value is undamaged and belongs to `item`.
pub fn open(item: &ItemName, value: &Secret) -> Result<Secret, StorageError> {
    let damaged = |reason| StorageError::damaged(item, reason);
    if value.is_empty() {
        return Err(StorageError::Emptied {
            item: item.to_string(),
        });
    }
    let decoded;
    let bytes = if value.expose().starts_with(MAGIC) {
        value.expose()
    } else {
        decoded = Secret::new(
            URL_SAFE_NO_PAD
                .decode(value.expose())
                .map_err(|_| damaged("it is not in the format of aemkeys"))?,
        );
        decoded.expose()
    };
    if !bytes.starts_with(MAGIC) {
        return Err(damaged("it is not in the format of aemkeys"));
    }
    if bytes.len() < HEADER + CHECKSUM {
        return Err(damaged("it is incomplete"));
    }
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    if digest(&SHA256, content).as_ref()[..CHECKSUM] != *checksum {
        return Err(damaged("its checksum is wrong"));
    }
    // Checked after the checksum, so that a flipped bit counts as damage and not as a newer version.
    if content[4] > VERSION {
        return Err(StorageError::NewerFormat {
            item: item.to_string(),
            version: u32::from(content[4]),
        });
    }
    let (kind, id, revision) = parts(item);
    if content[5] != kind
        || content[6..22] != *id.as_bytes()
        || content[22..26] != revision.to_be_bytes()
    {
        return Err(damaged("it belongs to another item"));
    }
    let payload = &content[HEADER..];
    if content[26..30]
        != u32::try_from(payload.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes()
    {
        return Err(damaged("its length is wrong"));
    }
    Ok(Secret::new(payload.to_vec()))
}

fn parts(item: &ItemName) -> (u8, Uuid, u32) {
    match item {
        ItemName::Environment(id) => (1, *id, 0),
        ItemName::Credential(id, revision) => (2, *id, *revision),
        ItemName::Token(id) => (3, *id, 0),
        ItemName::Probe(id) => (4, *id, 0),
        ItemName::ReplacedToken(id) => (5, *id, 0),
        ItemName::LeakedKey(id) => (6, *id, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_values_open_in_both_encodings() {
        let item = ItemName::Credential(Uuid::new_v4(), 3);
        for as_text in [true, false] {
            let sealed = seal(&item, b"{\"json\":true}\n", as_text);
            assert_eq!(
                open(&item, &sealed).unwrap(),
                Secret::from("{\"json\":true}\n")
            );
            if as_text {
                assert!(
                    sealed
                        .expose()
                        .iter()
                        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
                );
            }
        }
    }

    #[test]
    fn flipped_bits_and_truncation_are_detected() {
        let item = ItemName::Token(Uuid::new_v4());
        let sealed = seal(&item, b"payload", false);
        for position in 0..sealed.len() * 8 {
            let mut bytes = sealed.expose().to_vec();
            bytes[position / 8] ^= 1 << (position % 8);
            let opened = open(&item, &Secret::new(bytes));
            assert!(
                matches!(opened, Err(StorageError::Damaged { .. })),
                "bit {position}"
            );
        }
        for length in 0..sealed.len() {
            assert!(open(&item, &Secret::new(sealed.expose()[..length].to_vec())).is_err());
        }
    }

    #[test]
    fn value_of_another_item_is_refused() {
        let sealed = seal(&ItemName::Token(Uuid::new_v4()), b"x", true);
        assert!(open(&ItemName::Token(Uuid::new_v4()), &sealed).is_err());
    }

    #[test]
    fn newer_format_is_distinguished_from_damage() {
        let item = ItemName::Token(Uuid::new_v4());
        let mut bytes = seal(&item, b"x", false).expose().to_vec();
        bytes[4] = 9;
        let end = bytes.len() - CHECKSUM;
        let checksum = digest(&SHA256, &bytes[..end]);
        bytes[end..].copy_from_slice(&checksum.as_ref()[..CHECKSUM]);
        let opened = open(&item, &Secret::new(bytes));
        assert!(matches!(
            opened,
            Err(StorageError::NewerFormat { version: 9, .. })
        ));
    }
}
