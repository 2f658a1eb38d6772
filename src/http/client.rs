//! How is the client made? Certificate authorities, proxy, names; on first use, because most commands never connect.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::proxy::ProxyPlan;
use super::{HttpError, HttpOptions};

pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// A whole Mozilla bundle is 0.2 MB.
const MAX_CA_BYTES: u64 = 8 * 1024 * 1024;

const MAX_HEADERS: usize = 128;

/// For https hosts: the system's authorities and the configured ones, through the proxy if there is one.
pub(super) fn secure(
    options: &HttpOptions,
    proxy: ProxyPlan,
) -> Result<reqwest::Client, HttpError> {
    let mut extra = Vec::new();
    if let Some(path) = &options.ca_file {
        extra.extend(read_authorities(path, "ca_file in the configuration")?);
    }
    // Elsewhere the platform's verifier reads this variable itself, in place of the system's bundle.
    if cfg!(any(target_os = "macos", windows))
        && let Some(path) = std::env::var_os("SSL_CERT_FILE")
    {
        extra.extend(read_authorities(Path::new(&path), "SSL_CERT_FILE")?);
    }
    let mut builder = basic()
        .https_only(true)
        .tls_certs_merge(extra)
        .dns_resolver(SystemNames);
    if let Some(proxy) = proxy.into_proxy() {
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| {
        let no_authorities = error_chain(&error).contains("No CA certificates");
        HttpError::Setup {
            what: if no_authorities {
                "this system has no certificate authorities: install the package ca-certificates, or set SSL_CERT_FILE".into()
            } else {
                "TLS could not be set up: a certificate in ca_file or SSL_CERT_FILE cannot be used"
                    .into()
            },
        }
    })
}

/// For loopback: plain http, never through a proxy. No authorities are loaded, since no certificate is ever checked.
pub(super) fn plain() -> Result<reqwest::Client, HttpError> {
    basic()
        .tls_certs_only([])
        .dns_resolver(LoopbackNames)
        .build()
        .map_err(|_| HttpError::Setup {
            what: "the HTTP client could not be set up".into(),
        })
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

fn read_authorities(path: &Path, source: &str) -> Result<Vec<reqwest::Certificate>, HttpError> {
    let trouble = |what: &str| HttpError::Setup {
        what: format!("{source}: {what}"),
    };
    let size = std::fs::metadata(path).map_err(|error| trouble(&error.kind().to_string()))?;
    if !size.is_file() || size.len() > MAX_CA_BYTES {
        return Err(trouble("this is no file of certificates"));
    }
    let pem = std::fs::read(path).map_err(|error| trouble(&error.kind().to_string()))?;
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        // The reader's own error would repeat what is in the file.
        let certificate = certificate.map_err(|_| trouble("a certificate in it is damaged"))?;
        found.push(
            reqwest::Certificate::from_der(&certificate)
                .map_err(|_| trouble("a certificate in it is damaged"))?,
        );
    }
    if found.is_empty() {
        return Err(trouble("it holds no certificate in PEM form"));
    }
    Ok(found)
}

fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut link = error.source();
    while let Some(next) = link {
        text.push_str(&next.to_string());
        link = next.source();
    }
    text
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
