//! A request to AEM with the token, and its unchanged response.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::IgnoredAny;

use crate::credential::Secret;
use crate::http::{Body, FormPart, Http, HttpError, Limits, Recipient, Request, Response};

/// One try only, because repeating a write could perform it twice.
const LIMITS: Limits = Limits {
    total: Duration::from_mins(1),
    body_bytes: 64 * 1024 * 1024,
    tries: 1,
};

#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// `GET` when empty.
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// The fields of a form with files, which replaces `body`.
    pub form: Vec<FormPart>,
    /// One minute if `None`.
    pub timeout: Option<Duration>,
}

impl CallOptions {
    /// Whether the method is GET, HEAD or OPTIONS and no header overrides it.
    pub fn is_read_only(&self) -> bool {
        matches!(self.method.as_str(), "" | "GET" | "HEAD" | "OPTIONS")
            && !self.headers.iter().any(|(name, _)| overrides_method(name))
    }
}

/// Returns whether a header of this name can turn a request that reads into one that writes.
pub fn overrides_method(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("method-override") || name.starts_with("x-http-method")
}

/// Sends the request. Fails if path, method or headers could change where it goes or who sends it.
pub async fn call(
    http: &Http,
    recipient: &Recipient,
    path: &str,
    options: &CallOptions,
    token: Option<&Secret>,
    now: Timestamp,
) -> Result<Response, HttpError> {
    check_path(path)?;
    check_method(&options.method)?;
    check_headers(&options.headers)?;
    let request = Request {
        method: if options.method.is_empty() {
            "GET".to_owned()
        } else {
            options.method.clone()
        },
        recipient: recipient.clone(),
        path_and_query: path.to_owned(),
        headers: options.headers.clone(),
        bearer: token.map(Secret::duplicate),
        body: match &options.body {
            _ if !options.form.is_empty() => Body::Multipart(options.form.clone()),
            None => Body::Empty,
            Some(bytes) => Body::Bytes {
                content_type: (!has_content_type(&options.headers))
                    .then(|| content_type(bytes))
                    .flatten(),
                bytes: bytes.clone(),
            },
        },
        limits: Limits {
            total: options.timeout.unwrap_or(LIMITS.total),
            ..LIMITS
        },
    };
    http.send(request, now).await
}

/// Returns the type that servers need to read a body of JSON or of `name=value` pairs.
fn content_type(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_json = text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok();
    let is_form = text.contains('=') && text.lines().count() == 1;
    if is_json {
        Some("application/json".to_owned())
    } else {
        is_form.then(|| "application/x-www-form-urlencoded".to_owned())
    }
}

fn has_content_type(headers: &[(String, String)]) -> bool {
    headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
}

/// Refuses malformed methods, and CONNECT and TRACE, which are for proxies.
fn check_method(method: &str) -> Result<(), HttpError> {
    let is_word = method.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_for_proxies = ["CONNECT", "TRACE"]
        .iter()
        .any(|word| method.eq_ignore_ascii_case(word));
    if is_word && !is_for_proxies {
        return Ok(());
    }
    Err(refused(
        "AEM does not support this method; use GET, POST, PUT, PATCH or DELETE",
    ))
}

/// Refuses headers that aemkeys sets itself: routing, authentication and framing.
fn check_headers(headers: &[(String, String)]) -> Result<(), HttpError> {
    const RESERVED: [&str; 10] = [
        "authorization",
        "proxy-authorization",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "expect",
        "te",
        "trailer",
    ];
    for (name, value) in headers {
        let ours = RESERVED
            .iter()
            .find(|ours| name.trim().eq_ignore_ascii_case(ours));
        if let Some(ours) = ours {
            return Err(refused(&format!("the header {ours} is set by aemkeys")));
        }
        if value.chars().any(char::is_control) {
            return Err(refused(
                "a header value contains a line break or a control character",
            ));
        }
    }
    Ok(())
}

fn refused(what: &str) -> HttpError {
    HttpError::Argument {
        what: what.to_owned(),
    }
}

/// Checks that the path stays on its host: `//evil`, `\` and control characters could lead elsewhere.
pub fn check_path(path: &str) -> Result<(), HttpError> {
    let before_query = path.split(['?', '#']).next().unwrap_or_default();
    let why = if !path.starts_with('/') {
        "the path must start with /"
    } else if path.starts_with("//") || before_query.contains('\\') {
        "the path must not name a host"
    } else if path.chars().any(|c| c.is_control() || c.is_whitespace()) {
        "the path contains spaces or control characters; encode them, for example as %20"
    } else if path.len() > 8000 {
        "the path is longer than 8,000 characters"
    } else {
        return Ok(());
    };
    Err(refused(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_forms_have_their_type() {
        for (body, expected) in [
            (&b"{\"a\": \"b=c\"}"[..], Some("application/json")),
            (b"[1]\n", Some("application/json")),
            (
                b"jcr:title=Two words&x=",
                Some("application/x-www-form-urlencoded"),
            ),
            (b"{broken=", Some("application/x-www-form-urlencoded")),
            (b"plain text", None),
            (b"a=b\nc=d", None),
            (b"\x89PNG=\xff", None),
            (b"", None),
        ] {
            assert_eq!(content_type(body).as_deref(), expected, "{body:?}");
        }
        assert!(has_content_type(&[("content-TYPE".into(), "x".into())]));
    }

    #[test]
    fn reserved_headers_and_methods_are_refused() {
        for name in ["Host", "AUTHORIZATION", " host", "Transfer-Encoding"] {
            assert!(
                check_headers(&[(name.into(), "x".into())]).is_err(),
                "{name}"
            );
        }
        assert!(check_headers(&[("X-A".into(), "b\r\nHost: evil".into())]).is_err());
        assert!(check_headers(&[("Accept".into(), "a, b".into())]).is_ok());
        for method in ["CONNECT", "trace", "GET /x", "a\r\nb"] {
            assert!(check_method(method).is_err(), "{method}");
        }
        for method in ["", "GET", "PATCH"] {
            assert!(check_method(method).is_ok(), "{method}");
        }
    }

    #[test]
    fn paths_stay_on_their_host() {
        for bad in [
            "",
            "x",
            "//evil.com/",
            "/\\evil.com",
            "/a b",
            "/a\r\nHost: b",
            "https://evil.com/",
        ] {
            assert!(check_path(bad).is_err(), "{bad:?}");
        }
        for good in ["/", "/a.json?x=//y", "/a@b", "/content/dam.json#x"] {
            assert!(check_path(good).is_ok(), "{good:?}");
        }
    }
}
