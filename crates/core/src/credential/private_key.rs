//! RSA private keys in PKCS#1 or PKCS#8 PEM, kept as PKCS#1 DER.

use ring::signature::{KeyPair, RsaKeyPair};
use x509_parser::der_parser::asn1_rs::{FromDer, Integer, OctetString, Oid, Sequence};

use super::{Code, Problem, Secret, pem};

const PKCS1: &str = "RSA PRIVATE KEY";
const PKCS8: &str = "PRIVATE KEY";

/// An RSA private key, kept as PKCS#1 DER.
#[derive(Debug)]
pub struct PrivateKey {
    der: Secret,
    public_key: Vec<u8>,
}

impl PrivateKey {
    /// Parses PEM text. Accepts CRLF, LF, CR, literal `\n`, spaces instead of line ends, and a missing last newline.
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        // `BEGIN ENCRYPTED PRIVATE KEY`, and the older `Proc-Type: 4,ENCRYPTED` inside.
        if text.contains("ENCRYPTED") {
            return Err(
                Problem::new(Code::KeyEncrypted, "the private key is encrypted")
                    .cause("keys with a passphrase are not supported")
                    .next_step("export it unencrypted, or download the service credentials again"),
            );
        }
        if pem::has_label(text, PKCS1) {
            let der = pem::decode(text, PKCS1).map_err(bad)?;
            Self::from_pkcs1_der(Secret::new(der.to_vec()))
        } else if pem::has_label(text, PKCS8) {
            let der = pem::decode(text, PKCS8).map_err(bad)?;
            Self::from_pkcs1_der(unwrap_pkcs8(&der)?)
        } else {
            Err(bad(describe_other_text(text)))
        }
    }

    /// Parses PKCS#1 DER, as kept in the storage.
    pub(super) fn from_pkcs1_der(der: Secret) -> Result<Self, Problem> {
        // ring rejects keys under 2,048 bits and keys with inconsistent parts.
        let pair = RsaKeyPair::from_der(der.expose()).map_err(|refused| {
            bad(match refused.to_string().as_str() {
                "TooSmall" => {
                    "it is shorter than 2048 bits, which is too weak; Adobe's keys have 2048 bits"
                }
                "TooLarge" => "it is longer than 4096 bits",
                "InconsistentComponents" => "its parts do not match",
                _ => "it is damaged or not an RSA key",
            })
        })?;
        Ok(Self {
            public_key: pair.public_key().as_ref().to_vec(),
            der,
        })
    }

    /// Returns the key as PKCS#1 DER.
    pub fn der(&self) -> &Secret {
        &self.der
    }

    /// Returns the public key as DER `RSAPublicKey`, which is equal for credentials with the same private key.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

fn describe_other_text(text: &str) -> &'static str {
    if pem::has_label(text, "EC PRIVATE KEY") {
        "it is an elliptic-curve key; Adobe uses RSA keys"
    } else if pem::has_label(text, "OPENSSH PRIVATE KEY") {
        "it is an SSH key; use the private key from the same download as the client id"
    } else if pem::has_label(text, "CERTIFICATE") {
        "it is a certificate, not a private key"
    } else if pem::has_label(text, "PUBLIC KEY") || pem::has_label(text, "RSA PUBLIC KEY") {
        "it is a public key, not a private key"
    } else {
        "the line `-----BEGIN RSA PRIVATE KEY-----` is missing"
    }
}

/// Extracts the PKCS#1 key from PKCS#8: a version, an algorithm, and the key as an octet string.
fn unwrap_pkcs8(der: &[u8]) -> Result<Secret, Problem> {
    const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
    let damaged = || bad("it is damaged or not a PKCS#8 key");
    let (_, outer) = Sequence::from_der(der).map_err(|_| damaged())?;
    let (rest, _version) = Integer::from_der(&outer.content).map_err(|_| damaged())?;
    let (rest, algorithm) = Sequence::from_der(rest).map_err(|_| damaged())?;
    let (_, oid) = Oid::from_der(&algorithm.content).map_err(|_| damaged())?;
    if oid.to_id_string() != RSA_ENCRYPTION {
        return Err(bad("it is not an RSA key; Adobe uses RSA keys"));
    }
    let (_, key) = OctetString::from_der(rest).map_err(|_| damaged())?;
    Ok(Secret::new(key.as_cow().to_vec()))
}

fn bad(why: &'static str) -> Problem {
    Problem::new(Code::KeyBad, "the private key cannot be used")
        .cause(why)
        .next_step("download the service credentials again, or add a new private key in the AEM Developer Console")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DER with the structure of an RSA key of this size, but with meaningless numbers.
    fn key_of(bits: usize) -> Secret {
        let part = |bytes: usize| {
            let mut number = vec![0xff; bytes];
            // DER: a leading zero keeps it positive.
            number.insert(0, 0);
            number
        };
        let (whole, half) = (part(bits / 8), part(bits / 16));
        let numbers = [
            vec![0],
            whole.clone(),
            vec![1, 0, 1],
            whole,
            half.clone(),
            half.clone(),
            half.clone(),
            half.clone(),
            half,
        ];
        let tagged = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            let length = match length {
                [0, short @ 0..0x80] => vec![short],
                [0, one] => vec![0x81, one],
                [high, low] => vec![0x82, high, low],
            };
            [&[tag], length.as_slice(), content].concat()
        };
        let numbers: Vec<u8> = numbers
            .iter()
            .flat_map(|number| tagged(2, number))
            .collect();
        Secret::new(tagged(0x30, &numbers))
    }

    #[test]
    fn other_pem_blocks_are_named_in_the_error() {
        for (label, said) in [
            ("EC PRIVATE KEY", "elliptic-curve"),
            ("OPENSSH PRIVATE KEY", "an SSH key"),
            ("CERTIFICATE", "a certificate, not"),
            ("PUBLIC KEY", "a public key, not"),
            ("RSA PUBLIC KEY", "a public key, not"),
            ("SOMETHING", "is missing"),
        ] {
            let text = format!("-----BEGIN {label}-----\nAQID\n-----END {label}-----\n");
            let problem = PrivateKey::from_pem(&text).map(|_| ()).unwrap_err();
            let cause = problem.cause.unwrap();
            assert!(cause.contains(said), "{label}: {cause}");
        }
    }

    #[test]
    fn wrong_key_sizes_have_their_own_error() {
        for (bits, said) in [
            (1024, "shorter than 2048 bits"),
            (8192, "longer than 4096 bits"),
            (2048, "do not match"),
        ] {
            let problem = PrivateKey::from_pkcs1_der(key_of(bits))
                .map(|_| ())
                .unwrap_err();
            let cause = problem.cause.unwrap();
            assert!(cause.contains(said), "{bits}: {cause}");
        }
    }
}
