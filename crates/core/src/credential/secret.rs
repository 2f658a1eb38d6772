//! Secrets in memory: zeroized on drop, never printed, compared in constant time.

use std::fmt::{self, Write as _};

use ring::digest;
use zeroize::Zeroize;

/// Bytes that must not be seen: a key, a client secret, a token, a passphrase.
///
/// There is no `Clone`, `Display` or `Serialize`; `Debug` prints `[redacted]`. The bytes are overwritten on drop.
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the bytes. The files that may call this are listed in `tests/it/architecture.rs`.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a copy. There is no `Clone`, so that every copy is visible in the code.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        // Digests have equal lengths, so the time does not depend on where the secrets differ.
        let (a, b) = (
            digest::digest(&digest::SHA256, &self.0),
            digest::digest(&digest::SHA256, &other.0),
        );
        a.as_ref()
            .iter()
            .zip(b.as_ref())
            .fold(0u8, |acc, (x, y)| acc | (x ^ y))
            == 0
    }
}

impl Eq for Secret {}

/// The first 12 hex digits of a SHA-256: the public name of a token or certificate.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub fn of(bytes: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, bytes);
        let mut hex = String::with_capacity(12);
        for byte in &hash.as_ref()[..6] {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", Secret::from("planted")), "[redacted]");
    }

    #[test]
    fn length_is_in_bytes() {
        assert!(Secret::from("").is_empty());
        assert_eq!(Secret::from("").len(), 0);
        assert!(!Secret::from("é").is_empty());
        assert_eq!(Secret::from("é").len(), 2);
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(Secret::from("a"), Secret::from("a"));
        assert_ne!(Secret::from("a"), Secret::from("b"));
        assert_ne!(Secret::from("a"), Secret::from("aa"));
    }

    #[test]
    fn fingerprint_is_the_start_of_sha256() {
        assert_eq!(Secret::from("abc").fingerprint().as_str(), "ba7816bf8f01");
    }
}
