//! How is any request made with the token? Method, headers, body; the answer as it came.

use std::time::Duration;

use jiff::Timestamp;

use crate::credential::Secret;
use crate::environment::{HostName, TierAddress};
use crate::http::{Body, Http, HttpError, Limits, Request, Response};

/// Sent once: a person sees what happens, and repeating a write could do it twice.
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
}

impl CallOptions {
    /// GET, HEAD, OPTIONS change nothing.
    pub fn is_read_only(&self) -> bool {
        matches!(self.method.as_str(), "" | "GET" | "HEAD" | "OPTIONS")
    }
}

pub struct CallResult {
    pub response: Response,
}

pub async fn call(
    http: &Http,
    target: &TierAddress,
    path: &str,
    options: &CallOptions,
    token: Option<&Secret>,
    allowed: &(dyn Fn(&HostName) -> bool + Sync),
    now: Timestamp,
) -> Result<CallResult, HttpError> {
    check_path(path)?;
    for (name, _) in &options.headers {
        let own = [
            "authorization",
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
        ];
        if own.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(HttpError::Setup {
                what: format!(
                    "the header {} is set by aemkeys",
                    crate::credential::text::clean(name, 40)
                ),
            });
        }
    }
    let request = Request {
        method: if options.method.is_empty() {
            "GET".to_owned()
        } else {
            options.method.clone()
        },
        target: target.clone(),
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
    let response = http.send(request, allowed, now).await?;
    Ok(CallResult { response })
}

/// A path of this host and nothing else: `//evil`, `@`, `\` and control characters could lead elsewhere.
pub fn check_path(path: &str) -> Result<(), HttpError> {
    let before_query = path.split(['?', '#']).next().unwrap_or_default();
    let why = if !path.starts_with('/') {
        "the path must begin with /"
    } else if path.starts_with("//") || before_query.contains('\\') {
        "the path must not name a host"
    } else if path.chars().any(|c| c.is_control() || c.is_whitespace()) {
        "the path has spaces or control characters: write them as %20"
    } else if path.len() > 8000 {
        "the path is longer than 8,000 characters"
    } else {
        return Ok(());
    };
    Err(HttpError::Setup {
        what: why.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
