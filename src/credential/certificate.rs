//! What does the certificate say: whose is it, from when to when, which key? Parsed, never chain-validated.

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::text::clean;
use super::{Code, Fingerprint, Problem, pem};

/// The facts of the self-signed certificate in service credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub der: Vec<u8>,
    pub common_name: Option<String>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Of the DER.
    pub fingerprint: Fingerprint,
    /// DER `RSAPublicKey`.
    pub public_key: Vec<u8>,
}

/// The last moment of all that is said here. A whole second: as milliseconds, jiff reads nothing back that is later.
pub(super) const LAST: Timestamp = Timestamp::constant(253_402_207_200, 0);

impl Certificate {
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        if text.contains("PRIVATE KEY-----") {
            return Err(bad(
                "there is a private key where the certificate should be",
            ));
        }
        if !pem::has(text, "CERTIFICATE") && text.contains("PUBLIC KEY-----") {
            return Err(bad(
                "there is a bare public key where the certificate should be",
            ));
        }
        Self::from_der(&pem::decode(text, "CERTIFICATE").map_err(bad)?)
    }

    pub fn from_der(der: &[u8]) -> Result<Self, Problem> {
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|_| bad("it is damaged or no certificate"))?;
        if !rest.is_empty() {
            return Err(bad("there is something after its end"));
        }
        let time = |seconds: i64| {
            // RFC 5280, 4.1.2.5: 99991231235959Z is "no end", two days behind the last moment we can say.
            Timestamp::from_second(seconds.min(LAST.as_second()))
                .map_err(|_| bad("its dates cannot be read"))
        };
        if parsed.validity().not_after < parsed.validity().not_before {
            return Err(bad("it ends before it begins"));
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
    use crate::simulator::fixtures::ServiceAccount;

    fn pem(label: &str, der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    #[test]
    fn what_stands_in_its_place_is_named() {
        let end = "2027-02-14T07:35:37Z".parse().unwrap();
        let account = ServiceAccount::new("p1-e2", 0, end);
        let certificate = pem("CERTIFICATE", &account.certificate());
        assert!(Certificate::from_pem(&certificate).is_ok());
        let with_its_key = certificate.clone() + &pem("PUBLIC KEY", b"x");
        assert!(Certificate::from_pem(&with_its_key).is_ok());
        for (text, said) in [
            (pem("PUBLIC KEY", b"x"), "a bare public key"),
            (
                certificate + &account.private_key_pem(),
                "there is a private key",
            ),
        ] {
            let cause = Certificate::from_pem(&text).unwrap_err().cause.unwrap();
            assert!(cause.contains(said), "{cause}");
        }
    }

    #[test]
    fn no_end_is_the_last_moment() {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.not_after =
            rcgen::date_time_ymd(9999, 12, 31) + std::time::Duration::from_secs(86_399);
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let der = parameters.self_signed(&key).unwrap().der().to_vec();
        let text = String::from_utf8_lossy(&der).into_owned();
        assert!(text.contains("99991231235959Z"), "as RFC 5280 has it");
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.not_after.as_second(), LAST.as_second());
    }
}
