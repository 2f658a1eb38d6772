//! Digests that identify leaked keys and client secrets.

use std::fmt;

use ring::digest::{SHA256, digest};

use super::{Credential, Imported, OauthCredential, ServiceCredentials};

/// `AlgorithmIdentifier` of RSA: the object identifier 1.2.840.113549.1.1.1 and NULL.
const RSA: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// Keeps a client secret apart from a public key.
const CLIENT_SECRET: &[u8] = b"aemkeys client secret\0";

/// SHA-256 of the `SubjectPublicKeyInfo` of a private key, or of an OAuth client secret.
///
/// It does not depend on the certificate, the client id or the file format of the key. A client secret is random, so its
/// digest cannot be reversed by guessing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(hash)
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl ServiceCredentials {
    fn key_digest(&self) -> KeyDigest {
        let key = [&[0], self.private_key.public_key()].concat();
        let info = [&RSA[..], &element(BIT_STRING, &key)].concat();
        KeyDigest::of(&element(SEQUENCE, &info))
    }
}

impl OauthCredential {
    fn key_digests(&self) -> Vec<KeyDigest> {
        self.client_secrets
            .iter()
            .map(|secret| {
                let bytes = zeroize::Zeroizing::new([CLIENT_SECRET, secret.expose()].concat());
                KeyDigest::of(&bytes)
            })
            .collect()
    }
}

impl Credential {
    /// Returns the digest of the private key, or the digests of all client secrets.
    pub fn key_digests(&self) -> Vec<KeyDigest> {
        match self {
            Self::Service(service) => vec![service.key_digest()],
            Self::Oauth(oauth) => oauth.key_digests(),
        }
    }
}

impl Imported {
    /// Returns the digests of the credential; none for a development token.
    pub fn key_digests(&self) -> Vec<KeyDigest> {
        match self {
            Self::Service(service) => vec![service.key_digest()],
            Self::Oauth(oauth) => oauth.key_digests(),
            Self::DevelopmentToken(_) => Vec::new(),
        }
    }
}

/// Encodes a DER element with a definite length.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let short = &length[zeros..];
    let mut out = vec![tag];
    match short {
        [] => out.push(0),
        [byte] if *byte < 0x80 => out.push(*byte),
        bytes => {
            // At most 8 bytes.
            out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(8));
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer, X509Certificate};

    use super::*;
    use crate::credential::detect;
    use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};

    #[test]
    fn the_digest_is_of_the_subject_public_key_info() {
        let end = "2027-02-14T07:35:37Z".parse().unwrap();
        for key in 0..3 {
            let account = ServiceAccount::new("p1-e2", 0, end).key(key);
            let certificate = account.certificate();
            let (_, parsed) = X509Certificate::from_der(&certificate).unwrap();
            let expected = KeyDigest::of(parsed.public_key().raw);
            let imported = detect(&account.file()).unwrap();
            assert_eq!(imported.key_digests(), [expected]);
        }
    }

    #[test]
    fn oauth_digests_depend_on_the_client_secrets_only() {
        let digests = |account: &OauthAccount| detect(&account.file()).unwrap().key_digests();
        let mut account = OauthAccount::new("p1-e2", 0);
        account.secrets = vec!["first-secret-value".into(), "second-secret-value".into()];
        let both = digests(&account);
        assert_eq!(both.len(), 2);
        account.secrets.remove(0);
        account.client_id = "another-client".into();
        assert_eq!(digests(&account), [both[1]]);
    }
}
