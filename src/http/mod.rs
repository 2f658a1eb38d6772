//! How a request leaves: one client that decides what may go where, and enforces https, limits, retries, proxy, CA and
//! redaction.
//! Knows nothing of IMS or AEM.

mod authorities;
mod client;
mod echo;
mod failure;
pub mod proxy;
mod recipient;
mod retry;
mod send;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use echo::Sent;
pub use failure::{HttpError, ProxyFault, TlsFault};
pub use proxy::ProxySettings;
pub use recipient::Recipient;

use crate::credential::{Problem, Secret};

/// What the configuration says about the network; the rest comes from the environment (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`).
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// A PEM file of additional certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// In place of the environment's variables.
    pub proxy: Option<ProxySettings>,
}

/// The client. Cheap to clone; TLS and connections are made on first use and shared.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    options: HttpOptions,
    /// Why nothing is sent over https.
    refused: Option<Problem>,
    /// Answers for every https host.
    simulator: Option<SocketAddr>,
    secure: Mutex<Option<Secure>>,
    plain: Mutex<Option<reqwest::Client>>,
}

/// The client for https, and the proxy it goes through.
#[derive(Clone)]
struct Secure {
    client: reqwest::Client,
    proxy: proxy::ProxyPlan,
}

/// One request. Its secrets are in `Secret`s until they are copied into the wire buffer.
pub struct Request {
    pub method: String,
    pub recipient: Recipient,
    /// Begins with `/`; query included.
    pub path_and_query: String,
    pub headers: Vec<(String, String)>,
    /// Sent as `Authorization: Bearer ..`, marked sensitive.
    pub bearer: Option<Secret>,
    /// User and password, for a local SDK only.
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
    /// Names lower case, values sanitised and without what was sent; bounded.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body was longer than the limit and cut there.
    pub body_cut: bool,
    pub elapsed: Duration,
    /// Server's `Date` minus our clock, in seconds.
    pub clock_skew: Option<i64>,
    pub tries: u32,
    /// Taken out of what a person sees of the answer.
    pub(crate) sent: Sent,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Http {
    /// https to the world, http to loopback addresses of a local SDK only.
    pub fn new(options: HttpOptions) -> Self {
        Self::made(options, None, None)
    }

    /// As [`Http::new`], but every https request fails with this problem.
    pub fn refusing(problem: Problem) -> Self {
        Self::made(HttpOptions::default(), None, Some(problem))
    }

    /// Every https host is answered by the simulator at `address`, which sees the host in `Host`.
    /// For the demo and tests: the only way plain http carries a secret, and only to loopback.
    pub fn to_simulator(address: SocketAddr) -> Self {
        Self::made(HttpOptions::default(), Some(address), None)
    }

    fn made(options: HttpOptions, simulator: Option<SocketAddr>, refused: Option<Problem>) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                refused,
                simulator,
                secure: Mutex::new(None),
                plain: Mutex::new(None),
            }),
        }
    }

    /// Sends, if the recipient may have what the request carries. Redirects are never followed.
    pub async fn send(&self, request: Request, now: Timestamp) -> Result<Response, HttpError> {
        send::send(self, request, now).await
    }

    fn secure(&self) -> Result<Secure, HttpError> {
        first_use(&self.inner.secure, || {
            let options = &self.inner.options;
            if let Some(refused) = &self.inner.refused {
                return Err(HttpError::Refused(Box::new(refused.clone())));
            }
            let settings = options.proxy.clone();
            let proxy = settings
                .unwrap_or_else(ProxySettings::from_environment)
                .read()?;
            let client = client::secure(options, proxy.clone())?;
            Ok(Secure { client, proxy })
        })
    }

    fn plain(&self) -> Result<reqwest::Client, HttpError> {
        first_use(&self.inner.plain, client::plain)
    }
}

/// Made once; a failure is not kept, so that a corrected setting is seen.
fn first_use<T: Clone>(
    place: &Mutex<Option<T>>,
    make: impl FnOnce() -> Result<T, HttpError>,
) -> Result<T, HttpError> {
    let mut place = place
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(made) = place.as_ref() {
        return Ok(made.clone());
    }
    let fresh = make()?;
    *place = Some(fresh.clone());
    Ok(fresh)
}

/// `ring` behind rustls; what another library installed first is kept.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
