//! Credentials in the JSON format of Adobe's consoles, which Adobe's client libraries read.
//!
//! The buffer never grows: growing would leave a copy of the key in freed memory.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::oauth::DEFAULT_IMS;
use super::{Credential, OauthCredential, Secret, ServiceCredentials};
use crate::time;

impl Credential {
    /// Formats service credentials like the AEM Developer Console, and OAuth credentials like the flat download of the Adobe
    /// Developer Console.
    pub fn to_adobe_json(&self) -> Secret {
        match self {
            Self::Service(service) => service_json(service),
            Self::Oauth(oauth) => oauth_json(oauth),
        }
    }
}

fn service_json(service: &ServiceCredentials) -> Secret {
    let certificate = service.certificate.as_ref().map(|it| it.der.as_slice());
    let key = service.private_key.der();
    let metascopes = service.metascopes.join(",");
    let texts: usize = [
        &service.ims_host,
        &metascopes,
        &service.client_id,
        &service.technical_account_id,
        &service.org,
    ]
    .into_iter()
    .chain(&service.email)
    .map(String::len)
    .sum();
    let binary = key.len() + certificate.map_or(0, <[u8]>::len);
    let mut out = Json::with_room_for(texts + service.client_secret.len(), binary);
    out.raw("{\n  \"ok\": true,\n  \"integration\": {\n    \"imsEndpoint\": ");
    out.text(&service.ims_host);
    out.raw(",\n    \"metascopes\": ");
    out.text(&metascopes);
    out.raw(",\n    \"technicalAccount\": {\n      \"clientId\": ");
    out.text(&service.client_id);
    out.raw(",\n      \"clientSecret\": ");
    out.secret(&service.client_secret);
    out.raw("\n    },\n");
    if let Some(email) = &service.email {
        out.raw("    \"email\": ");
        out.text(email);
        out.raw(",\n");
    }
    out.raw("    \"id\": ");
    out.text(&service.technical_account_id);
    out.raw(",\n    \"org\": ");
    out.text(&service.org);
    out.raw(",\n    \"privateKey\": ");
    out.pem("RSA PRIVATE KEY", key.expose());
    if let Some(der) = certificate {
        out.raw(",\n    \"publicKey\": ");
        out.pem("CERTIFICATE", der);
    }
    if let Some(end) = service.not_after() {
        out.raw(",\n    \"certificateExpirationDate\": ");
        out.text(&time::adobe(end));
    }
    out.raw("\n  },\n  \"statusCode\": 200\n}\n");
    out.finish()
}

fn oauth_json(oauth: &OauthCredential) -> Secret {
    let optional = [
        ("TECHNICAL_ACCOUNT_ID", &oauth.technical_account_id),
        ("TECHNICAL_ACCOUNT_EMAIL", &oauth.technical_account_email),
        ("ORG_ID", &oauth.org),
    ];
    let texts = optional
        .iter()
        .filter_map(|(_, value)| value.as_ref())
        .chain(&oauth.scopes)
        .map(|text| text.len() + 40)
        .sum::<usize>();
    let secrets: usize = oauth.client_secrets.iter().map(|it| it.len() + 40).sum();
    let mut out = Json::with_room_for(
        texts + secrets + oauth.client_id.len() + oauth.ims_host.len(),
        0,
    );
    out.raw("{\n  \"CLIENT_ID\": ");
    out.text(&oauth.client_id);
    out.raw(",\n  \"CLIENT_SECRETS\": [");
    for (at, secret) in oauth.client_secrets.iter().enumerate() {
        out.raw(if at == 0 { "" } else { ", " });
        out.secret(secret);
    }
    out.raw("],\n  \"SCOPES\": [");
    for (at, scope) in oauth.scopes.iter().enumerate() {
        out.raw(if at == 0 { "" } else { ", " });
        out.text(scope);
    }
    out.raw("]");
    for (name, value) in optional {
        if let Some(value) = value {
            out.raw(",\n  ");
            out.text(name);
            out.raw(": ");
            out.text(value);
        }
    }
    if oauth.ims_host != DEFAULT_IMS {
        out.raw(",\n  \"IMS_ENDPOINT\": ");
        out.text(&oauth.ims_host);
    }
    out.raw("\n}\n");
    out.finish()
}

struct Json(Zeroizing<Vec<u8>>, usize);

