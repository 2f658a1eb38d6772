//! How does a credential fit into a keyring item? Tagged fields with DER instead of PEM: some keyrings take 2,560 bytes.
//!
//! The tags are on people's disks: they are never given another meaning, and unknown ones are skipped.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::{
    AccessToken, Certificate, Credential, OauthCredential, PrivateKey, Problem, Secret,
    ServiceCredentials,
};

const SERVICE: u8 = 1;
const OAUTH: u8 = 2;

const IMS_HOST: u8 = 1;
const SCOPE: u8 = 2;
const CLIENT_ID: u8 = 3;
const CLIENT_SECRET: u8 = 4;
const EMAIL: u8 = 5;
const ACCOUNT: u8 = 6;
const ORG: u8 = 7;
const KEY: u8 = 8;
const CERTIFICATE: u8 = 9;
const DECLARED_END: u8 = 10;

impl Credential {
    pub fn to_compact(&self) -> Secret {
        match self {
            Self::Service(service) => {
                let mut out = Fields::new(SERVICE);
                out.text(IMS_HOST, &service.ims_host);
                out.each(SCOPE, &service.metascopes);
                out.text(CLIENT_ID, &service.client_id);
                out.field(CLIENT_SECRET, service.client_secret.expose());
                out.optional(EMAIL, service.email.as_ref());
                out.text(ACCOUNT, &service.technical_account_id);
                out.text(ORG, &service.org);
                out.field(KEY, service.private_key.der().expose());
                if let Some(certificate) = &service.certificate {
                    out.field(CERTIFICATE, &certificate.der);
                }
                if let Some(end) = service.declared_not_after {
                    out.field(DECLARED_END, &end.as_millisecond().to_be_bytes());
                }
                out.finish()
            }
            Self::Oauth(oauth) => {
                let mut out = Fields::new(OAUTH);
                out.text(IMS_HOST, &oauth.ims_host);
                out.each(SCOPE, &oauth.scopes);
                out.text(CLIENT_ID, &oauth.client_id);
                for secret in &oauth.client_secrets {
                    out.field(CLIENT_SECRET, secret.expose());
                }
                out.optional(EMAIL, oauth.technical_account_email.as_ref());
                out.optional(ACCOUNT, oauth.technical_account_id.as_ref());
                out.optional(ORG, oauth.org.as_ref());
                out.finish()
            }
        }
    }

    pub fn from_compact(compact: &Secret) -> Result<Self, Problem> {
        let bytes = compact.expose();
        let (kind, rest) = bytes.split_first().ok_or_else(damaged)?;
        let fields = read_fields(rest)?;
        match *kind {
            SERVICE => Ok(Self::Service(ServiceCredentials {
                ims_host: required(&fields, IMS_HOST)?,
                metascopes: all(&fields, SCOPE)?,
                client_id: required(&fields, CLIENT_ID)?,
                client_secret: Secret::new(
                    first(&fields, CLIENT_SECRET).ok_or_else(damaged)?.to_vec(),
                ),
                email: optional(&fields, EMAIL)?,
                technical_account_id: required(&fields, ACCOUNT)?,
                org: required(&fields, ORG)?,
                private_key: PrivateKey::from_pkcs1_der(Secret::new(
                    first(&fields, KEY).ok_or_else(damaged)?.to_vec(),
                ))?,
                certificate: first(&fields, CERTIFICATE)
                    .map(Certificate::from_der)
                    .transpose()?,
                declared_not_after: first(&fields, DECLARED_END).map(time).transpose()?,
            })),
            OAUTH => Ok(Self::Oauth(OauthCredential {
                ims_host: required(&fields, IMS_HOST)?,
                client_id: required(&fields, CLIENT_ID)?,
                client_secrets: fields
                    .iter()
                    .filter(|(tag, _)| *tag == CLIENT_SECRET)
                    .map(|(_, value)| Secret::new(value.to_vec()))
                    .collect(),
                scopes: all(&fields, SCOPE)?,
                org: optional(&fields, ORG)?,
                technical_account_id: optional(&fields, ACCOUNT)?,
                technical_account_email: optional(&fields, EMAIL)?,
            })),
            _ => Err(damaged()),
        }
    }
}

const OPAQUE: u8 = 1;
const JWT: u8 = 2;
const TOKEN: u8 = 1;
const SEGMENT: u8 = 2;
const EXPIRES: u8 = 3;

impl AccessToken {
    /// A JWT's segments are kept decoded, a quarter shorter, where that gives back exactly the same text.
    pub fn to_compact(&self) -> Secret {
        let text = self.secret.expose();
        let segments: Option<Vec<zeroize::Zeroizing<Vec<u8>>>> = text
            .split(|byte| *byte == b'.')
            .map(|segment| {
                URL_SAFE_NO_PAD
                    .decode(segment)
                    .ok()
                    .map(zeroize::Zeroizing::new)
            })
            .collect();
        let mut out = match segments {
            Some(segments) if join(&segments).expose() == text => {
                let mut out = Fields::new(JWT);
                for segment in &segments {
                    out.field(SEGMENT, segment);
                }
                out
            }
            _ => {
                let mut out = Fields::new(OPAQUE);
                out.field(TOKEN, text);
                out
            }
        };
        if let Some(end) = self.expires_at {
            out.field(EXPIRES, &end.as_millisecond().to_be_bytes());
        }
        out.finish()
    }

