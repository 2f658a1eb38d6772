//! Access tokens: their claims, and how they are read from pasted text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::strict_json::{Field, StrictJson};
use super::text::{clean, clean_lines};
use super::unrecognised::{ONLY_ACCESS_TOKENS, TOKEN_PLACE, edge_delivery};
use super::{Code, Problem, Secret, TokenFacts};
use crate::time;

/// IMS tokens are 1.1 to 2.5 KB.
const MAX_BYTES: usize = 16 * 1024;
const MAX_CLAIM_CHARS: usize = 200;
const MAX_CLAIMS_CHARS: usize = 20_000;
const MAX_SCOPES: usize = 100;

/// The longest lifetime in seconds (ten days). A larger value is in milliseconds, which some IMS endpoints use.
const MAX_SECONDS: i64 = 864_000;

/// An IMS access token with its claims.
#[derive(Debug)]
pub struct AccessToken {
    pub secret: Secret,
    pub claims: TokenClaims,
    /// From the claims, else from the response, else `None`.
    pub expires_at: Option<Timestamp>,
}

/// The sanitised claims. IMS writes `created_at` and `expires_in` as strings in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaims {
    pub token_type: Option<String>,
    pub client_id: Option<String>,
    pub user_id: Option<String>,
    /// The claim `as`: the IMS that issued it, `ims-na1`.
    pub authorization_server: Option<String>,
    pub scopes: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

impl AccessToken {
    /// Reads a pasted token. Accepts `Bearer ..`, `Authorization: ..`, quotes, white space and line breaks.
    /// JSON is parsed by [`detect`](fn@crate::credential::detect).
    pub fn from_pasted(text: &str) -> Result<Self, Problem> {
        let mut rest = unquoted(text);
        for prefix in ["-H", "authorization:", "bearer"] {
            if let Some(value) = strip_prefix_ignoring_case(rest, prefix) {
                rest = unquoted(value);
            }
        }
        if rest.len() > 2 * MAX_BYTES {
            return Err(not_a_token("it is much longer than a token"));
        }
        let token = unwrapped(rest)?;
        if token.len() > MAX_BYTES {
            return Err(not_a_token("it is much longer than a token"));
        }
        if token.matches('.').count() > 2 && token.matches("eyJ").count() > 3 {
            return Err(not_a_token("it contains several tokens; paste only one"));
        }
        let payload = payload(&token)
            .ok_or_else(|| not_a_token("an access token has three parts, separated by dots"))?;
        let secret = Secret::from(token.as_str());
        let token = Self::from_payload(secret, &payload)?;
        if is_cut_off(&token.secret) {
            return Err(Problem::new(
                Code::TokenCutOff,
                "part of this token is missing, or the pasted text contains something else",
            )
            .cause("its signature does not have the length that its header requires")
            .next_step(
                "copy it again with the copy button of the console, or paste the whole JSON",
            ));
        }
        Ok(token)
    }

    fn from_payload(secret: Secret, payload: &StrictJson) -> Result<Self, Problem> {
        let claims = read_claims(payload);
        let root = payload.root();
        let issuer = root.get("iss").and_then(|field| field.as_str());
        if issuer.is_some_and(|issuer| issuer.contains("hlx.page") || issuer.contains("aem.live")) {
            return Err(edge_delivery());
        }
        if has_negative_lifetime(&root) {
            return Err(not_a_token("its lifetime (expires_in) is negative"));
        }
        match claims.token_type.as_deref() {
            Some("access_token") => {}
            Some("refresh_token") => return Err(wrong_token("a refresh token")),
            Some("id_token") => return Err(wrong_token("an id token")),
            Some(_) => return Err(wrong_token("another kind of token")),
            None if payload.root().has("aud") && payload.root().has("iss") => {
                return Err(wrong_token(
                    "an assertion (the JWT that is exchanged), or another service's token",
                ));
            }
            None => {
                return Err(wrong_token(
                    "another service's token (its claim `type` is missing)",
                ));
            }
        }
        Ok(Self {
            expires_at: claims.expires_at,
            secret,
            claims,
        })
    }

