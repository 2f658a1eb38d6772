//! Credentials in the JSON format of Adobe's consoles, which Adobe's client libraries read.

use std::io;

use serde::Serialize;
use zeroize::Zeroizing;

use super::oauth::DEFAULT_IMS;
use super::{Credential, OauthCredential, Secret, ServiceCredentials, pem};
use crate::time;

/// The file of the AEM Developer Console.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceFile<'a> {
    ok: bool,
    integration: Integration<'a>,
    status_code: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Integration<'a> {
    ims_endpoint: &'a str,
    metascopes: String,
    technical_account: TechnicalAccount<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    id: &'a str,
    org: &'a str,
    private_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_expiration_date: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TechnicalAccount<'a> {
    client_id: &'a str,
    client_secret: &'a str,
}

/// The flat download of the Adobe Developer Console. It names no IMS; the field for another one is ours.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct OauthFile<'a> {
    client_id: &'a str,
    client_secrets: Vec<&'a str>,
    scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    technical_account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    technical_account_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ims_endpoint: Option<&'a str>,
}

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
    let private_key = pem::encode(service.private_key.der().expose(), "RSA PRIVATE KEY");
    let certificate = service.certificate.as_ref();
    let certificate = certificate.map(|it| pem::encode(&it.der, "CERTIFICATE"));
    let end = service.not_after();
    json(&ServiceFile {
        ok: true,
        integration: Integration {
            ims_endpoint: &service.ims_host,
            metascopes: service.metascopes.join(","),
            technical_account: TechnicalAccount {
                client_id: &service.client_id,
                client_secret: text(&service.client_secret),
            },
            email: service.email.as_deref(),
            id: &service.technical_account_id,
            org: &service.org,
            private_key: &private_key,
            public_key: certificate.as_ref().map(|pem| pem.as_str()),
            certificate_expiration_date: end.map(time::adobe),
        },
        status_code: 200,
    })
}

fn oauth_json(oauth: &OauthCredential) -> Secret {
    let ims = oauth.ims_host.as_str();
    json(&OauthFile {
        client_id: &oauth.client_id,
        client_secrets: oauth.client_secrets.iter().map(text).collect(),
        scopes: &oauth.scopes,
        technical_account_id: oauth.technical_account_id.as_deref(),
        technical_account_email: oauth.technical_account_email.as_deref(),
        org_id: oauth.org.as_deref(),
        ims_endpoint: Some(ims).filter(|ims| *ims != DEFAULT_IMS),
    })
}

/// Returns a secret that was read from JSON, and is therefore text.
fn text(secret: &Secret) -> &str {
    std::str::from_utf8(secret.expose()).unwrap_or_default()
}

/// Formats the file in a buffer of exactly its size: growing would leave a copy of the key in freed memory.
fn json(file: &impl Serialize) -> Secret {
    let mut size = Size(1);
    // Neither writing to memory nor formatting texts and numbers can fail.
    let _ = serde_json::to_writer_pretty(&mut size, file);
    let mut out = Zeroizing::new(Vec::with_capacity(size.0));
    let _ = serde_json::to_writer_pretty(&mut *out, file);
    out.push(b'\n');
    debug_assert_eq!(out.len(), size.0);
    Secret::new(std::mem::take(&mut *out))
}

/// Counts the bytes that are written.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::credential::{Imported, detect};
    use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};

    fn end() -> Timestamp {
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