    pub fn from_compact(compact: &Secret) -> Result<Self, Problem> {
        let (kind, rest) = compact.expose().split_first().ok_or_else(damaged)?;
        let fields = read_fields(rest)?;
        let secret = match *kind {
            OPAQUE => Secret::new(first(&fields, TOKEN).ok_or_else(damaged)?.to_vec()),
            JWT => {
                let segments: Vec<zeroize::Zeroizing<Vec<u8>>> = fields
                    .iter()
                    .filter(|(tag, _)| *tag == SEGMENT)
                    .map(|(_, value)| zeroize::Zeroizing::new(value.to_vec()))
                    .collect();
                join(&segments)
            }
            _ => return Err(damaged()),
        };
        let expires_at = first(&fields, EXPIRES).map(time).transpose()?;
        let mut token = Self::from_response(secret, None, Timestamp::UNIX_EPOCH)?;
        token.expires_at = expires_at;
        Ok(token)
    }
}

fn join(segments: &[zeroize::Zeroizing<Vec<u8>>]) -> Secret {
    let length: usize = segments
        .iter()
        .map(|segment| segment.len() * 4 / 3 + 4)
        .sum();
    let mut text = String::with_capacity(length);
    for (position, segment) in segments.iter().enumerate() {
        if position > 0 {
            text.push('.');
        }
        URL_SAFE_NO_PAD.encode_string(&**segment, &mut text);
    }
    Secret::from(text)
}

/// Tag, length (two bytes, big-endian), bytes. Sized once: growing would leave copies of secrets behind.
struct Fields(Vec<u8>);

impl Fields {
    fn new(kind: u8) -> Self {
        let mut out = Vec::with_capacity(16 * 1024);
        out.push(kind);
        Self(out)
    }

    fn field(&mut self, tag: u8, value: &[u8]) {
        // Every value is bounded far below 64 KiB where it is parsed.
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.0.push(tag);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(&value[..usize::from(length)]);
    }

    fn text(&mut self, tag: u8, value: &str) {
        self.field(tag, value.as_bytes());
    }

    fn optional(&mut self, tag: u8, value: Option<&String>) {
        if let Some(value) = value {
            self.text(tag, value);
        }
    }

    fn each(&mut self, tag: u8, values: &[String]) {
        for value in values {
            self.text(tag, value);
        }
    }

    fn finish(self) -> Secret {
        Secret::new(self.0)
    }
}

type Field<'a> = (u8, &'a [u8]);

fn read_fields(mut rest: &[u8]) -> Result<Vec<Field<'_>>, Problem> {
    let mut fields = Vec::new();
    while let Some((tag, after)) = rest.split_first() {
        let (length, after) = after.split_first_chunk::<2>().ok_or_else(damaged)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if after.len() < length {
            return Err(damaged());
        }
        let (value, after) = after.split_at(length);
        fields.push((*tag, value));
        rest = after;
    }
    Ok(fields)
}

fn first<'a>(fields: &[Field<'a>], tag: u8) -> Option<&'a [u8]> {
    fields
        .iter()
        .find(|(known, _)| *known == tag)
        .map(|(_, value)| *value)
}

fn text(value: &[u8]) -> Result<String, Problem> {
    String::from_utf8(value.to_vec()).map_err(|_| damaged())
}

fn required(fields: &[Field<'_>], tag: u8) -> Result<String, Problem> {
    text(first(fields, tag).ok_or_else(damaged)?)
}

fn optional(fields: &[Field<'_>], tag: u8) -> Result<Option<String>, Problem> {
    first(fields, tag).map(text).transpose()
}

fn all(fields: &[Field<'_>], tag: u8) -> Result<Vec<String>, Problem> {
    fields
        .iter()
        .filter(|(known, _)| *known == tag)
        .map(|(_, value)| text(value))
        .collect()
}

fn time(value: &[u8]) -> Result<Timestamp, Problem> {
    let bytes: [u8; 8] = value.try_into().map_err(|_| damaged())?;
    Timestamp::from_millisecond(i64::from_be_bytes(bytes)).map_err(|_| damaged())
}

fn damaged() -> Problem {
    Problem::new("item-damaged", "a stored item cannot be read")
        .cause("its content is not what was written")
        .next_step("`aemkeys doctor` shows which; add the file again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_letter_by_letter() {
        for text in [
            "opaque-token",
            "eyJhIjoxfQ.eyJiIjoyfQ.c2ln",
            "a.b",
            "eyJhIjoxfR.e.x",
            "a..b",
        ] {
            let mut token =
                AccessToken::from_response(Secret::from(text), None, Timestamp::UNIX_EPOCH)
                    .unwrap();
            token.expires_at = Some("2026-11-22T10:00:00.123Z".parse().unwrap());
            let back = AccessToken::from_compact(&token.to_compact()).unwrap();
            assert_eq!(back.secret.expose(), text.as_bytes());
            assert_eq!(back.expires_at, token.expires_at);
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_damaged_not_a_panic(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let _ = Credential::from_compact(&Secret::new(bytes.clone()));
            let _ = AccessToken::from_compact(&Secret::new(bytes));
        }
    }
}
