//! Is this text an RSA private key we can sign with? PKCS#1 or PKCS#8, any line ends; kept as PKCS#1 DER.

use base64::Engine;
use ring::signature::{KeyPair, RsaKeyPair};
use x509_parser::der_parser::asn1_rs::{FromDer, Integer, OctetString, Oid, Sequence};
use zeroize::Zeroizing;

use super::{Problem, Secret};

/// An RSA private key, kept as PKCS#1 DER.
#[derive(Debug)]
pub struct PrivateKey {
    der: Secret,
}

impl PrivateKey {
    /// Reads PEM text as people paste it: CRLF, LF, CR, literal `\n`, spaces for line ends, no last newline.
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        let pem = Zeroizing::new(text.replace("\\r", "\r").replace("\\n", "\n"));
        if pem.contains("ENCRYPTED") {
            return Err(
                Problem::new("key-encrypted", "the private key is encrypted")
                    .cause("a key with a passphrase is not supported")
                    .next_step("export it unencrypted, or download the service credentials again"),
            );
        }
        if pem.contains("-----BEGIN CERTIFICATE") {
            return Err(bad(
                "there is a certificate where the private key should be",
            ));
        }
        let label = ["RSA PRIVATE KEY", "PRIVATE KEY"]
            .into_iter()
            .find(|label| pem.contains(&format!("-----BEGIN {label}-----")));
        let Some(label) = label else {
            return Err(if pem.contains("-----BEGIN EC PRIVATE KEY") {
                bad("it is an elliptic-curve key; Adobe's are RSA")
            } else {
                bad("it has no line `-----BEGIN RSA PRIVATE KEY-----`")
            });
        };
        let der = Secret::new(decode(&pem, label).map_err(bad)?);
        match label {
            "RSA PRIVATE KEY" => Self::from_pkcs1_der(der),
            _ => Self::from_pkcs1_der(unwrap_pkcs8(der.expose())?),
        }
    }

    /// From the DER kept in the vault (PKCS#1).
    pub fn from_pkcs1_der(der: Secret) -> Result<Self, Problem> {
        // ring refuses keys under 2,048 bits and keys whose parts do not belong together.
        RsaKeyPair::from_der(der.expose()).map_err(|refused| {
            bad(match refused.to_string().as_str() {
                "TooSmall" => "it is shorter than 2048 bits",
                "TooLarge" => "it is longer than 4096 bits",
                "InconsistentComponents" => "its parts do not belong together",
                _ => "it is damaged or no RSA key",
            })
        })?;
        Ok(Self { der })
    }

    /// PKCS#1 DER, for the signer and the vault.
    pub fn der(&self) -> &Secret {
        &self.der
    }

    /// The public key, DER `RSAPublicKey`, to compare with a certificate.
    pub fn public_key(&self) -> Result<Vec<u8>, Problem> {
        RsaKeyPair::from_der(self.der.expose())
            .map(|pair| pair.public_key().as_ref().to_vec())
            .map_err(|_| bad("it is damaged or no RSA key"))
    }
}

/// The bytes between BEGIN and END, whatever separates the lines. The reasons are fixed texts: a parser's own could quote
/// the key.
pub(super) fn decode(pem: &str, label: &str) -> Result<Vec<u8>, &'static str> {
    let (_, rest) = pem
        .split_once(&format!("-----BEGIN {label}-----"))
        .ok_or("it has no BEGIN line")?;
    let (body, _) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or("it ends before its END line: part of it is missing")?;
    let mut packed = Zeroizing::new(Vec::with_capacity(body.len()));
    packed.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    base64::engine::general_purpose::STANDARD
        .decode(&*packed)
        .map_err(|_| "between its BEGIN and END lines is something other than base64")
}

/// PKCS#8: version, algorithm, and the PKCS#1 key as an octet string.
fn unwrap_pkcs8(der: &[u8]) -> Result<Secret, Problem> {
    const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
    let damaged = || bad("it is damaged or no PKCS#8 key");
    let (_, outer) = Sequence::from_der(der).map_err(|_| damaged())?;
    let (rest, _version) = Integer::from_der(&outer.content).map_err(|_| damaged())?;
    let (rest, algorithm) = Sequence::from_der(rest).map_err(|_| damaged())?;
    let (_, oid) = Oid::from_der(&algorithm.content).map_err(|_| damaged())?;
    if oid.to_id_string() != RSA_ENCRYPTION {
        return Err(bad("it is no RSA key; Adobe's are RSA"));
    }
    let (_, key) = OctetString::from_der(rest).map_err(|_| damaged())?;
    Ok(Secret::new(key.as_cow().to_vec()))
}

fn bad(why: &'static str) -> Problem {
    Problem::new("key-bad", "the private key cannot be used")
        .cause(why)
        .next_step("download the service credentials again, or add a new private key in the AEM Developer Console")
}
