//! What is in an access token, and how is one read from what a person pastes?

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::text::clean;
use super::{Problem, Secret, TokenFacts};

/// IMS tokens are 1.1 to 2.5 KB.
const MAX_BYTES: usize = 16 * 1024;

/// Above this a lifetime cannot be seconds (ten days): IMS writes milliseconds in some places.
const MOST_SECONDS: i64 = 864_000;

/// An IMS access token with what its claims say.
#[derive(Debug)]
pub struct AccessToken {
    pub secret: Secret,
    pub claims: TokenClaims,
    /// From the claims; else from the response; else unknown.
    pub expires_at: Option<Timestamp>,
}

/// The readable claims, sanitised. IMS writes `created_at` and `expires_in` as strings of milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaims {
    pub token_type: Option<String>,
    pub client_id: Option<String>,
    pub user_id: Option<String>,
    /// The claim `as`: which IMS minted it, `ims-na1`.
    pub authorization_server: Option<String>,
    pub scopes: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

impl AccessToken {
    /// From what a person pastes: `Bearer ..`, `Authorization: ..`, quotes, white space and line wraps allowed.
    /// JSON is taken apart by [`crate::credential::detect`].
    pub fn from_pasted(text: &str) -> Result<Self, Problem> {
        let mut rest = text.trim().trim_matches(is_quote).trim();
        if let Some(value) = strip_prefix_ignoring_case(rest, "authorization:") {
            rest = value.trim().trim_matches(is_quote).trim();
        }
        if let Some(value) = strip_prefix_ignoring_case(rest, "bearer ") {
            rest = value.trim().trim_matches(is_quote).trim();
        }
        // A terminal wraps a long token; the pieces belong together.
        let mut token = Zeroizing::new(String::with_capacity(rest.len()));
        token.extend(rest.chars().filter(|c| !c.is_whitespace()));
        if token.len() > MAX_BYTES {
            return Err(not_a_token("it is much longer than a token"));
        }
        let payload = payload(&token).ok_or_else(|| {
            not_a_token(
                "an access token is three groups of letters and digits with dots between them",
            )
        })?;
        let secret = Secret::from(token.as_str());
        Self::from_payload(secret, &payload)
    }

    fn from_payload(secret: Secret, payload: &Value) -> Result<Self, Problem> {
        let claims = read_claims(payload);
        match claims.token_type.as_deref() {
            Some("access_token") => {}
            Some("refresh_token") => return Err(wrong_token("a refresh token")),
            Some("id_token") => return Err(wrong_token("an id token")),
            Some(_) => return Err(wrong_token("another kind of token")),
            None if payload.get("aud").is_some() && payload.get("iss").is_some() => {
                return Err(wrong_token(
                    "an assertion (the JWT that is exchanged), or another service's token",
                ));
            }
            None => {
                return Err(wrong_token(
                    "another service's token: its claim `type` is missing",
                ));
            }
        }
        Ok(Self {
            expires_at: claims.expires_at,
            secret,
            claims,
        })
    }

    /// From an IMS response. `lifetime_millis` is used only when the claims do not tell.
    pub fn from_response(
        token: Secret,
        lifetime_millis: Option<i64>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let text = std::str::from_utf8(token.expose()).unwrap_or_default();
        // The alphabet of RFC 6750: anything else could break a header, a shell line or a JSON text.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if text.is_empty() || text.len() > MAX_BYTES || !text.bytes().all(plain) {
            return Err(Problem::new(
                "ims-answer-unusable",
                "IMS answered with a token that cannot be used",
            )
            .cause(
                "access_token is empty, too long, or holds characters that a token does not have",
            )
            .next_step(
                "try again; if it stays, something between here and Adobe changes the answers",
            ));
        }
        let claims = payload(text)
            .map(|payload| read_claims(&payload))
            .unwrap_or_default();
        let told = lifetime_millis
            .filter(|millis| *millis > 0)
            .and_then(|millis| {
                now.checked_add(jiff::SignedDuration::from_millis(millis))
                    .ok()
            });
        Ok(Self {
            expires_at: claims.expires_at.or(told),
            claims,
            secret: token,
        })
    }

    pub fn facts(&self, obtained_at: Timestamp) -> TokenFacts {
        TokenFacts {
            expires_at: self.expires_at,
            fingerprint: self.secret.fingerprint(),
            obtained_at,
        }
    }

    /// All claims as pretty JSON for the claims page: sanitised, bounded. Never the signature.
    pub fn claims_json(&self) -> String {
        let text = std::str::from_utf8(self.secret.expose()).unwrap_or_default();
        match payload(text) {
            Some(payload) => super::text::clean_lines(
                &serde_json::to_string_pretty(&payload).unwrap_or_default(),
                20_000,
            ),
            None => "this token has no readable claims".to_owned(),
        }
    }
}

