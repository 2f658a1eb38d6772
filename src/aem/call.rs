//! A single request to AEM with any method, headers and body; returns the response unchanged.

use std::time::Duration;

use jiff::Timestamp;

use crate::credential::Secret;
use crate::http::{Body, Http, HttpError, Limits, Recipient, Request, Response};

/// One try: repeating a write could apply it twice.
const LIMITS: Limits = Limits {
    total: Duration::from_mins(1),
    body_bytes: 64 * 1024 * 1024,
    tries: 1,
};

/// The request, apart from address and token.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// `GET` when empty.
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

impl CallOptions {
    /// True for GET, HEAD and OPTIONS, unless a header overrides the method.
    pub fn is_read_only(&self) -> bool {
        let overrides = |(name, _): &(String, String)| {
            let name = name.to_ascii_lowercase();
            name.contains("method-override") || name.starts_with("x-http-method")
        };
        matches!(self.method.as_str(), "" | "GET" | "HEAD" | "OPTIONS")
            && !self.headers.iter().any(overrides)
    }
}

/// Sends the request. Refuses a path, method or header that could change where it is sent or who sends it.
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
        basic: None,
        body: match &options.body {
            None => Body::Empty,
            Some(bytes) => Body::Bytes {
                content_type: None,
                bytes: bytes.clone(),
            },
        },
        limits: LIMITS,
    };
    http.send(request, now).await
}

/// Refuses CONNECT and TRACE, which are for proxies.
fn check_method(method: &str) -> Result<(), HttpError> {
    let is_word = method.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_for_proxies = ["CONNECT", "TRACE"]
        .iter()
        .any(|word| method.eq_ignore_ascii_case(word));
    if is_word && !is_for_proxies {
        return Ok(());
    }
    Err(setup(
        "the method is not one that AEM supports, such as GET, POST, PUT, PATCH or DELETE",
    ))
}

/// Refuses headers that determine where the request is sent, who sends it, or where it ends.
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
        let reserved = RESERVED
            .iter()
            .find(|reserved| name.trim().eq_ignore_ascii_case(reserved));
        if let Some(reserved) = reserved {
            return Err(setup(&format!("the header {reserved} is set by aemkeys")));
        }
        if value.chars().any(char::is_control) {
            return Err(setup(
                "a header value contains a line end or a control character",
            ));
        }
    }
    Ok(())
}

fn setup(what: &str) -> HttpError {
    HttpError::Setup {
        what: what.to_owned(),
    }
}

/// Accepts only a path on the same host: `//evil`, `@`, `\` and control characters could lead to another one.
pub fn check_path(path: &str) -> Result<(), HttpError> {
    let before_query = path.split(['?', '#']).next().unwrap_or_default();
    let why = if !path.starts_with('/') {
        "the path must begin with /"
    } else if path.starts_with("//") || before_query.contains('\\') {
        "the path must not name a host"
    } else if path.chars().any(|c| c.is_control() || c.is_whitespace()) {
        "the path contains spaces or control characters: write a space as %20"
    } else if path.len() > 8000 {
        "the path is longer than 8,000 characters"
    } else {
        return Ok(());
    };
    Err(setup(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_headers_and_proxy_methods_are_refused() {
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
    fn paths_to_other_hosts_are_refused() {
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
