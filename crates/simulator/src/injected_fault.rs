//! Injected faults: each matches requests by host and path, a limited number of times.

use std::time::Duration;

/// The requests that a fault applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultTarget {
    /// `None`: every host.
    host: Option<String>,
    /// The start of the path; empty: every path.
    path: String,
}

impl FaultTarget {
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

    pub(super) fn matches(&self, host: &str, path: &str) -> bool {
        self.host.as_deref().is_none_or(|wanted| wanted == host) && path.starts_with(&self.path)
    }
}

/// What happens instead of the response, or before it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Returns this response.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Returns 429. `Retry-After` contains seconds or a date.
    Throttle { retry_after: Option<String> },
    /// Returns the normal response late.
    Delay(Duration),
    /// Closes the connection without a response.
    Drop,
    /// Closes the connection after half of the body.
    CutBody,
    /// Keeps the connection open without a response.
    Hang,
    /// Returns a body of this length.
    Flood { bytes: usize },
    /// Returns 302.
    Redirect { to: String },
    /// Returns the anonymous response of a CDN cache, with `Age`; only for the current user.
    StaleCache,
}

impl Fault {
    /// Creates a JSON error in the format of IMS.
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

/// A fault that still applies to the next requests.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub target: FaultTarget,
    pub fault: Fault,
    pub times_left: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_matches_by_host_or_path() {
        assert!(FaultTarget::anywhere().matches("a", "/x"));
        let host = FaultTarget::host("a");
        assert!(host.matches("a", "/x") && !host.matches("b", "/x"));
        let path = FaultTarget::path("/ims/");
        assert!(path.matches("a", "/ims/x") && !path.matches("a", "/x"));
    }
}
