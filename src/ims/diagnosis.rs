//! What does a refusal of IMS mean, and what is the next step? One table for answers and for pasted texts.

use serde_json::Value;

use crate::credential::Problem;
use crate::credential::text::clean;
use crate::credential::validity::say_span;
use crate::http::{HttpError, Response};

#[derive(Debug, thiserror::Error)]
pub enum ImsError {
    /// IMS answered no, or we know before asking.
    #[error("{0}")]
    Refused(Box<Problem>),
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl ImsError {
    pub fn refused(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }

    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => (**problem).clone(),
            Self::Http(error) => error.problem(),
        }
    }

    /// The second of two client secrets may still be good.
    pub(super) fn is_wrong_secret(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.code == WRONG_SECRET)
    }
}

const WRONG_SECRET: &str = "ims-wrong-secret";

/// One row: how it is recognised, and what it means.
struct Row {
    /// `error` of the body; empty matches any.
    error: &'static str,
    /// Part of `error_description`, lower case; empty matches any.
    words: &'static str,
    status: Option<u16>,
    code: &'static str,
    message: &'static str,
    cause: &'static str,
    next: &'static str,
}

/// The first row that fits. More particular rows come first.
const ROWS: &[Row] = &[
    Row {
        error: "",
        words: "could not match jwt signature",
        status: None,
        code: "ims-key-not-bound",
        message: "IMS does not know this key for the client",
        cause: "the certificate has expired, was revoked or replaced, or the key is from another file",
        next: "check the certificate's end (`aemkeys show NAME`); add a certificate in the AEM Developer Console and import the new file",
    },
    Row {
        error: "invalid_signature",
        words: "",
        status: None,
        code: "ims-key-not-bound",
        message: "IMS does not know this key for the client",
        cause: "the certificate has expired, was revoked or replaced, or the key is from another file",
        next: "check the certificate's end (`aemkeys show NAME`); add a certificate in the AEM Developer Console and import the new file",
    },
    Row {
        error: "",
        words: "incorrectly formatted",
        status: None,
        code: "ims-assertion-malformed",
        message: "IMS cannot read the assertion",
        cause: "the JWT is malformed, or its `exp` is not a whole number of seconds",
        next: "use the file unchanged; an own program must write `exp` in seconds, not milliseconds",
    },
    Row {
        error: "",
        words: "metascopes in the jwt",
        status: None,
        code: "ims-metascopes",
        message: "IMS refuses the metascopes",
        cause: "the assertion asks for metascopes that the credential does not have",
        next: "use the file's `metascopes` unchanged",
    },
    Row {
        error: "invalid_scope",
        words: "",
        status: None,
        code: "ims-metascopes",
        message: "IMS refuses the scopes",
        cause: "the credential asks for scopes or metascopes that it does not have",
        next: "use the file's `metascopes` unchanged; for OAuth add the API in the Adobe Developer Console",
    },
    Row {
        error: "",
        words: "invalid client_secret",
        status: None,
        code: WRONG_SECRET,
        message: "IMS refuses the client secret",
        cause: "it was replaced or is another client's, or production and stage IMS are mixed",
        next: "download the credential again",
    },
    Row {
        error: "",
        words: "invalid client_id",
        status: None,
        code: "ims-unknown-client",
        message: "IMS does not know this client",
        cause: "the technical account was deleted, or production and stage IMS are mixed",
        next: "check imsEndpoint; download the credential again",
    },
    Row {
        error: "invalid_client",
        words: "",
        status: Some(401),
        code: "ims-client-refused",
        message: "IMS refuses the client",
        cause: "this client may not exchange JWTs, or id and secret do not belong together",
        next: "download the credential again; an Adobe Developer Console credential is exchanged by OAuth instead",
    },
    Row {
        error: "invalid_client",
        words: "",
        status: None,
        code: "ims-client-refused",
        message: "IMS refuses the client",
        cause: "client id or secret is wrong, or production and stage IMS are mixed",
        next: "download the credential again",
    },
    Row {
        error: "invalid_token",
        words: "",
        status: None,
        code: "ims-assertion-refused",
        message: "IMS refuses the assertion",
        cause: "it counts as expired or not yet valid (this computer's clock is off), or organisation or account id are wrong",
        next: "set the clock; if it is right, download the credential again",
    },
    Row {
        error: "bad_request",
        words: "",
        status: None,
        code: "ims-bad-request",
        message: "IMS cannot use the request",
        cause: "sub, iss or exp is badly formed; often the account's email is used in place of its id",
        next: "use the file unchanged: `id` is 24 hex digits @techacct.adobe.com",
    },
    Row {
        error: "internal_error",
        words: "",
        status: None,
        code: "ims-internal-error",
        message: "IMS reports an internal error",
        cause: "passing trouble at Adobe, or a project that was migrated to OAuth: then this is the wrong kind of credential",
        next: "try again later; if it stays, use an OAuth server-to-server credential (Adobe Developer Console)",
    },
    Row {
        error: "unauthorized_client",
        words: "",
        status: None,
        code: "ims-client-refused",
        message: "IMS refuses the client",
        cause: "this client may not get tokens in this way",
        next: "service credentials and OAuth credentials are exchanged differently: add the file as it was downloaded",
    },
];

