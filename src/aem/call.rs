//! How is any request made with the token? Method, headers, body; the answer as it came.

use jiff::Timestamp;

use crate::credential::Secret;
use crate::environment::{HostName, TierAddress};
use crate::http::{Http, HttpError, Response};

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
    _http: &Http,
    _target: &TierAddress,
    _path: &str,
    _options: &CallOptions,
    _token: Option<&Secret>,
    _allowed: &(dyn Fn(&HostName) -> bool + Sync),
    _now: Timestamp,
) -> Result<CallResult, HttpError> {
    todo!()
}
