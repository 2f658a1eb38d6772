//! Throw-away RSA keys that sign certificates and tokens. They are public in the repository and protect nothing: `ring`
//! cannot generate RSA keys, and generating them would slow down the tests.

use std::sync::LazyLock;

use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{self, KeyPair as _, UnparsedPublicKey};

/// PKCS#8 DER.
const KEYS: [&[u8]; 8] = [
    include_bytes!("../assets/keys/throwaway-key-1.der"),
    include_bytes!("../assets/keys/throwaway-key-2.der"),
    include_bytes!("../assets/keys/throwaway-key-3.der"),
    include_bytes!("../assets/keys/throwaway-key-4.der"),
    include_bytes!("../assets/keys/throwaway-key-5.der"),
    include_bytes!("../assets/keys/throwaway-key-6.der"),
    include_bytes!("../assets/keys/throwaway-key-7.der"),
    include_bytes!("../assets/keys/throwaway-key-8.der"),
];

/// The length of the PKCS#8 header before the PKCS#1 form of an RSA-2048 key.
const PKCS8_HEADER_BYTES: usize = 26;

/// Keys 0 to 6 sign certificates and assertions; IMS signs tokens with the last one.
const CLIENT_KEYS: usize = KEYS.len() - 1;

/// A throw-away key that can sign.
pub(super) struct ThrowawayKey {
    der: &'static [u8],
    pair: RsaKeyPair,
}

impl ThrowawayKey {
    /// Returns client key `number`, modulo the number of client keys.
    pub(super) fn client(number: usize) -> Self {
        Self::read(KEYS[number % CLIENT_KEYS])
    }

    /// Returns the key that signs access tokens.
    pub(super) fn ims() -> &'static Self {
        static IMS: LazyLock<ThrowawayKey> =
            LazyLock::new(|| ThrowawayKey::read(KEYS[CLIENT_KEYS]));
        &IMS
    }

    #[expect(
        clippy::expect_used,
        reason = "embedded bytes, read by this module's test"
    )]
    fn read(der: &'static [u8]) -> Self {
        let pair = RsaKeyPair::from_pkcs8(der).expect("the embedded keys are PKCS#8 DER");
        Self { der, pair }
    }

    pub(super) fn pkcs1_der(&self) -> &'static [u8] {
        &self.der[PKCS8_HEADER_BYTES..]
    }

    /// DER `RSAPublicKey`.
    pub(super) fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Signs with RS256.
    #[expect(
        clippy::expect_used,
        reason = "fails only without a system random source"
    )]
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(
                &signature::RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .expect("signing with a sound key");
        signature
    }
}

/// True if the signature is a valid RS256 signature of the key.
pub(super) fn is_signed_by(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public_key)
        .verify(message, signature)
        .is_ok()
}

impl rcgen::PublicKeyData for ThrowawayKey {
    fn der_bytes(&self) -> &[u8] {
        self.public_key()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for ThrowawayKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Self::sign(self, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_valid_and_distinct() {
        let keys: Vec<_> = KEYS.iter().map(|der| ThrowawayKey::read(der)).collect();
        for (number, key) in keys.iter().enumerate() {
            assert!(RsaKeyPair::from_der(key.pkcs1_der()).is_ok());
            let signature = key.sign(b"message");
            for (other, verifier) in keys.iter().enumerate() {
                assert_eq!(
                    is_signed_by(verifier.public_key(), b"message", &signature),
                    number == other
                );
            }
        }
    }
}