impl Json {
    /// Reserves enough space: an escaped character takes at most six bytes, base64 with line breaks at most double.
    fn with_room_for(texts: usize, binary: usize) -> Self {
        let room = texts * 6 + binary * 2 + 2048;
        Self(Zeroizing::new(Vec::with_capacity(room)), room)
    }

    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, text: &str) {
        self.quoted(text.as_bytes());
    }

    fn secret(&mut self, secret: &Secret) {
        self.quoted(secret.expose());
    }

    /// Writes byte by byte, so that no other buffer holds the value. Non-ASCII bytes are UTF-8 and stay unchanged.
    fn quoted(&mut self, bytes: &[u8]) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.0.push(b'"');
        for &byte in bytes {
            match byte {
                b'"' | b'\\' => self.0.extend_from_slice(&[b'\\', byte]),
                0..0x20 | 0x7f => {
                    let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                    self.0
                        .extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[high], HEX[low]]);
                }
                _ => self.0.push(byte),
            }
        }
        self.0.push(b'"');
    }

    /// Writes PEM with 64 characters per line and CRLF, like the console.
    fn pem(&mut self, label: &str, der: &[u8]) {
        self.raw(&format!("\"-----BEGIN {label}-----\\r\\n"));
        // 48 bytes per line.
        for line in der.chunks(48) {
            let mut letters = Zeroizing::new([0; 64]);
            let count = STANDARD.encode_slice(line, &mut *letters).unwrap_or(0);
            self.0.extend_from_slice(&letters[..count]);
            self.raw("\\r\\n");
        }
        self.raw(&format!("-----END {label}-----\\r\\n\""));
    }

    fn finish(mut self) -> Secret {
        debug_assert!(self.0.len() <= self.1, "the buffer has grown");
        Secret::new(std::mem::take(&mut *self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Imported, detect};
    use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};

    fn end() -> jiff::Timestamp {
        "2027-02-14T07:35:37Z".parse().unwrap()
    }

    fn written(file: &[u8]) -> (Credential, Secret) {
        let credential = match detect(file).unwrap() {
            Imported::Service(service) => Credential::Service(*service),
            Imported::Oauth(oauth) => Credential::Oauth(*oauth),
            Imported::DevelopmentToken(_) => panic!("no credential"),
        };
        let json = credential.to_adobe_json();
        (credential, json)
    }

    #[test]
    fn written_credentials_can_be_read_again() {
        for file in [
            ServiceAccount::new("p1-e2", 0, end()).file(),
            OauthAccount::new("p1-e2", 1).file(),
        ] {
            let (credential, json) = written(&file);
            let (again, twice) = written(json.expose());
            assert_eq!(again.facts(), credential.facts());
            assert!(again.encode() == credential.encode());
            assert!(twice == json);
        }
    }

    #[test]
    fn output_matches_the_file_of_the_console() {
        let file = ServiceAccount::new("p1-e2", 0, end()).file();
        let (_, json) = written(&file);
        let ours: serde_json::Value = serde_json::from_slice(json.expose()).unwrap();
        let theirs: serde_json::Value = serde_json::from_slice(&file).unwrap();
        assert_eq!(ours["ok"], true);
        assert_eq!(ours["statusCode"], 200);
        for key in ["imsEndpoint", "metascopes", "technicalAccount", "id", "org"] {
            assert_eq!(
                ours["integration"][key], theirs["integration"][key],
                "{key}"
            );
        }
        assert_eq!(
            ours["integration"]["certificateExpirationDate"],
            "2027-02-14T07:35:37.000Z"
        );
        let key = ours["integration"]["privateKey"].as_str().unwrap();
        assert!(key.starts_with("-----BEGIN RSA PRIVATE KEY-----\r\n"));
        assert!(key.ends_with("\r\n-----END RSA PRIVATE KEY-----\r\n"));
        assert!(key.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn buffer_never_grows_and_unusual_secrets_are_preserved() {
        let mut account = written(&OauthAccount::new("p1-e2", 1).file()).0;
        let odd = "\"\\\u{1}\u{7f}é日".repeat(60);
        if let Credential::Oauth(oauth) = &mut account {
            oauth.client_secrets = vec![Secret::from(odd.as_str()), Secret::from("x")];
            oauth.scopes = vec!["\u{2}".repeat(100); 100];
        }
        let json = account.to_adobe_json();
        let read: serde_json::Value = serde_json::from_slice(json.expose()).unwrap();
        assert_eq!(read["CLIENT_SECRETS"][0], odd);
    }
}
