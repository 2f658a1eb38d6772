//! The stored format of credentials and tokens: tagged fields, with DER instead of PEM, because some keyrings limit an
//! item to 2,560 bytes.
//!
//! Never give a tag another meaning: stored items contain it. Unknown tags are skipped.

use super::NextStep;
use crate::guidance;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::certificate::LATEST;
use super::{
    AccessToken, Certificate, Code, Credential, OauthCredential, PrivateKey, Problem, Secret,
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
const DECLARED_EXPIRY: u8 = 10;
const BEFORE_KEY: u8 = 11;
const AFTER_KEY: u8 = 12;

impl Credential {
    pub fn encode(&self) -> Secret {
        match self {
            Self::Service(service) => {
                let mut out = Fields::new(SERVICE);
                out.texts(IMS_HOST, [&service.ims_host]);
                out.texts(SCOPE, &service.metascopes);
                out.texts(CLIENT_ID, [&service.client_id]);
                out.field(CLIENT_SECRET, service.client_secret.expose());
                out.texts(EMAIL, &service.email);
                out.texts(ACCOUNT, [&service.technical_account_id]);
                out.texts(ORG, [&service.org]);
                out.field(KEY, service.private_key.der().expose());
                if let Some(certificate) = &service.certificate {
                    match around_key(certificate, &service.private_key) {
                        Some((before, after)) => {
                            out.field(BEFORE_KEY, before);
                            out.field(AFTER_KEY, after);
                        }
                        None => out.field(CERTIFICATE, &certificate.der),
                    }
                }
                let end = service.declared_not_after.map(millis);
                if let Some(end) = &end {
                    out.field(DECLARED_EXPIRY, end);
                }
                out.finish()
            }
            Self::Oauth(oauth) => {
                let mut out = Fields::new(OAUTH);
                out.texts(IMS_HOST, [&oauth.ims_host]);
                out.texts(SCOPE, &oauth.scopes);
                out.texts(CLIENT_ID, [&oauth.client_id]);
                for secret in &oauth.client_secrets {
                    out.field(CLIENT_SECRET, secret.expose());
                }
                out.texts(EMAIL, &oauth.technical_account_email);
                out.texts(ACCOUNT, &oauth.technical_account_id);
                out.texts(ORG, &oauth.org);
                out.finish()
            }
        }
    }

    pub fn decode(encoded: &Secret) -> Result<Self, Problem> {
        let bytes = encoded.expose();
        let (kind, rest) = bytes.split_first().ok_or_else(damaged)?;
        let fields = read_fields(rest)?;
        match *kind {
            SERVICE => read_service(&fields).map(Self::Service),
            OAUTH => Ok(Self::Oauth(OauthCredential {
                ims_host: required(&fields, IMS_HOST)?,
                client_id: required(&fields, CLIENT_ID)?,
                client_secrets: values(&fields, CLIENT_SECRET)
                    .map(|value| Secret::new(value.to_vec()))
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

fn read_service(fields: &[Tagged<'_>]) -> Result<ServiceCredentials, Problem> {
    let secret = |tag| {
        let value = first(fields, tag).ok_or_else(damaged)?;
        Ok::<_, Problem>(Secret::new(value.to_vec()))
    };
    let private_key = PrivateKey::from_pkcs1_der(secret(KEY)?)?;
    let certificate = match (first(fields, BEFORE_KEY), first(fields, AFTER_KEY)) {
        (Some(before), Some(after)) => {
            let der = [before, private_key.public_key(), after].concat();
            Some(Certificate::from_der(&der)?)
        }
        _ => first(fields, CERTIFICATE)
            .map(Certificate::from_der)
            .transpose()?,
    };
    Ok(ServiceCredentials {
        ims_host: required(fields, IMS_HOST)?,
        metascopes: all(fields, SCOPE)?,
        client_id: required(fields, CLIENT_ID)?,
        client_secret: secret(CLIENT_SECRET)?,
        email: optional(fields, EMAIL)?,
        technical_account_id: required(fields, ACCOUNT)?,
        org: required(fields, ORG)?,
        private_key,
        certificate,
        declared_not_after: first(fields, DECLARED_EXPIRY).map(time).transpose()?,
    })
}

/// Returns the parts of the certificate before and after its public key, which the private key restores: this saves 270
/// bytes.
fn around_key<'a>(certificate: &'a Certificate, key: &PrivateKey) -> Option<(&'a [u8], &'a [u8])> {
    let public = key.public_key();
    let der = certificate.der.as_slice();
    let at = der.windows(public.len()).position(|part| part == public)?;
    Some((&der[..at], &der[at + public.len()..]))
}

const OPAQUE: u8 = 1;
const JWT: u8 = 2;
const TOKEN: u8 = 1;
const SEGMENT: u8 = 2;
const EXPIRES: u8 = 3;

impl AccessToken {
    /// Encodes the token. The segments of a JWT are stored decoded, a quarter shorter, if encoding them again gives exactly
    /// the same text.
    pub fn encode(&self) -> Secret {
        let text = self.secret.expose();
        let segments: Option<Vec<Zeroizing<Vec<u8>>>> = text
            .split(|byte| *byte == b'.')
            .map(|segment| URL_SAFE_NO_PAD.decode(segment).ok().map(Zeroizing::new))
            .collect();
        let mut out = match &segments {
            Some(segments) if join(segments).expose() == text => {
                let mut out = Fields::new(JWT);
                for segment in segments {
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
        let end = self.expires_at.map(millis);
        if let Some(end) = &end {
            out.field(EXPIRES, end);
        }
        out.finish()
    }

    pub fn decode(encoded: &Secret) -> Result<Self, Problem> {
        let (kind, rest) = encoded.expose().split_first().ok_or_else(damaged)?;
        let fields = read_fields(rest)?;
        let secret = match *kind {
            OPAQUE => Secret::new(first(&fields, TOKEN).ok_or_else(damaged)?.to_vec()),
            JWT => {
                let segments: Vec<_> = values(&fields, SEGMENT)
                    .map(|value| Zeroizing::new(value.to_vec()))
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

fn join(segments: &[Zeroizing<Vec<u8>>]) -> Secret {
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

/// Fields to write, each as tag, length (two bytes, big-endian) and value.
struct Fields<'a> {
    kind: u8,
    fields: Vec<Tagged<'a>>,
}

impl<'a> Fields<'a> {
    fn new(kind: u8) -> Self {
        Self {
            kind,
            fields: Vec::new(),
        }
    }

    fn field(&mut self, tag: u8, value: &'a [u8]) {
        self.fields.push((tag, value));
    }

    fn texts(&mut self, tag: u8, values: impl IntoIterator<Item = &'a String>) {
        for value in values {
            self.field(tag, value.as_bytes());
        }
    }

    /// Writes all fields. The buffer is allocated once: a reallocation would leave copies of secrets in freed memory.
    fn finish(self) -> Secret {
        let length: usize = self.fields.iter().map(|(_, value)| 3 + value.len()).sum();
        let mut out = Vec::with_capacity(1 + length);
        out.push(self.kind);
        for (tag, value) in self.fields {
            // The parsers limit every value to far less than 64 KiB.
            let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
            out.push(tag);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&value[..usize::from(length)]);
        }
        debug_assert_eq!(out.len(), 1 + length, "a value was truncated");
        Secret::new(out)
    }
}

type Tagged<'a> = (u8, &'a [u8]);

fn read_fields(mut rest: &[u8]) -> Result<Vec<Tagged<'_>>, Problem> {
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

/// Returns the values of all fields with this tag.
fn values<'a>(fields: &[Tagged<'a>], tag: u8) -> impl Iterator<Item = &'a [u8]> {
    fields
        .iter()
        .filter(move |(known, _)| *known == tag)
        .map(|(_, value)| *value)
}

fn first<'a>(fields: &[Tagged<'a>], tag: u8) -> Option<&'a [u8]> {
    values(fields, tag).next()
}

fn text(value: &[u8]) -> Result<String, Problem> {
    String::from_utf8(value.to_vec()).map_err(|_| damaged())
}

fn required(fields: &[Tagged<'_>], tag: u8) -> Result<String, Problem> {
    text(first(fields, tag).ok_or_else(damaged)?)
}

fn optional(fields: &[Tagged<'_>], tag: u8) -> Result<Option<String>, Problem> {
    first(fields, tag).map(text).transpose()
}

fn all(fields: &[Tagged<'_>], tag: u8) -> Result<Vec<String>, Problem> {
    values(fields, tag).map(text).collect()
}

fn millis(time: Timestamp) -> [u8; 8] {
    time.as_millisecond().to_be_bytes()
}

fn time(value: &[u8]) -> Result<Timestamp, Problem> {
    let bytes: [u8; 8] = value.try_into().map_err(|_| damaged())?;
    Timestamp::from_millisecond(i64::from_be_bytes(bytes).min(LATEST.as_millisecond()))
        .map_err(|_| damaged())
}

fn damaged() -> Problem {
    Problem::new(Code::ItemDamaged, "a stored item cannot be read")
        .cause("its content is damaged")
        .next_step(guidance![
            "to see which one, ",
            NextStep::Doctor,
            "; then add the file again",
        ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip_exactly() {
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
            let back = AccessToken::decode(&token.encode()).unwrap();
            assert_eq!(back.secret.expose(), text.as_bytes());
            assert_eq!(back.expires_at, token.expires_at);
        }
    }

    #[test]
    fn jwts_are_stored_decoded() {
        let text = format!("{0}.{0}.{0}", "eyJh".repeat(300));
        let token =
            AccessToken::from_response(Secret::from(text.as_str()), None, Timestamp::UNIX_EPOCH)
                .unwrap();
        let encoded = token.encode();
        assert_eq!(encoded.len(), 1 + 3 * (3 + 900));
    }

    #[test]
    fn expiry_is_limited_to_the_latest_time() {
        for end in [Timestamp::MAX, LATEST, Timestamp::UNIX_EPOCH] {
            let mut token =
                AccessToken::from_response(Secret::from("a"), None, Timestamp::UNIX_EPOCH).unwrap();
            token.expires_at = Some(end);
            let back = AccessToken::decode(&token.encode()).unwrap();
            assert_eq!(back.expires_at, Some(end.min(LATEST)));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_token_round_trips(text in "[A-Za-z0-9_.-]{1,300}", end in proptest::option::of(0i64..4_000_000_000_000)) {
            let mut token = AccessToken::from_response(Secret::from(text.as_str()), None, Timestamp::UNIX_EPOCH).unwrap();
            token.expires_at = end.map(|millis| Timestamp::from_millisecond(millis).unwrap());
            let back = AccessToken::decode(&token.encode()).unwrap();
            proptest::prop_assert_eq!(back.secret.expose(), text.as_bytes());
            proptest::prop_assert_eq!(back.expires_at, token.expires_at);
            proptest::prop_assert_eq!(back.claims, token.claims);
        }

        #[test]
        fn any_oauth_credential_round_trips(
            words in proptest::collection::vec("[!-~]{0,40}", 1..12),
            org in proptest::option::of("[!-~]{1,40}"),
        ) {
            let oauth = OauthCredential {
                ims_host: "ims-na1.adobelogin.com".into(),
                client_id: words[0].clone(),
                client_secrets: words.iter().map(|word| Secret::from(word.as_str())).collect(),
                scopes: words.clone(),
                org,
                technical_account_id: words.last().cloned(),
                technical_account_email: None,
            };
            let secrets: Vec<Secret> = oauth.client_secrets.iter().map(Secret::duplicate).collect();
            let before = Credential::Oauth(oauth);
            let Ok(Credential::Oauth(back)) = Credential::decode(&before.encode()) else {
                return Err(proptest::test_runner::TestCaseError::fail("not read again"));
            };
            proptest::prop_assert_eq!(back.facts(), before.facts());
            proptest::prop_assert_eq!(back.client_secrets, secrets);
        }

        #[test]
        fn garbage_does_not_panic(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let _ = Credential::decode(&Secret::new(bytes.clone()));
            let _ = AccessToken::decode(&Secret::new(bytes));
        }
    }
}
