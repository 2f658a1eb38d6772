//! The HTTP client: decides which secret may go to which host, and enforces https, limits, retries, the proxy, the
//! trusted certificates and redaction. Independent of IMS and AEM.

mod basic;
mod client;
mod failure;
mod forward;
mod no_proxy;
mod proxy;
mod recipient;
mod redact;
mod retry;
mod root_certificates;
mod send;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

pub use failure::{HttpError, ProxyFault, TlsFault};
pub use forward::{ForwardedRequest, StreamedBody};
pub use no_proxy::Exceptions;
pub use proxy::ProxySettings;
pub use recipient::Recipient;
pub(crate) use redact::SentSecrets;

use client::ClientPurpose;

use crate::credential::{Problem, Secret};

/// The configured network options. Everything else comes from environment variables (`HTTPS_PROXY`, `NO_PROXY`,
/// `SSL_CERT_FILE`).
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// A PEM file with additional root certificates.
    pub ca_file: Option<PathBuf>,
    /// Overrides the environment variables.
    pub proxy: Option<ProxySettings>,
}

/// The client. Cheap to clone; clones share the TLS setup and the connections, both created on first use.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    options: HttpOptions,
    /// If set, every https request fails with this problem.
    https_disabled: Option<Problem>,
    /// Address of the simulator; if set, every https request goes there.
    simulator: Option<SocketAddr>,
    secure: Mutex<Option<Secure>>,
    plain: Mutex<Option<reqwest::Client>>,
    /// The clients of [`Http::forward`], which leave responses compressed.
    forwarding: Mutex<Option<Secure>>,
}

/// The https client and its proxy.
#[derive(Clone)]
struct Secure {
    client: reqwest::Client,
    proxy: proxy::ProxyPlan,
}

/// One request. Its secrets stay in `Secret`s until they are copied into the buffer that is sent.
pub struct Request {
    pub method: String,
    pub recipient: Recipient,
    /// Starts with `/` and includes the query.
    pub path_and_query: String,
    pub headers: Vec<(String, String)>,
    /// Sent as `Authorization: Bearer ..`, marked sensitive.
    pub bearer: Option<Secret>,
    pub body: Body,
    pub limits: Limits,
}

pub enum Body {
    Empty,
    /// Sent as `application/x-www-form-urlencoded`.
    Form(Vec<(&'static str, FormValue)>),
    Bytes {
        content_type: Option<String>,
        bytes: Vec<u8>,
    },
    /// Sent as `multipart/form-data`.
    Multipart(Vec<FormPart>),
}

/// A field of a form with files. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPart {
    pub name: String,
    pub value: PartValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartValue {
    Text(String),
    /// A file, which is read while it is sent.
    File {
        path: PathBuf,
        /// The name that the server gets; by default that of the file.
        file_name: Option<String>,
        /// By default guessed from the name of the file.
        content_type: Option<String>,
    },
}

pub enum FormValue {
    Plain(String),
    Secret(Secret),
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For all tries and the waits between them.
    pub total: Duration,
    /// Size of the body after decompression.
    pub body_bytes: usize,
    /// 1 disables retries. Network errors, 408, 429 and 5xx are retried after 0.5 s, doubling, with full jitter.
    pub tries: u32,
}

impl Limits {
    /// The limits of one exchange: 30 s, 1 MiB, 3 tries.
    pub const EXCHANGE: Self = Self {
        total: Duration::from_secs(30),
        body_bytes: 1024 * 1024,
        tries: 3,
    };
}

/// A response with any status: 3xx and 4xx are results, not errors.
pub struct Response {
    pub status: u16,
    /// Names in lower case; values sanitised, at most 4096 characters, with the secrets of the request redacted.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body exceeded the limit and was truncated.
    pub body_cut: bool,
    pub elapsed: Duration,
    /// The server's `Date` minus the local clock, in seconds.
    pub clock_skew: Option<i64>,
    pub tries: u32,
    /// The secrets of the request, redacted wherever the response is shown.
    pub(crate) sent: SentSecrets,
}

impl Response {
    /// Creates a response without request secrets, for fuzzing.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self {
            status,
            headers,
            body,
            body_cut: false,
            elapsed: Duration::ZERO,
            clock_skew: None,
            tries: 1,
            sent: SentSecrets::default(),
        }
    }

