//! Why did no answer come? The library's error becomes a cause a person can act on; never a URL with its query.

use std::error::Error;
use std::io;

use super::HttpError;
use crate::credential::Problem;
use crate::credential::text::clean;

/// What a reqwest error means for a request to `host`, perhaps through `proxy`.
pub fn classify(error: &reqwest::Error, host: &str, proxy: Option<&str>) -> HttpError {
    let host = host.to_owned();
    let proxy_failed = |reason: &str| HttpError::Proxy {
        proxy: proxy.unwrap_or("in between").to_owned(),
        reason: reason.to_owned(),
    };
    let words = chain(error);
    if words.contains("proxy authorization required")
        || words.contains("407") && words.contains("tunnel")
    {
        return proxy_failed("wants a user and password (407)");
    }
    if words.contains("tunnel") || words.contains("unsuccessful") && proxy.is_some() {
        return proxy_failed("did not let the connection through");
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return tls_failure(host, tls);
    }
    if error.is_timeout() {
        return match proxy {
            Some(_) if error.is_connect() => proxy_failed("did not answer within 5 s"),
            _ => HttpError::TimedOut { host, seconds: 5 },
        };
    }
    let refused = find::<io::Error>(error).map(io::Error::kind);
    if error.is_connect() {
        if words.contains("dns error") || words.contains("failed to lookup") {
            return match proxy {
                Some(_) => proxy_failed("was not found: its name does not resolve"),
                None => HttpError::NameNotFound { host },
            };
        }
        return match (proxy, refused) {
            (Some(_), _) => proxy_failed("cannot be reached"),
            (None, Some(io::ErrorKind::ConnectionRefused)) => HttpError::ConnectionRefused { host },
            (None, Some(kind)) => HttpError::Broken {
                host,
                reason: kind.to_string(),
            },
            (None, None) => HttpError::Broken {
                host,
                reason: "no connection".to_owned(),
            },
        };
    }
    HttpError::Broken {
        host,
        reason: match refused {
            Some(kind) => kind.to_string(),
            None if words.contains("too large") || words.contains("headers") => {
                "its headers are too large".to_owned()
            }
            None if error.is_decode() => "its body is damaged".to_owned(),
            None => "it is no proper HTTP answer".to_owned(),
        },
    }
}

fn tls_failure(host: String, error: &rustls::Error) -> HttpError {
    use rustls::CertificateError as Bad;
    let (reason, unknown_issuer) = match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer => ("nobody this computer trusts signed its certificate", true),
            Bad::Expired | Bad::ExpiredContext { .. } => ("its certificate has expired", false),
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => (
                "its certificate is not valid yet: is this computer's clock right?",
                false,
            ),
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                ("its certificate is for another name", false)
            }
            Bad::Revoked => ("its certificate is revoked", false),
            _ => ("its certificate cannot be checked", true),
        },
        _ => ("no TLS could be spoken", false),
    };
    HttpError::Tls {
        host,
        reason,
        unknown_issuer,
    }
}

/// The texts of the error and its sources, lower case. Looked at, never shown.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        words.push_str(": ");
        words.push_str(&inner.to_string());
        source = inner.source();
    }
    words.to_lowercase()
}

/// The first source of type `T`, also inside an `io::Error`.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut current = Some(error);
    while let Some(inner) = current {
        if let Some(found) = inner.downcast_ref::<T>() {
            return Some(found);
        }
        if let Some(io) = inner.downcast_ref::<io::Error>()
            && let Some(wrapped) = io.get_ref()
            && let Some(found) = find::<T>(wrapped as &(dyn Error + 'static))
        {
            return Some(found);
        }
        current = inner.source();
    }
    None
}

impl HttpError {
    pub fn problem(&self) -> Problem {
        let problem = |code| Problem::new(code, clean(&self.to_string(), 300));
        match self {
            Self::HostRefused { .. } => problem("host-refused")
                .cause("secrets go to Adobe's IMS, and tokens to the environment's own hosts, only")
                .next_step("if this host is right, confirm it once with `aemkeys edit`"),
            Self::NameNotFound { .. } => problem("host-not-found")
                .cause("its name does not resolve: a typing error, no network, or a VPN that is off")
                .next_step("check the host and the network"),
            Self::ConnectionRefused { .. } => problem("connection-refused")
                .cause("nothing listens there: the environment is hibernated or not running")
                .next_step("start it (Cloud Manager, or the local SDK) and try again"),
            Self::Tls { unknown_issuer: true, .. } => problem("tls-untrusted")
                .cause("often a corporate proxy that opens TLS and signs with its own authority")
                .next_step("name the corporate authority's PEM file: `ca_file` in the configuration, or SSL_CERT_FILE"),
            Self::Tls { .. } => problem("tls-failed")
                .cause("the server's certificate is not in order, or something in between answers for it")
                .next_step("try without VPN or proxy; check this computer's clock"),
            Self::Proxy { .. } => problem("proxy-failed")
                .cause("the proxy answered (or did not), not Adobe")
                .next_step("check HTTPS_PROXY and NO_PROXY; for NTLM or a PAC file run a local helper such as px or cntlm"),
            Self::TimedOut { .. } => problem("timed-out")
                .cause("the network is slow or a firewall swallows the packets; a hibernated environment does the same")
                .next_step("try again; check VPN and proxy"),
            Self::Throttled { .. } => problem("throttled")
                .cause("too many requests were made with this credential")
                .next_step("wait until then; use the cached token instead of exchanging anew"),
            Self::Broken { .. } => problem("answer-broken")
                .cause("the connection or something in between failed")
                .next_step("try again"),
            Self::Setup { .. } => problem("network-setup")
                .next_step("check the configuration (`ca_file`), SSL_CERT_FILE and the proxy's URL"),
        }
    }
}