    /// Reads the token of an IMS response. `lifetime_millis` is used only if the claims have no expiry.
    pub fn from_response(
        token: Secret,
        lifetime_millis: Option<i64>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let text = std::str::from_utf8(token.expose()).unwrap_or_default();
        // The characters of RFC 6750: any other could break a header, a shell command or JSON.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if text.is_empty() || text.len() > MAX_BYTES || !text.bytes().all(plain) {
            return Err(Problem::of(
                Code::ImsAnswerUnusable,
                "IMS answered with an unusable token",
            )
            .cause("access_token is empty, too long, or contains invalid characters"));
        }
        let claims = payload(text)
            .map(|payload| read_claims(&payload))
            .unwrap_or_default();
        let from_lifetime = lifetime_millis
            .filter(|millis| *millis > 0)
            .and_then(|millis| {
                // Whole milliseconds, like the claims and the stored format.
                let end = now.as_millisecond().checked_add(millis)?;
                Timestamp::from_millisecond(end).ok()
            });
        Ok(Self {
            expires_at: claims.expires_at.or(from_lifetime),
            claims,
            secret: token,
        })
    }

    pub fn facts(&self, obtained_at: Timestamp) -> TokenFacts {
        TokenFacts {
            expires_at: self.expires_at,
            fingerprint: self.secret.fingerprint(),
            obtained_at,
            of_account: self.is_of_account(),
        }
    }

    /// True for a token of a technical account, as an exchange returns it.
    pub fn is_of_account(&self) -> bool {
        let user = self.claims.user_id.as_deref().unwrap_or_default();
        user.ends_with("@techacct.adobe.com")
    }

    /// Returns whose token it is: the e-mail or the name, if a claim has it, and the user id.
    pub fn owner(&self) -> Option<String> {
        let text = std::str::from_utf8(self.secret.expose()).unwrap_or_default();
        let payload = json(text, 1);
        let claim = |name: &'static str| {
            let field = payload.as_ref()?.root().get(name)?;
            let text = clean(field.as_str()?, MAX_CLAIM_CHARS);
            (!text.is_empty()).then_some(text)
        };
        let mut names = ["email", "preferred_username", "name"].into_iter();
        match (names.find_map(claim), self.claims.user_id.clone()) {
            (Some(name), Some(id)) if name != id => Some(format!("{name} ({id})")),
            (name, id) => name.or(id),
        }
    }

    /// Formats the claims as JSON for the claims page: sanitised, limited in length, with readable times and without the
    /// signature.
    pub fn claims_json(&self) -> String {
        let text = std::str::from_utf8(self.secret.expose()).unwrap_or_default();
        let claims = segment(text, 1).and_then(|json| serde_json::from_slice(&json).ok());
        let Some(serde_json::Value::Object(mut claims)) = claims else {
            return "this token has no readable claims".to_owned();
        };
        let annotate = |claims: &mut serde_json::Map<_, _>, name: &str, note: Option<String>| {
            if let (Some(value), Some(note)) = (claims.get_mut(name), note) {
                let number = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                *value = serde_json::Value::String(format!("{number} ({note})"));
            }
        };
        let exact = |at| time::date_time(at, &TimeZone::UTC);
        annotate(&mut claims, "created_at", self.claims.created_at.map(exact));
        let expiry = self
            .claims
            .expires_at
            .map(|end| format!("expires {}", exact(end)));
        annotate(&mut claims, "expires_in", expiry);
        let pretty = serde_json::to_string_pretty(&claims).unwrap_or_default();
        clean_lines(&pretty, MAX_CLAIMS_CHARS)
    }
}

/// Converts a lifetime of IMS: milliseconds at `/ims/exchange/jwt`, seconds at `/ims/token/v3`.
pub fn lifetime_millis(value: i64, in_seconds: bool) -> i64 {
    if in_seconds && value <= MAX_SECONDS {
        value.saturating_mul(1000)
    } else {
        value
    }
}

fn segment(token: &str, position: usize) -> Option<Zeroizing<Vec<u8>>> {
    let segment = token.split('.').nth(position)?;
    URL_SAFE_NO_PAD.decode(segment).ok().map(Zeroizing::new)
}

fn json(token: &str, position: usize) -> Option<StrictJson> {
    let bytes = segment(token, position)?;
    let document = StrictJson::parse(std::str::from_utf8(&bytes).ok()?).ok()?;
    document.root().is_object().then_some(document)
}

/// Returns the claims, if the text is a JWT.
fn payload(token: &str) -> Option<StrictJson> {
    if token.split('.').count() != 3 {
        return None;
    }
    json(token, 0)?.root().get("alg")?;
    json(token, 1)
}

/// Whether the signature has the wrong length. An RS256 signature is as long as its key: 256, 384 or 512 bytes.
fn is_cut_off(token: &Secret) -> bool {
    let text = std::str::from_utf8(token.expose()).unwrap_or_default();
    let signature = segment(text, 2).unwrap_or_default();
    let header = json(text, 0);
    let algorithm = header
        .as_ref()
        .and_then(|header| header.root().get("alg")?.as_str());
    match algorithm {
        Some("RS256") => !matches!(signature.len(), 256 | 384 | 512),
        _ => signature.is_empty(),
    }
}

