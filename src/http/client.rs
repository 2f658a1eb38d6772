//! How is the client made? Authorities, proxy, names; on first use, because most commands never connect.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::proxy::ProxyPlan;
use super::wire::setup;
use super::{HttpError, HttpOptions, authorities};

pub(super) const CONNECT: Duration = Duration::from_secs(5);

const MAX_HEADERS: usize = 128;

/// For https hosts: the system's authorities and the configured ones, through the proxy if there is one.
pub(super) fn secure(
    options: &HttpOptions,
    proxy: ProxyPlan,
) -> Result<reqwest::Client, HttpError> {
    let mut own = Vec::new();
    if let Some(path) = &options.ca_file {
        own.extend(authorities::read(path, "ca_file in the configuration")?);
    }
    let mut builder = basic().https_only(true).dns_resolver(SystemNames);
    if let Some(proxy) = proxy.into_proxy() {
        builder = builder.proxy(proxy);
    }
    authorities::trust(builder, own)?.build().map_err(|_| {
        setup("TLS could not be set up: a certificate in ca_file or SSL_CERT_FILE cannot be used")
    })
}

/// For loopback: plain http, never through a proxy. No authorities are loaded, since no certificate is ever checked.
pub(super) fn plain() -> Result<reqwest::Client, HttpError> {
    basic()
        .tls_certs_only([])
        .dns_resolver(LoopbackNames)
        .build()
        .map_err(|_| setup("the HTTP client could not be set up"))
}

fn basic() -> reqwest::ClientBuilder {
    crate::http::install_crypto();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .http1_max_headers(MAX_HEADERS)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
        .user_agent(concat!("aemkeys/", env!("CARGO_PKG_VERSION")))
}

/// A name that no address was found for.
#[derive(Debug)]
pub(super) struct NotFound;

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name was not found")
    }
}

impl Error for NotFound {}

/// The system's resolver, with an error that can be told from others.
struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0))
                .await
                .map_err(|_| NotFound)?;
            Ok(Box::new(found) as Addrs)
        })
    }
}

/// `localhost` is loopback here, whatever the system's files say.
struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        let known = name.as_str() == "localhost";
        Box::pin(async move {
            if !known {
                return Err(NotFound.into());
            }
            let both = [
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ];
            Ok(Box::new(both.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}
