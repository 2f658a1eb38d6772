//! Requests and responses of the simulator, independent of hyper.

use jiff::Timestamp;
use serde_json::Value;

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::new(status)
            .header("content-type", "application/json;charset=UTF-8")
            .body(value.to_string())
    }

    pub(super) fn html(status: u16, text: &str) -> Self {
        Self::new(status)
            .header("content-type", "text/html;charset=UTF-8")
            .body(text)
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// A complete request.
pub(super) struct ParsedRequest<'a> {
    pub method: &'a str,
    pub host: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub content_type: &'a str,
    pub bearer: Option<&'a str>,
    /// The value after `Authorization: Basic`.
    pub basic: Option<&'a str>,
    /// `x-api-key`
    pub api_key: &'a str,
    /// `x-gw-ims-org-id`
    pub org: &'a str,
    pub body: &'a [u8],
    pub now: Timestamp,
}