/// What an answer that is no token means.
pub fn refusal(answer: &Response, skew: Option<i64>) -> Problem {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .map(|t| clean(t, 300))
    };
    let error = text("error").unwrap_or_default();
    let description = text("error_description").unwrap_or_default();
    let id = debug_id(answer);
    if let Some(row) = find(Some(answer.status), &error, &description) {
        let mut problem = problem_of(row).debug_id(id);
        if let Some(skew) = skew {
            problem.cause = Some(format!(
                "this computer's clock is {} {} Adobe's; IMS tolerates 30 s. Else: {}",
                say_span(skew),
                if skew > 0 { "behind" } else { "ahead of" },
                row.cause
            ));
        }
        return problem;
    }
    by_status(answer.status, &error, &description).debug_id(id)
}

fn by_status(status: u16, error: &str, description: &str) -> Problem {
    match status {
        407 => Problem::new("proxy-failed", "the proxy wants a user and password (407)")
            .cause("the corporate proxy answered, not Adobe")
            .next_step("put user and password into HTTPS_PROXY; for NTLM run a local helper such as px or cntlm"),
        429 => Problem::new("throttled", "IMS throttles this credential (429)")
            .cause("too many tokens were minted with it")
            .next_step("wait a few minutes; use the cached token instead of exchanging anew"),
        300..=399 => Problem::new("ims-redirect", format!("IMS answered with a redirect ({status})"))
            .cause("a secret is never sent on to another address")
            .next_step("check imsEndpoint and the proxy"),
        status => {
            let mut said = format!("IMS answered {status}");
            for part in [error, description] {
                if !part.is_empty() {
                    said = format!("{said}: {part}");
                }
            }
            Problem::new("ims-refused", said)
                .cause("this answer is not known here")
                .next_step("try again; if it stays, give Adobe support the x-debug-id")
        }
    }
}

fn find(status: Option<u16>, error: &str, description: &str) -> Option<&'static Row> {
    let (error, description) = (error.to_lowercase(), description.to_lowercase());
    ROWS.iter().find(|row| {
        (row.error.is_empty() || row.error == error)
            && (row.words.is_empty() || description.contains(row.words))
            && (row.status.is_none() || row.status == status)
    })
}

fn problem_of(row: &Row) -> Problem {
    Problem::new(row.code, row.message)
        .cause(row.cause)
        .next_step(row.next)
}

/// Adobe support asks for it.
pub fn debug_id(answer: &Response) -> Option<String> {
    answer
        .header("x-debug-id")
        .map(|id| clean(id, 200))
        .filter(|id| !id.is_empty())
}

