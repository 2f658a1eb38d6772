//! Credentials within other documents: secrets of Kubernetes, AWS, Vault, Azure and Google Cloud, and aio's configuration.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::oauth;
use super::strict_json::{Field, StrictJson};

/// Nested deeper than any known secret store.
const MAX_DEPTH: usize = 8;

/// A credential within a document.
pub(super) enum Embedded<'a> {
    Object(Field<'a>),
    /// Within a string, as JSON.
    Text(StrictJson),
}

/// What a search found.
#[derive(Default)]
pub(super) struct Search<'a> {
    pub credentials: Vec<Embedded<'a>>,
    /// True if aio's login is in it: a person's token for aio.
    pub aio_login: bool,
}

impl<'a> Search<'a> {
    /// Searches the members of an object, at every depth.
    pub fn of(root: &Field<'a>) -> Self {
        let mut search = Self::default();
        for member in root.members() {
            search.visit(&member, 0);
        }
        search
    }

    fn visit(&mut self, field: &Field<'a>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        if is_credential(field) {
            self.credentials.push(Embedded::Object(field.clone()));
            return;
        }
        self.aio_login |= is_aio_login(field);
        if let Some(text) = field.as_str() {
            self.credentials.extend(in_text(text).map(Embedded::Text));
        }
        for member in field.members() {
            self.visit(&member, depth + 1);
        }
    }
}

/// `{"access_token": {"token": .., "expiry": ..}}`
pub(super) fn is_aio_login(field: &Field<'_>) -> bool {
    ["access_token", "refresh_token"]
        .iter()
        .filter_map(|name| field.get(name))
        .any(|token| token.has("token") && token.has("expiry"))
}

fn is_credential(field: &Field<'_>) -> bool {
    let has = |name: &'static str| field.has(name);
    has("technicalAccount")
        || field
            .get("integration")
            .is_some_and(|inner| inner.is_object())
        || (has("imsEndpoint") && has("privateKey"))
        || has("oauth_server_to_server")
        || oauth::has_secret(field)
}

/// Returns the JSON of a credential in a string, also in base64.
pub(super) fn in_text(text: &str) -> Option<StrictJson> {
    let text = text.trim();
    let decoded = if text.starts_with('{') {
        Zeroizing::new(text.to_owned())
    } else {
        decoded(text)?
    };
    let document = StrictJson::parse(decoded.trim()).ok()?;
    let root = document.root();
    let nested = Search::of(&root).credentials.len() == 1;
    (is_credential(&root) || nested).then_some(document)
}

/// Decodes base64, possibly in several lines, to text that may be a file.
pub(super) fn decoded(text: &str) -> Option<Zeroizing<String>> {
    const SHORTEST: usize = 80;
    if text.len() < SHORTEST {
        return None;
    }
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    plain.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut bytes = Zeroizing::new(Vec::with_capacity(base64::decoded_len_estimate(
        plain.len(),
    )));
    STANDARD.decode_vec(&*plain, &mut bytes).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    Some(Zeroizing::new(text.to_owned()))
}
