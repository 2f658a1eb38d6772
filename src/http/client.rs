//! With which client does a request leave? TLS roots, proxy and limits of the connection; built on first use.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use rustls_pki_types::pem::PemObject;

use super::{HttpError, HttpOptions};
use crate::environment::TierAddress;

const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// The client. Cheap to clone; TLS and connections are made on first use.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    route: Route,
    /// To the world: https, through the proxy that is set.
    world: OnceLock<reqwest::Client>,
    /// To loopback: plain http, never through a proxy.
    loopback: OnceLock<reqwest::Client>,
}

enum Route {
    World(HttpOptions),
    /// Every https host is answered at this loopback address.
    Simulator(SocketAddr),
}

/// Where a request really goes.
pub(super) struct Destination {
    pub url: String,
    /// The host to name in `Host` where the URL names another.
    pub host_header: Option<String>,
    pub client: reqwest::Client,
}

impl Http {
    /// https to the world, http to loopback addresses of a local SDK only.
    pub fn new(options: HttpOptions) -> Self {
        Self::over(Route::World(options))
    }

    /// Every https host is answered by the simulator at `address`, which sees the host in `Host`.
    /// For the demo and tests: the only way plain http carries a secret, and only to loopback.
    pub fn to_simulator(address: SocketAddr) -> Self {
        Self::over(Route::Simulator(address))
    }

    fn over(route: Route) -> Self {
        Self {
            inner: Arc::new(Inner {
                route,
                world: OnceLock::new(),
                loopback: OnceLock::new(),
            }),
        }
    }

    pub(super) fn destination(
        &self,
        target: &TierAddress,
        path_and_query: &str,
    ) -> Result<Destination, HttpError> {
        match (target, &self.inner.route) {
            (TierAddress::Local(_), Route::World(_)) => Ok(Destination {
                url: format!("{}{path_and_query}", target.origin()),
                host_header: None,
                client: self.loopback()?,
            }),
            (_, Route::Simulator(address)) if address.ip().is_loopback() => {
                let origin = target.origin();
                let host = origin
                    .split_once("://")
                    .map_or(origin.as_str(), |(_, host)| host);
                Ok(Destination {
                    url: format!("http://{address}{path_and_query}"),
                    host_header: Some(host.to_owned()),
                    client: self.loopback()?,
                })
            }
            (_, Route::Simulator(_)) => Err(HttpError::Setup {
                what: "the simulator is not on loopback".to_owned(),
            }),
            (TierAddress::Cloud(_), Route::World(options)) => Ok(Destination {
                url: format!("{}{path_and_query}", target.origin()),
                host_header: None,
                client: self.world(options)?,
            }),
        }
    }

    /// The proxy between here and the host, without user and password; for error texts.
    pub(super) fn proxy_of(&self, target: &TierAddress) -> Option<String> {
        let (TierAddress::Cloud(_), Route::World(options)) = (target, &self.inner.route) else {
            return None;
        };
        if let Some(proxy) = &options.proxy {
            return Some(host_and_port(proxy));
        }
        let uri: hyper::Uri = target.origin().parse().ok()?;
        let through = Matcher::from_env().intercept(&uri)?;
        Some(host_and_port(&through.uri().to_string()))
    }

    fn world(&self, options: &HttpOptions) -> Result<reqwest::Client, HttpError> {
        once(&self.inner.world, || {
            let mut builder = plain();
            if let Some(proxy) = &options.proxy {
                let proxy = reqwest::Proxy::https(proxy).map_err(|_| HttpError::Setup {
                    what: "the proxy is no URL".to_owned(),
                })?;
                builder = builder.proxy(proxy);
            }
            builder = builder
                .https_only(true)
                .tls_certs_merge(own_authorities(options)?);
            builder.build().map_err(setup)
        })
    }

    fn loopback(&self) -> Result<reqwest::Client, HttpError> {
        // No TLS is spoken here, so no root certificates are read: that is most of the cost of a client.
        once(&self.inner.loopback, || {
            plain().no_proxy().tls_certs_only([]).build().map_err(setup)
        })
    }
}

fn once(
    place: &OnceLock<reqwest::Client>,
    make: impl FnOnce() -> Result<reqwest::Client, HttpError>,
) -> Result<reqwest::Client, HttpError> {
    if let Some(client) = place.get() {
        return Ok(client.clone());
    }
    let client = make()?;
    Ok(place.get_or_init(|| client).clone())
}

fn plain() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("aemkeys/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_DEADLINE)
        .tcp_nodelay(true)
        .http1_only()
        .retry(reqwest::retry::never())
        .referer(false)
}

/// The configured authorities, and where the platform's verifier does not read `SSL_CERT_FILE`, those in it.
fn own_authorities(options: &HttpOptions) -> Result<Vec<reqwest::Certificate>, HttpError> {
    let mut files: Vec<std::path::PathBuf> = options.ca_file.iter().cloned().collect();
    if cfg!(any(windows, target_os = "macos"))
        && let Some(file) = std::env::var_os("SSL_CERT_FILE")
    {
        files.push(file.into());
    }
    let mut authorities = Vec::new();
    for file in files {
        let unusable = || HttpError::Setup {
            what: format!(
                "the certificate authorities in {} cannot be read",
                crate::credential::text::clean(&file.display().to_string(), 200)
            ),
        };
        let certificates = rustls_pki_types::CertificateDer::pem_file_iter(&file)
            .map_err(|_| unusable())?
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| unusable())?;
        for certificate in certificates {
            authorities.push(reqwest::Certificate::from_der(&certificate).map_err(|_| unusable())?);
        }
    }
    Ok(authorities)
}

fn setup(error: reqwest::Error) -> HttpError {
    HttpError::Setup {
        what: format!(
            "the network client could not be made: {}",
            crate::credential::text::clean(&error.without_url().to_string(), 200)
        ),
    }
}

fn host_and_port(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    crate::credential::text::clean(rest.trim_end_matches('/'), 120)
}