fn read_claims(payload: &StrictJson) -> TokenClaims {
    let payload = payload.root();
    let text = |name: &'static str| Some(clean(payload.get(name)?.as_str()?, MAX_CLAIM_CHARS));
    let created = payload
        .get("created_at")
        .and_then(|field| field.as_millis());
    let lifetime = payload
        .get("expires_in")
        .and_then(|field| field.as_millis());
    let at = |millis: i64| Timestamp::from_millisecond(millis).ok();
    let expires_at = match (created, lifetime) {
        (Some(created), Some(lifetime)) => created.checked_add(lifetime).and_then(at),
        _ => None,
    };
    // The standard claim, in seconds. IMS does not use it.
    let standard = || {
        let seconds = payload.get("exp")?.as_millis()?;
        Timestamp::from_second(seconds).ok()
    };
    let scopes = payload.get("scope");
    TokenClaims {
        token_type: text("type"),
        client_id: text("client_id"),
        user_id: text("user_id"),
        authorization_server: text("as"),
        scopes: scopes
            .as_ref()
            .and_then(Field::as_str)
            .unwrap_or_default()
            .split([',', ' '])
            .map(|scope| clean(scope, MAX_CLAIM_CHARS))
            .filter(|scope| !scope.is_empty())
            .take(MAX_SCOPES)
            .collect(),
        created_at: created.and_then(at),
        expires_at: expires_at.or_else(standard),
    }
}

/// Removes surrounding white space and quotes.
fn unquoted(text: &str) -> &str {
    text.trim_matches(|c: char| is_around(c) || is_quote(c) || c == ',' || c == ';')
}

/// Joins the lines of a token that a terminal wrapped. A space within a line is an error.
fn unwrapped(text: &str) -> Result<Zeroizing<String>, Problem> {
    let mut token = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.lines().flat_map(|line| line.split('\r')) {
        let line = line.trim_matches(is_around);
        if line.contains(char::is_whitespace) {
            return Err(not_a_token(
                "it contains spaces, which a token cannot; paste only one token at a time",
            ));
        }
        token.push_str(line);
    }
    Ok(token)
}

/// White space and invisible characters that chats, wikis and PDFs put around a text.
pub(super) fn is_around(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '“' | '”' | '‘' | '’')
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

fn has_negative_lifetime(claims: &Field<'_>) -> bool {
    let text = claims.get("expires_in").map(|field| field.scalar_text());
    text.is_some_and(|text| text.trim().starts_with('-'))
}

fn not_a_token(why: &'static str) -> Problem {
    Problem::new(
        Code::InputNotRecognised,
        "not recognised as a credential or an access token",
    )
    .cause(why)
    .next_step("paste the whole JSON file from the AEM Developer Console, or the whole token")
}

