//! The format against an independent implementation, and every limit and every bit of the header.

use std::collections::HashSet;

use super::*;

const FORMAT: FileFormat = FileFormat {
    magic: b"aemkeys1",
    what: "the test file",
};

fn items(pairs: &[(&str, &[u8])]) -> Items {
    let owned = |(name, value): &(&str, &[u8])| ((*name).to_owned(), Secret::new(value.to_vec()));
    pairs.iter().map(owned).collect()
}

/// Made once with libsodium (PyNaCl 1.6.2), which shares no code with what is tested:
///
/// ```python
/// import struct, nacl.bindings as b
/// salt, nonce = bytes(range(16)), bytes(range(100, 124))
/// header = b"aemkeys1" + struct.pack(">II", 65536, 3) + salt
/// key = b.crypto_pwhash_alg(32, b"correct horse battery staple", salt, 3, 65536 * 1024, b.crypto_pwhash_ALG_ARGON2ID13)
/// part = lambda x: struct.pack(">I", len(x)) + x
/// plain = part(b"a name") + part(b"a value") + part(b"generation") + part(struct.pack(">Q", 7))
/// print((header + nonce + b.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, header, nonce, key)).hex())
/// ```
const KNOWN: &str = "61656d6b657973310001000000000003000102030405060708090a0b0c0d0e0f\
    6465666768696a6b6c6d6e6f707172737475767778797a7b\
    d417faaa39d6bca4e4516a2cfb38813158bcf1b1305f03a16dbd1c94be5ad895\
    495c9698ed3528335a836037e5608f94c3fd9ec6f16a056860d0f0e8673712";

fn known() -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap();
    KNOWN
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).unwrap())
        .collect()
}

#[test]
fn a_file_of_another_implementation_opens_and_is_written_alike() {
    let passphrase = Secret::from("correct horse battery staple");
    let content = items(&[("a name", b"a value"), ("generation", &7_u64.to_be_bytes())]);
    let known = known();
    let message = FORMAT.read(&known).unwrap();
    let key = message.derivation.key(&passphrase).unwrap();
    assert_eq!(message.open(&key).unwrap(), content);
    // Not read from the file: what is written today.
    let (mut ours, _) = Derivation::new(&passphrase).unwrap();
    ours.salt = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let key = ours.key(&passphrase).unwrap();
    let nonce = std::array::from_fn(|at| u8::try_from(100 + at).unwrap());
    assert_eq!(
        FORMAT.seal_with(&ours, &key, &content, nonce).unwrap(),
        known
    );
}

#[test]
fn the_whole_header_is_authenticated_with_the_key_kept() {
    let derivation = Derivation::cheap();
    let key = derivation.key(&Secret::from("x")).unwrap();
    let good = FORMAT
        .seal(&derivation, &key, &items(&[("a", b"b")]))
        .unwrap();
    let opens = |bytes: &[u8]| {
        let (header, rest) = bytes.split_at(HEADER);
        let (nonce, sealed) = rest.split_at(NONCE);
        let message = SealedFile {
            derivation: derivation.clone(),
            header,
            nonce: XNonce::try_from(nonce).unwrap(),
            sealed,
            what: FORMAT.what,
        };
        message.open(&key).is_ok()
    };
    assert!(opens(&good));
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(&bytes), "bit {bit}");
    }
}

#[test]
fn no_nonce_repeats_under_one_key() {
    let derivation = Derivation::cheap();
    let key = derivation.key(&Secret::from("x")).unwrap();
    let content = items(&[("a", b"b")]);
    let mut nonces = HashSet::new();
    let mut files = HashSet::new();
    for _ in 0..2_000 {
        let file = FORMAT.seal(&derivation, &key, &content).unwrap();
        nonces.insert(file[HEADER..HEADER + NONCE].to_vec());
        files.insert(file);
    }
    assert_eq!((nonces.len(), files.len()), (2_000, 2_000));
    // No part of it is a counter or a constant: each byte takes many values.
    for at in 0..NONCE {
        let values: HashSet<u8> = nonces.iter().map(|nonce| nonce[at]).collect();
        assert!(values.len() > 100, "byte {at}");
    }
}

