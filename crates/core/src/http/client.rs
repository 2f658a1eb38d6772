//! Builds the two HTTP clients: one for https hosts, one for a local SDK.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::proxy::ProxyPlan;
use super::wire::setup;
use super::{HttpError, HttpOptions, root_certificates};

pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// Time between two pings on an HTTP/2 connection with a request under way. All requests would wait for a dead one.
const PING: Duration = Duration::from_secs(15);

const MAX_HEADERS: usize = 128;
/// Of a response over HTTP/2. The usual limit of 16 KiB is near what a content security policy with many hosts needs.
const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// Creates the client for https hosts, with the root certificates of the system and of `ca_file`, and the proxy if there
/// is one.
pub(super) fn secure(
    options: &HttpOptions,
    proxy: ProxyPlan,
    purpose: ClientPurpose,
) -> Result<reqwest::Client, HttpError> {
    let mut extra = Vec::new();
    if let Some(path) = &options.ca_file {
        extra.extend(root_certificates::read(path, "ca_file in config.toml")?);
    }
    let mut builder = builder(purpose).https_only(true).dns_resolver(SystemNames);
    if let Some(proxy) = proxy.into_proxy() {
        builder = builder.proxy(proxy);
    }
    root_certificates::trust(builder, extra, purpose)?
        .build()
        .map_err(|_| {
            setup("could not set up TLS: a certificate in ca_file or SSL_CERT_FILE is not usable")
        })
}

/// Creates the client for loopback addresses: plain http, never through a proxy. Loads no root certificates, because it
/// never checks a certificate.
pub(super) fn plain(purpose: ClientPurpose) -> Result<reqwest::Client, HttpError> {
    builder(purpose)
        .tls_certs_only([])
        .dns_resolver(LoopbackNames)
        .build()
        .map_err(|_| setup("could not set up the HTTP client"))
}

/// What a client is for.
#[derive(Clone, Copy)]
pub(super) enum ClientPurpose {
    /// Our own requests, a few for each host. Responses may be compressed, and are decompressed.
    OwnRequests,
    /// Those of other programs, over one HTTP/2 connection if the server offers it. Responses are left as they are.
    Forwarding,
}

fn builder(purpose: ClientPurpose) -> reqwest::ClientBuilder {
    // Fails if another library has installed a provider, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_max_headers(MAX_HEADERS)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
        .user_agent(concat!("aemkeys/", env!("CARGO_PKG_VERSION")));
    match purpose {
        ClientPurpose::OwnRequests => builder
            .gzip(true)
            .http1_only()
            .retry(reqwest::retry::never()),
        // Requests that the server says it has not processed are sent again, on another connection.
        ClientPurpose::Forwarding => builder
            .gzip(false)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(CONNECT),
    }
}

/// The error for a host name without an address.
#[derive(Debug)]
pub(super) struct NotFound;

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("host name not found")
    }
}

impl Error for NotFound {}

/// The system's resolver, with an error type of its own that [`HttpError::of`] can recognise.
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

/// Resolves `localhost` to loopback whatever `/etc/hosts` says, and no other name.
struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        let known = name.as_str() == "localhost";
        Box::pin(async move {
            if !known {
                return Err(NotFound.into());
            }
            let addresses = [
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ];
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}