fn wrong_token(what: &str) -> Problem {
    Problem::new(
        Code::TokenWrongKind,
        format!("this is {what}, not an access token"),
    )
    .cause(ONLY_ACCESS_TOKENS)
    .next_step(TOKEN_PLACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signature = URL_SAFE_NO_PAD.encode([7; 256]);
        let header = encode(r#"{"alg":"RS256"}"#);
        format!("{header}.{}.{signature}", encode(payload))
    }

    const GOOD: &str = r#"{"type":"access_token","client_id":"c","as":"ims-na1","created_at":"1700000000000","expires_in":"86400000","scope":"a, b"}"#;

    #[test]
    fn expiry_is_read_from_strings_in_milliseconds() {
        let token = AccessToken::from_pasted(&jwt(GOOD)).unwrap();
        assert_eq!(token.expires_at.unwrap().as_second(), 1_700_086_400);
        assert_eq!(token.claims.scopes, ["a", "b"]);
    }

    #[test]
    fn token_over_sixteen_kibibytes_is_refused() {
        let of = |bytes: usize| {
            let text = "x".repeat(bytes);
            AccessToken::from_response(Secret::from(text.as_str()), None, Timestamp::UNIX_EPOCH)
        };
        assert!(of(MAX_BYTES).is_ok());
        assert_eq!(of(MAX_BYTES + 1).unwrap_err().code, Code::ImsAnswerUnusable);
    }

    #[test]
    fn missing_lifetime_is_not_an_expiry() {
        let of = |millis| {
            AccessToken::from_response(Secret::from("x"), Some(millis), Timestamp::UNIX_EPOCH)
                .unwrap()
                .expires_at
        };
        assert_eq!(of(0), None);
        assert_eq!(of(-1), None);
        assert_eq!(of(1).unwrap().as_millisecond(), 1);
    }

    #[test]
    fn every_pasted_form_is_read() {
        let bare = jwt(GOOD);
        let wrapped = format!("{}\r\n  {}", &bare[..40], &bare[40..]);
        for text in [
            format!("Bearer {bare}"),
            format!("authorization: bearer  {bare}\n"),
            format!("  \"{bare}\" "),
            format!("'Bearer {bare}'"),
            format!("-H 'Authorization: Bearer {bare}'"),
            format!("“{bare}”,"),
            format!("Bearer\n{bare}"),
            wrapped,
        ] {
            let token = AccessToken::from_pasted(&text).unwrap();
            assert_eq!(token.secret, Secret::from(bare.as_str()));
        }
    }

    #[test]
    fn other_kinds_of_tokens_are_refused() {
        for (payload, code) in [
            (r#"{"type":"refresh_token"}"#, "token-wrong-kind"),
            (r#"{"iss":"x","aud":"y"}"#, "token-wrong-kind"),
            ("{}", "token-wrong-kind"),
        ] {
            assert_eq!(
                AccessToken::from_pasted(&jwt(payload))
                    .unwrap_err()
                    .code
                    .as_str(),
                code
            );
        }
        assert_eq!(
            AccessToken::from_pasted("a.b.c").unwrap_err().code,
            Code::InputNotRecognised
        );
    }

    #[test]
    fn response_with_invalid_characters_is_refused() {
        let now = Timestamp::UNIX_EPOCH;
        for bad in ["", "a\nb", "a b", "a\"b", "ä"] {
            assert!(AccessToken::from_response(Secret::from(bad), None, now).is_err());
        }
        let opaque = AccessToken::from_response(Secret::from("opaque"), Some(1000), now).unwrap();
        assert_eq!(opaque.expires_at.unwrap().as_second(), 1);
    }

    #[test]
    fn incomplete_or_several_tokens_are_refused() {
        let good = jwt(GOOD);
        for (text, code) in [
            (format!("{good} {good}"), "input-not-recognised"),
            (format!("{good}\n{good}"), "input-not-recognised"),
            (format!("token is {good}"), "input-not-recognised"),
            (format!("{good}\nok"), "token-cut-off"),
            (format!("{good}{good}"), "input-not-recognised"),
            (good[..good.len() - 40].to_owned(), "token-cut-off"),
            (good[40..].to_owned(), "input-not-recognised"),
            (good.replace('.', ""), "input-not-recognised"),
            ("x".repeat(40_000), "input-not-recognised"),
        ] {
            let problem = AccessToken::from_pasted(&text).unwrap_err();
            assert_eq!(problem.code.as_str(), code, "{}", text.len());
            assert!(!format!("{problem:?}").contains("eyJ"));
        }
    }

    #[test]
    fn shown_claims_are_sanitised_and_without_the_signature() {
        let payload = GOOD.replace(r#""c""#, r#""c\u001b[31m\u202e""#);
        let token = AccessToken::from_pasted(&jwt(&payload)).unwrap();
        assert_eq!(token.claims.client_id.as_deref(), Some("c"));
        let shown = token.claims_json();
        assert!(
            shown.contains("1700000000000 (14 Nov 2023, 22:13:20 UTC)"),
            "{shown}"
        );
        assert!(
            shown.contains("86400000 (expires 15 Nov 2023, 22:13:20 UTC)"),
            "{shown}"
        );
        assert!(!shown.contains(['\u{1b}', '\u{202e}']));
        let signature = URL_SAFE_NO_PAD.encode([7; 256]);
        assert!(!shown.contains(&signature[..20]));
    }

    #[test]
    fn every_scope_of_a_long_list_is_read() {
        let scopes: Vec<String> = (0..80).map(|n| format!("scope_number_{n}")).collect();
        let payload = GOOD.replace("a, b", &scopes.join(","));
        let token = AccessToken::from_pasted(&jwt(&payload)).unwrap();
        assert_eq!(token.claims.scopes, scopes);
    }

    #[test]
    fn lifetime_units_are_recognised() {
        assert_eq!(lifetime_millis(86_399, true), 86_399_000);
        assert_eq!(lifetime_millis(86_399_999, true), 86_399_999);
        assert_eq!(lifetime_millis(86_399_999, false), 86_399_999);
    }
}
