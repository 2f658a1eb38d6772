//! X.509 certificates of service credentials: name, validity and public key. The chain is not validated.

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::text::clean;
use super::{Code, Fingerprint, Problem, pem};

/// The self-signed certificate in service credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub der: Vec<u8>,
    pub common_name: Option<String>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Fingerprint of the DER.
    pub fingerprint: Fingerprint,
    /// DER `RSAPublicKey`.
    pub public_key: Vec<u8>,
}

/// The latest time that is stored or shown. In milliseconds, jiff cannot read back a later one.
pub(super) const LATEST: Timestamp = Timestamp::constant(253_402_207_200, 0);

impl Certificate {
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        if text.contains("PRIVATE KEY-----") {
            return Err(bad(
                "it contains a private key; only the certificate belongs here",
            ));
        }
        if !pem::has_label(text, "CERTIFICATE") && text.contains("PUBLIC KEY-----") {
            return Err(bad("it is only a public key, not a certificate"));
        }
        Self::from_der(&pem::decode(text, "CERTIFICATE").map_err(bad)?)
    }

    pub fn from_der(der: &[u8]) -> Result<Self, Problem> {
        let (rest, parsed) = X509Certificate::from_der(der)
            .map_err(|_| bad("it is damaged or not a certificate"))?;
        if !rest.is_empty() {
            return Err(bad("there is other data after the certificate"));
        }
        let time = |seconds: i64| {
            // RFC 5280, 4.1.2.5: 99991231235959Z means no expiry. It is two days later than `LATEST`.
            Timestamp::from_second(seconds.min(LATEST.as_second()))
                .map_err(|_| bad("its dates cannot be read"))
        };
        if parsed.validity().not_after < parsed.validity().not_before {
            return Err(bad("it expires before it becomes valid"));
        }
        Ok(Self {
            der: der.to_vec(),
            common_name: parsed
                .subject()
                .iter_common_name()
                .next()
                .and_then(|name| name.as_str().ok())
                .map(|name| clean(name, 100)),
            not_before: time(parsed.validity().not_before.timestamp())?,
            not_after: time(parsed.validity().not_after.timestamp())?,
            fingerprint: Fingerprint::of(der),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
        })
    }
}

fn bad(why: &'static str) -> Problem {
    Problem::new(Code::CertificateBad, "the certificate cannot be read")
        .cause(why)
        .next_step("download the service credentials again and do not edit the file")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use aemkeys_simulator::fixtures::ServiceAccount;

    fn pem(label: &str, der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    #[test]
    fn other_pem_blocks_are_named_in_the_error() {
        let end = "2027-02-14T07:35:37Z".parse().unwrap();
        let account = ServiceAccount::new("p1-e2", 0, end);
        let certificate = pem("CERTIFICATE", &account.certificate());
        assert!(Certificate::from_pem(&certificate).is_ok());
        let with_its_key = certificate.clone() + &pem("PUBLIC KEY", b"x");
        assert!(Certificate::from_pem(&with_its_key).is_ok());
        for (text, said) in [
            (pem("PUBLIC KEY", b"x"), "only a public key"),
            (
                certificate + &account.private_key_pem(),
                "contains a private key",
            ),
        ] {
            let cause = Certificate::from_pem(&text).unwrap_err().cause.unwrap();
            assert!(cause.contains(said), "{cause}");
        }
    }

    #[test]
    fn no_expiry_is_read_as_the_latest_time() {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.not_after =
            rcgen::date_time_ymd(9999, 12, 31) + std::time::Duration::from_secs(86_399);
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let der = parameters.self_signed(&key).unwrap().der().to_vec();
        let text = String::from_utf8_lossy(&der).into_owned();
        assert!(text.contains("99991231235959Z"), "as in RFC 5280");
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.not_after.as_second(), LATEST.as_second());
    }
}