    /// Returns the wait that `Retry-After` asks for, or `None` above 366 days. A date is relative to the server's `Date`.
    pub fn retry_after(&self) -> Option<Duration> {
        let sent = self.header("date").and_then(wire::read_date);
        retry::retry_after(self.header("retry-after"), sent.unwrap_or_default())
            .filter(|wait| *wait < Duration::from_hours(366 * 24))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Http {
    /// Creates a client that uses https, and plain http only for the loopback address of a local SDK.
    pub fn new(options: HttpOptions) -> Self {
        Self::create(options, None, None)
    }

    /// Creates a client whose every https request fails with `problem`.
    pub fn refusing(problem: Problem) -> Self {
        Self::create(HttpOptions::default(), None, Some(problem))
    }

    /// Creates a client that sends every https request to the simulator at `address`, with the real host in `Host`.
    ///
    /// For the demo and tests. This is the only case in which a secret is sent over plain http, and only to loopback.
    pub fn to_simulator(address: SocketAddr) -> Self {
        Self::create(HttpOptions::default(), Some(address), None)
    }

    fn create(
        options: HttpOptions,
        simulator: Option<SocketAddr>,
        https_disabled: Option<Problem>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                https_disabled,
                simulator,
                secure: Mutex::new(None),
                plain: Mutex::new(None),
                forwarding: Mutex::new(None),
            }),
        }
    }

    /// Sends the request if its recipient may receive the secrets it carries. Never follows redirects.
    pub async fn send(&self, request: Request, now: Timestamp) -> Result<Response, HttpError> {
        send::send(self, request, now).await
    }

    /// Passes on a request whose body is streamed, and returns the response without reading its body. Never follows
    /// redirects.
    pub async fn forward(
        &self,
        request: ForwardedRequest,
    ) -> Result<hyper::Response<StreamedBody>, HttpError> {
        forward::forward(self, request).await
    }

    fn secure(&self) -> Result<Secure, HttpError> {
        get_or_create(&self.inner.secure, || {
            self.create_secure(ClientPurpose::OwnRequests)
        })
    }

    fn plain(&self) -> Result<reqwest::Client, HttpError> {
        get_or_create(&self.inner.plain, || {
            client::plain(ClientPurpose::OwnRequests)
        })
    }

    fn forwarding(&self) -> Result<Secure, HttpError> {
        get_or_create(&self.inner.forwarding, || match self.inner.simulator {
            None => self.create_secure(ClientPurpose::Forwarding),
            Some(_) => Ok(Secure {
                client: client::plain(ClientPurpose::Forwarding)?,
                proxy: proxy::ProxyPlan::default(),
            }),
        })
    }

    fn create_secure(&self, purpose: ClientPurpose) -> Result<Secure, HttpError> {
        if let Some(problem) = &self.inner.https_disabled {
            return Err(HttpError::Refused(Box::new(problem.clone())));
        }
        let settings = self.inner.options.proxy.clone();
        let proxy = settings
            .unwrap_or_else(ProxySettings::from_environment)
            .parse()?;
        let client = client::secure(&self.inner.options, proxy.clone(), purpose)?;
        Ok(Secure { client, proxy })
    }
}

/// Creates the value once. A failure is not cached, so that a corrected setting takes effect.
fn get_or_create<T: Clone>(
    slot: &Mutex<Option<T>>,
    create: impl FnOnce() -> Result<T, HttpError>,
) -> Result<T, HttpError> {
    let mut slot = slot
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(existing) = slot.as_ref() {
        return Ok(existing.clone());
    }
    let value = create()?;
    *slot = Some(value.clone());
    Ok(value)
}