/// The header of a file, with nothing behind it that could be decrypted.
fn asking_for(memory: u32, passes: u32) -> Vec<u8> {
    let mut bytes = b"aemkeys1".to_vec();
    bytes.extend_from_slice(&memory.to_be_bytes());
    bytes.extend_from_slice(&passes.to_be_bytes());
    bytes.extend_from_slice(&[0; SALT + NONCE + TAG]);
    bytes
}

#[test]
fn a_file_cannot_ask_for_much_more_than_is_written() {
    const MIB: u32 = 1024;
    for (memory, passes) in [(8, 1), (64 * MIB, 3), (256 * MIB, 3), (64 * MIB, 12)] {
        assert!(
            FORMAT.read(&asking_for(memory, passes)).is_ok(),
            "{memory} {passes}"
        );
    }
    for (memory, passes) in [
        (256 * MIB + 1, 1),
        (1024 * MIB, 1),
        (u32::MAX, u32::MAX),
        (64 * MIB, 13),
        (8, u32::MAX),
        // Each within its own limit, too much together.
        (256 * MIB, 4),
        (128 * MIB, 7),
        (7, 1),
        (0, 3),
        (64 * MIB, 0),
    ] {
        assert!(
            matches!(
                FORMAT.read(&asking_for(memory, passes)),
                Err(StorageError::Damaged { .. })
            ),
            "{memory} {passes}"
        );
    }
    assert!(FORMAT.read(&vec![0; MAX_BYTES + 1]).is_err());
}

fn plain(parts: &[&[u8]]) -> Secret {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
        out.extend_from_slice(part);
    }
    Secret::new(out)
}

#[test]
fn numbers_and_lengths_of_items_are_bounded_while_they_are_read() {
    assert!(decode(&plain(&[b"a", b"1", b"b", b"2"])).is_some());
    // Twice, and out of order.
    assert!(decode(&plain(&[b"a", b"1", b"a", b"2"])).is_none());
    assert!(decode(&plain(&[b"b", b"1", b"a", b"2"])).is_none());
    assert!(decode(&plain(&[&[b'a'; MAX_NAME_BYTES], b"1"])).is_some());
    assert!(decode(&plain(&[&[b'a'; MAX_NAME_BYTES + 1], b"1"])).is_none());
    assert!(decode(&plain(&[b"a", &vec![0; MAX_VALUE_BYTES]])).is_some());
    assert!(decode(&plain(&[b"a", &vec![0; MAX_VALUE_BYTES + 1]])).is_none());
    // A length that is not there is believed by nobody.
    assert!(decode(&Secret::new(vec![0xff; 8])).is_none());
    let names: Vec<String> = (0..=MAX_ITEMS).map(|at| format!("{at:06}")).collect();
    let parts: Vec<&[u8]> = names.iter().flat_map(|it| [it.as_bytes(), b""]).collect();
    assert!(decode(&plain(&parts[..2 * MAX_ITEMS])).is_some());
    assert!(decode(&plain(&parts)).is_none());
}

/// What could not be read back is not written.
#[test]
fn what_is_too_much_to_be_read_is_not_written() {
    let long = "a".repeat(MAX_NAME_BYTES + 1);
    for content in [
        items(&[(&long, b"")]),
        items(&[("a", &vec![0; MAX_VALUE_BYTES + 1])]),
        (0..=MAX_ITEMS)
            .map(|at| (at.to_string(), Secret::from("")))
            .collect(),
        (0..65)
            .map(|at| (at.to_string(), Secret::new(vec![0; MAX_VALUE_BYTES])))
            .collect(),
    ] {
        assert!(FORMAT.encode(&content).is_err());
    }
}