/// What does this error text mean? For `aemkeys explain`: IMS errors as JSON, log lines or words. `None`: not recognised.
pub fn explain_text(text: &str) -> Option<Problem> {
    let words = text.to_lowercase();
    let status = [401, 400, 407, 429, 500]
        .into_iter()
        .find(|status| has_word(&words, &status.to_string()));
    if let Some(row) = ROWS
        .iter()
        .find(|row| !row.words.is_empty() && words.contains(row.words))
    {
        return Some(problem_of(row));
    }
    let named = |row: &&Row| !row.error.is_empty() && has_word(&words, row.error);
    if let Some(row) = ROWS
        .iter()
        .filter(named)
        .find(|row| row.status.is_none() || row.status == status)
    {
        return Some(problem_of(row));
    }
    if words.contains("self-signed certificate")
        || words.contains("self signed certificate")
        || words.contains("unable to get local issuer")
        || words.contains("unknownissuer")
        || words.contains("unknown issuer")
        || words.contains("pkix path building failed")
    {
        return Some(Problem::new("tls-untrusted", "the server's certificate is signed by nobody this computer trusts")
            .cause("often a corporate proxy that opens TLS and signs with its own authority")
            .next_step("name the corporate authority's PEM file: `ca_file` in the configuration, or SSL_CERT_FILE"));
    }
    match status {
        Some(407) => Some(by_status(407, "", "")),
        Some(429) => Some(by_status(429, "", "")),
        _ => None,
    }
}

/// `invalid_client` in `"error":"invalid_client"`, but not in `invalid_client_thing`.
fn has_word(text: &str, word: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(status: u16, body: &str) -> Response {
        Response {
            status,
            headers: vec![("x-debug-id".to_owned(), "abc-123".to_owned())],
            body: body.as_bytes().to_vec(),
            body_cut: false,
            elapsed: Duration::ZERO,
            clock_skew: None,
            tries: 1,
        }
    }

    #[test]
    fn every_known_refusal_has_its_cause() {
        let body = |error: &str, words: &str| {
            serde_json::json!({"error": error, "error_description": words}).to_string()
        };
        for (status, error, words, code) in [
            (
                400,
                "invalid_token",
                "Could not match JWT signature to any of the bindings",
                "ims-key-not-bound",
            ),
            (
                400,
                "invalid_token",
                "JWT token is incorrectly formatted, and can not be decoded.",
                "ims-assertion-malformed",
            ),
            (
                400,
                "invalid_token",
                "anything else",
                "ims-assertion-refused",
            ),
            (400, "invalid_signature", "", "ims-key-not-bound"),
            (
                400,
                "invalid_scope",
                "The metascopes in the JWT are not a subset of the metascopes in the binding.",
                "ims-metascopes",
            ),
            (
                400,
                "invalid_client",
                "invalid client_id parameter",
                "ims-unknown-client",
            ),
            (
                400,
                "invalid_client",
                "invalid client_secret parameter",
                WRONG_SECRET,
            ),
            (401, "invalid_client", "", "ims-client-refused"),
            (400, "bad_request", "", "ims-bad-request"),
            (
                500,
                "internal_error",
                "Please try again later",
                "ims-internal-error",
            ),
            (418, "teapot", "short and stout", "ims-refused"),
        ] {
            let problem = refusal(&answer(status, &body(error, words)), None);
            assert_eq!(problem.code, code, "{status} {error} {words}");
            assert_eq!(problem.debug_id.as_deref(), Some("abc-123"));
            assert!(problem.next_step.is_some());
        }
        assert_eq!(refusal(&answer(429, ""), None).code, "throttled");
        assert_eq!(refusal(&answer(407, "<html>"), None).code, "proxy-failed");
        assert_eq!(refusal(&answer(302, ""), None).code, "ims-redirect");
    }

    #[test]
    fn a_wrong_clock_is_named_with_amount_and_direction() {
        let problem = refusal(&answer(400, r#"{"error":"invalid_token"}"#), Some(-7200));
        assert!(problem.cause.unwrap().contains("2 h 0 m ahead of Adobe's"));
    }

    #[test]
    fn pasted_texts_are_explained_and_never_repeated() {
        let text = r#"2026-11-22 ERROR 401 {"error":"invalid_client"} eyJplanted.eyJplanted.x"#;
        let problem = explain_text(text).unwrap();
        assert_eq!(problem.code, "ims-client-refused");
        assert!(!format!("{problem:?}").contains("planted"));
        assert_eq!(
            explain_text("SELF_SIGNED: self-signed certificate in certificate chain")
                .unwrap()
                .code,
            "tls-untrusted"
        );
        assert!(explain_text("hello world").is_none());
    }
}
