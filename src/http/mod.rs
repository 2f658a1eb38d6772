//! How a request leaves: one client that enforces https, the host allow-list, limits, retries, proxy, CA and redaction.
//! Knows nothing of IMS or AEM.

mod client;
mod failure;
mod retry;
mod send;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

pub use client::Http;

use crate::credential::Secret;
use crate::environment::TierAddress;

/// What the configuration says about the network; the rest comes from the environment (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`).
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// A PEM file of additional certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// A proxy for all https requests, in place of the environment's.
    pub proxy: Option<String>,
}

/// One request. Its secrets are in `Secret`s until they are copied into the wire buffer.
pub struct Request {
    pub method: String,
    pub target: TierAddress,
    /// Begins with `/`; query included.
    pub path_and_query: String,
    pub headers: Vec<(String, String)>,
    /// Sent as `Authorization: Bearer ..`, marked sensitive.
    pub bearer: Option<Secret>,
    /// Loopback only: user and password for a local SDK.
    pub basic: Option<(String, Secret)>,
    pub body: Body,
    pub limits: Limits,
}

pub enum Body {
    Empty,
    /// form-urlencoded; values are secrets or plain.
    Form(Vec<(&'static str, FormValue)>),
    Bytes {
        content_type: Option<String>,
        bytes: Vec<u8>,
    },
}

pub enum FormValue {
    Plain(String),
    Secret(Secret),
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// All tries and waits included.
    pub total: Duration,
    /// After decompression.
    pub body_bytes: usize,
    /// 1 = no retry. Retried: network errors, 408, 429, 5xx; 0.5 s doubling, full jitter.
    pub tries: u32,
}

impl Limits {
    /// One exchange: 30 s, 1 MiB, 3 tries.
    pub const EXCHANGE: Self = Self {
        total: Duration::from_secs(30),
        body_bytes: 1024 * 1024,
        tries: 3,
    };
}

/// The answer, whatever its status: 3xx and 4xx are results, not errors.
pub struct Response {
    pub status: u16,
    /// Names lower case, values sanitised; bounded.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body was longer than the limit and cut there.
    pub body_cut: bool,
    pub elapsed: Duration,
    /// Server's `Date` minus our clock, in seconds.
    pub clock_skew: Option<i64>,
    pub tries: u32,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    #[error("{host} may not receive this")]
    HostRefused { host: String },
    #[error("{host} was not found")]
    NameNotFound { host: String },
    #[error("{host} refused the connection")]
    ConnectionRefused { host: String },
    #[error("no secure connection to {host}: {reason}")]
    Tls {
        host: String,
        reason: &'static str,
        /// Nobody known signed the certificate: often a proxy that reads along.
        unknown_issuer: bool,
    },
    #[error("the proxy {proxy} {reason}")]
    Proxy { proxy: String, reason: String },
    #[error("no answer from {host} within {seconds} s")]
    TimedOut { host: String, seconds: u64 },
    #[error("{host} asks to wait until {until}")]
    Throttled { host: String, until: Timestamp },
    #[error("the answer of {host} broke off: {reason}")]
    Broken { host: String, reason: String },
    #[error("{what}")]
    Setup { what: String },
}
