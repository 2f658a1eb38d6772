//! What trouble can be asked for? Passing faults, matched by host and path, used up after a number of requests.

use std::time::Duration;

/// Which requests a fault meets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `None`: every host.
    pub host: Option<String>,
    /// The path begins so; empty: every path.
    pub path: String,
}

impl Place {
    pub fn anywhere() -> Self {
        Self::default()
    }

    pub fn host(host: &str) -> Self {
        Self {
            host: Some(host.to_owned()),
            path: String::new(),
        }
    }

    pub fn path(path: &str) -> Self {
        Self {
            host: None,
            path: path.to_owned(),
        }
    }

    pub(super) fn meets(&self, host: &str, path: &str) -> bool {
        self.host.as_deref().is_none_or(|wanted| wanted == host) && path.starts_with(&self.path)
    }
}

/// What happens instead of the answer, or before it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// 429; `Retry-After` is seconds or a date, or missing.
    Throttle { retry_after: Option<String> },
    /// The right answer, late.
    Delay(Duration),
    /// The connection is closed without a byte.
    Drop,
    /// The headers promise more than comes before the connection is closed.
    CutBody,
    /// Nothing comes, and the connection stays open.
    Hang,
    /// An answer of so many bytes.
    Flood { bytes: usize },
    /// 302 to this place.
    Redirect { to: String },
    /// The CDN's anonymous answer, with `Age`; only for who-am-I.
    StaleCache,
}

impl Fault {
    /// A JSON error as IMS words it.
    pub fn ims(status: u16, error: &str, description: &str) -> Self {
        Self::Answer {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: serde_json::json!({ "error": error, "error_description": description })
                .to_string()
                .into_bytes(),
        }
    }
}

/// A fault waiting for its requests.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub place: Place,
    pub fault: Fault,
    pub times_left: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_host_a_path_or_both() {
        assert!(Place::anywhere().meets("a", "/x"));
        assert!(Place::host("a").meets("a", "/x") && !Place::host("a").meets("b", "/x"));
        assert!(
            Place::path("/ims/").meets("a", "/ims/x") && !Place::path("/ims/").meets("a", "/x")
        );
    }
}
