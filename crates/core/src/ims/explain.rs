//! Explanations of pasted error texts: JSON, log lines or free text. The text is never repeated, because it may contain tokens.

use super::refusal::Refusal;
use crate::credential::Problem;
use crate::http::{HttpError, ProxyFault, TlsFault};

/// The number of characters that are read of a long log.
const READ_CHARS: usize = 64 * 1024;

/// Explains IMS and network errors, for `aemkeys explain`. `None` if the text is not recognised.
pub fn explain_text(text: &str) -> Option<Problem> {
    let text = text
        .chars()
        .take(READ_CHARS)
        .collect::<String>()
        .to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    by_code(text.trim())
        .or_else(|| by_description(&text))
        .or_else(|| connection(&says))
        .or_else(|| by_error(&text).map(Refusal::problem))
        .or_else(|| by_status(&text).map(Refusal::problem))
}

/// Looks up one of aemkeys' own codes, as `--json` prints them.
fn by_code(code: &str) -> Option<Problem> {
    Refusal::ALL
        .into_iter()
        .map(Refusal::problem)
        .find(|problem| problem.code.as_str() == code)
}

/// Looks up the description, which is more specific than the error code.
fn by_description(text: &str) -> Option<Problem> {
    let table: &[(&str, Refusal)] = &[
        ("could not match jwt signature", Refusal::KeyNotBound),
        ("invalid_signature", Refusal::KeyNotBound),
        (
            "jwt token is incorrectly formatted",
            Refusal::AssertionMalformed,
        ),
        ("subset of the metascopes", Refusal::Metascopes),
        ("invalid client_id parameter", Refusal::UnknownClient),
        ("invalid client_secret parameter", Refusal::WrongSecret),
    ];
    table
        .iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, refusal)| refusal.problem())
}

/// Looks up the connection errors of Node, Java, curl, Python and Go.
fn connection(says: &dyn Fn(&[&str]) -> bool) -> Option<Problem> {
    let host = || "the host".to_owned();
    let tls = |fault| HttpError::Tls {
        host: host(),
        fault,
    };
    let error = if says(&[
        "self signed certificate",
        "self-signed certificate",
        "self_signed_cert",
        "unable to get local issuer",
        "unable_to_get_issuer",
        "unable_to_verify_leaf_signature",
        "unable to verify the first certificate",
        "unknownissuer",
        "unknown issuer",
        "unknown authority",
        "pkix path building failed",
        "certificate_verify_failed",
    ]) {
        tls(TlsFault::UnknownIssuer)
    } else if says(&["cert_has_expired", "certificate has expired"]) {
        tls(TlsFault::Expired)
    } else if says(&[
        "err_tls_cert_altname_invalid",
        "hostname/ip does not match certificate",
        "no alternative certificate subject name",
    ]) {
        tls(TlsFault::WrongName)
    } else if says(&[
        "proxy authentication required",
        "proxy authorization required",
    ]) {
        HttpError::Proxy {
            proxy: "in between".into(),
            reason: ProxyFault::CredentialsRequired,
        }
    } else if says(&[
        "enotfound",
        "eai_again",
        "could not resolve host",
        "unknownhostexception",
    ]) {
        HttpError::NameNotFound { host: host() }
    } else if says(&["econnrefused", "connection refused"]) {
        HttpError::ConnectionRefused { host: host() }
    } else if says(&["etimedout", "connection timed out", "connect timed out"]) {
        let mut problem = HttpError::TimedOut {
            host: host(),
            seconds: 0,
        }
        .problem();
        "the connection timed out".clone_into(&mut problem.message);
        return Some(problem);
    } else if says(&["econnreset", "socket hang up", "connection reset"]) {
        HttpError::Broken {
            host: host(),
            reason: "it was reset".into(),
        }
    } else {
        return None;
    };
    Some(error.problem())
}

fn by_error(text: &str) -> Option<Refusal> {
    let has = |word: &str| has_word(text, word);
    if has("invalid_token") && (text.contains("www-authenticate") || text.contains("bearer realm"))
    {
        // AEM's header, not IMS's body.
        return None;
    }
    if has("invalid_scope") {
        Some(Refusal::Scopes)
    } else if has("invalid_token") {
        Some(Refusal::AssertionRefused)
    } else if has("invalid_client") || has("unauthorized_client") {
        Some(Refusal::NotEntitled)
    } else if has("internal_error") {
        Some(Refusal::InternalError)
    } else if has("bad_request") {
        Some(Refusal::BadClaims)
    } else {
        None
    }
}

fn by_status(text: &str) -> Option<Refusal> {
    if text.contains("too many requests") || text.contains("throttl") || has_word(text, "429") {
        Some(Refusal::Throttled)
    } else if has_word(text, "407") {
        Some(Refusal::ProxyAnswered)
    } else {
        None
    }
}

/// `429` in "HTTP 429:", but not in an id, a time or a longer number.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    text.match_indices(word).any(|(at, _)| {
        let after = &text[at + word.len()..];
        // A full stop may follow.
        let after = after.strip_prefix('.').unwrap_or(after);
        !text[..at].ends_with(is_part) && !after.starts_with(is_part)
    })
}
