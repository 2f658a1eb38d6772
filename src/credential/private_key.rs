//! Is this text an RSA private key we can sign with? PKCS#1 or PKCS#8, any line ends; kept as DER.

use super::{Problem, Secret};

/// An RSA private key, kept as PKCS#1 DER.
#[derive(Debug)]
pub struct PrivateKey {
    der: Secret,
}

impl PrivateKey {
    /// Reads PEM text as people paste it: CRLF, LF, CR, literal `\n`, spaces for line ends, no last newline.
    pub fn from_pem(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    /// From the DER kept in the vault (PKCS#1).
    pub fn from_pkcs1_der(_der: Secret) -> Result<Self, Problem> {
        todo!()
    }

    /// PKCS#1 DER, for the signer and the vault.
    pub fn der(&self) -> &Secret {
        &self.der
    }

    /// The public key, DER `RSAPublicKey`, to compare with a certificate.
    pub fn public_key(&self) -> Result<Vec<u8>, Problem> {
        todo!()
    }
}
