//! Seals a storage file again under the cheapest key derivation that a file may have, for tests that run many commands
//! which only read it. The next write by the program uses the normal cost again.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// Magic, memory (KiB), passes, salt; then the nonce and the sealed items.
const HEADER: usize = 8 + 4 + 4 + 16;
const NONCE: usize = 24;
const MEMORY_KIB: u32 = 8;
const PASSES: u32 = 1;

pub fn reseal(file: &Path, passphrase: &[u8]) {
    let bytes = std::fs::read(file).unwrap();
    let (header, rest) = bytes.split_at(HEADER);
    let (nonce, sealed) = rest.split_at(NONCE);
    let nonce = XNonce::try_from(nonce).unwrap();
    let message = |msg, aad| Payload { msg, aad };
    let items = cipher(header, passphrase)
        .decrypt(&nonce, message(sealed, header))
        .unwrap();
    let mut cheap = header.to_vec();
    cheap[8..12].copy_from_slice(&MEMORY_KIB.to_be_bytes());
    cheap[12..16].copy_from_slice(&PASSES.to_be_bytes());
    // The nonce may stay: the key is another one.
    let sealed = cipher(&cheap, passphrase)
        .encrypt(&nonce, message(&items, &cheap))
        .unwrap();
    std::fs::write(file, [&cheap, nonce.as_slice(), &sealed].concat()).unwrap();
}

fn cipher(header: &[u8], passphrase: &[u8]) -> XChaCha20Poly1305 {
    let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
    let parameters = Params::new(number(8), number(12), 1, Some(32)).unwrap();
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(passphrase, &header[16..], &mut key)
        .unwrap();
    XChaCha20Poly1305::new_from_slice(&key).unwrap()
}