/// A lifetime as IMS writes it: milliseconds at `/ims/exchange/jwt`, seconds at `/ims/token/v3`.
pub fn lifetime_millis(value: i64, in_seconds: bool) -> i64 {
    if in_seconds && value <= MOST_SECONDS {
        value.saturating_mul(1000)
    } else {
        value
    }
}

fn payload(token: &str) -> Option<Value> {
    let mut segments = token.split('.');
    let (header, payload, signature) = (segments.next()?, segments.next()?, segments.next()?);
    if segments.next().is_some() || signature.is_empty() {
        return None;
    }
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    header.get("alg")?;
    URL_SAFE_NO_PAD.decode(signature).ok()?;
    let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    value.is_object().then_some(value)
}

fn read_claims(payload: &Value) -> TokenClaims {
    let text = |name: &str| {
        payload
            .get(name)
            .and_then(Value::as_str)
            .map(|t| clean(t, 200))
    };
    let created = payload.get("created_at").and_then(millis);
    let lifetime = payload.get("expires_in").and_then(millis);
    let at = |millis: i64| Timestamp::from_millisecond(millis).ok();
    let expires_at = match (created, lifetime) {
        (Some(created), Some(lifetime)) => created.checked_add(lifetime).and_then(at),
        _ => None,
    };
    // Not IMS's way, but the standard's: seconds.
    let standard = || {
        let seconds = payload.get("exp").and_then(Value::as_i64)?;
        Timestamp::from_second(seconds).ok()
    };
    TokenClaims {
        token_type: text("type"),
        client_id: text("client_id"),
        user_id: text("user_id"),
        authorization_server: text("as"),
        scopes: text("scope")
            .map(|scopes| scopes.split(',').map(|s| s.trim().to_owned()).collect())
            .unwrap_or_default(),
        created_at: created.and_then(at),
        expires_at: expires_at.or_else(standard),
    }
}

/// A number of milliseconds, as a string (IMS) or a number.
fn millis(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
    .filter(|millis| *millis >= 0)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '“' | '”' | '‘' | '’')
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

fn not_a_token(why: &'static str) -> Problem {
    Problem::new("input-not-recognised", "this is neither a credential nor an access token")
        .cause(why)
        .next_step("give the JSON file of the AEM Developer Console, or the whole token: nothing of it may be missing")
}

fn wrong_token(what: &str) -> Problem {
    Problem::new("token-wrong-kind", format!("this is {what}, not an access token"))
        .cause("AEM takes IMS access tokens only")
        .next_step("copy the field accessToken: AEM Developer Console, Integrations, Local token, Get Local Development Token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", encode(r#"{"alg":"RS256"}"#), encode(payload))
    }

    const GOOD: &str = r#"{"type":"access_token","client_id":"c","as":"ims-na1","created_at":"1700000000000","expires_in":"86400000","scope":"a, b"}"#;

    #[test]
    fn the_end_is_in_the_claims_as_strings_of_milliseconds() {
        let token = AccessToken::from_pasted(&jwt(GOOD)).unwrap();
        assert_eq!(token.expires_at.unwrap().as_second(), 1_700_086_400);
        assert_eq!(token.claims.scopes, ["a", "b"]);
    }

    #[test]
    fn pasted_in_every_way() {
        let bare = jwt(GOOD);
        let wrapped = format!("{}\r\n  {}", &bare[..40], &bare[40..]);
        for text in [
            format!("Bearer {bare}"),
            format!("authorization: bearer  {bare}\n"),
            format!("  \"{bare}\" "),
            format!("'Bearer {bare}'"),
            wrapped,
        ] {
            let token = AccessToken::from_pasted(&text).unwrap();
            assert_eq!(token.secret, Secret::from(bare.as_str()));
        }
    }

    #[test]
    fn other_tokens_are_named() {
        for (payload, code) in [
            (r#"{"type":"refresh_token"}"#, "token-wrong-kind"),
            (r#"{"iss":"x","aud":"y"}"#, "token-wrong-kind"),
            (r#"{}"#, "token-wrong-kind"),
        ] {
            assert_eq!(
                AccessToken::from_pasted(&jwt(payload)).unwrap_err().code,
                code
            );
        }
        assert_eq!(
            AccessToken::from_pasted("a.b.c").unwrap_err().code,
            "input-not-recognised"
        );
    }

    #[test]
    fn a_response_with_a_line_end_in_it_is_refused() {
        let now = Timestamp::UNIX_EPOCH;
        for bad in ["", "a\nb", "a b", "a\"b", "ä"] {
            assert!(AccessToken::from_response(Secret::from(bad), None, now).is_err());
        }
        let opaque = AccessToken::from_response(Secret::from("opaque"), Some(1000), now).unwrap();
        assert_eq!(opaque.expires_at.unwrap().as_second(), 1);
    }

    #[test]
    fn units() {
        assert_eq!(lifetime_millis(86_399, true), 86_399_000);
        assert_eq!(lifetime_millis(86_399_999, true), 86_399_999);
        assert_eq!(lifetime_millis(86_399_999, false), 86_399_999);
    }
}
