//! Why is there no answer? The client's chain of errors becomes one cause a person can act on.

use std::error::Error;
use std::io;

use jiff::Timestamp;

use super::client::NotFound;
use crate::credential::text::clean;
use crate::credential::{Code, Problem};
use crate::environment::Purpose;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    #[error("{field}: nothing was sent to {host}")]
    HostRefused {
        host: String,
        purpose: Purpose,
        /// `imsEndpoint`, or the tier.
        field: &'static str,
        why: &'static str,
    },
    #[error("{host} was not found")]
    NameNotFound { host: String },
    #[error("{host} refused the connection")]
    ConnectionRefused { host: String },
    #[error("no secure connection to {host}: {fault}")]
    Tls { host: String, fault: TlsFault },
    #[error("the proxy {proxy} {reason}")]
    Proxy { proxy: String, reason: ProxyFault },
    #[error("no answer from {host} within {seconds} s")]
    TimedOut { host: String, seconds: u64 },
    #[error("{host} asks to wait until {until}")]
    Throttled { host: String, until: Timestamp },
    #[error("the answer of {host} broke off: {reason}")]
    Broken { host: String, reason: String },
    #[error("{what}")]
    Setup { what: String },
    /// By the configuration.
    #[error("{}", .0.message)]
    Refused(Box<Problem>),
}

/// What is wrong with a host's certificate, or with what answered in its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    #[error("its certificate is signed by an authority this computer does not know")]
    UnknownIssuer,
    #[error("its certificate is for another name")]
    WrongName,
    #[error("its certificate has expired")]
    Expired,
    #[error("its certificate is not yet valid")]
    NotYetValid,
    /// A link of the chain may not sign, is revoked, or is damaged.
    #[error("its certificate is not sound: {0}")]
    NotSound(String),
    #[error("what answered does not speak TLS")]
    NotTls,
    #[error("{0}")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    #[error("wants a user and a password (407)")]
    WantsCredentials,
    #[error("was not found")]
    NotFound,
    #[error("refused the connection")]
    Refused,
    #[error("refused to connect to {host}")]
    RefusedHost { host: String },
    #[error("did not reach {host} within {seconds} s")]
    TimedOut { host: String, seconds: u64 },
    #[error("broke off the connection")]
    Broke,
    #[error("cannot be reached securely: {0}")]
    Tls(TlsFault),
}

impl HttpError {
    /// With the proxy the host is reached through, if any.
    pub(super) fn of(
        error: &reqwest::Error,
        host: &str,
        proxy: Option<String>,
        connect_seconds: u64,
    ) -> Self {
        let host = host.to_owned();
        let tls = find::<rustls::Error>(error).map(tls_fault);
        if let (Some(proxy), Some(tunnel)) = (&proxy, tunnel_text(error)) {
            let reason = if tunnel.contains("authorization required") {
                ProxyFault::WantsCredentials
            } else if let Some(fault) = tls {
                ProxyFault::Tls(fault)
            } else if find::<NotFound>(error).is_some() {
                ProxyFault::NotFound
            } else if io_kind(error) == Some(io::ErrorKind::ConnectionRefused) {
                ProxyFault::Refused
            } else if tunnel.contains("unsuccessful") {
                ProxyFault::RefusedHost { host }
            } else {
                ProxyFault::Broke
            };
            let proxy = proxy.clone();
            return Self::Proxy { proxy, reason };
        }
        if let Some(fault) = tls {
            return Self::Tls { host, fault };
        }
        if find::<NotFound>(error).is_some() {
            return Self::NameNotFound { host };
        }
        if error.is_timeout() {
            let seconds = connect_seconds;
            return match proxy {
                Some(proxy) => Self::Proxy {
                    proxy,
                    reason: ProxyFault::TimedOut { host, seconds },
                },
                None => Self::TimedOut { host, seconds },
            };
        }
        match io_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => Self::ConnectionRefused { host },
            _ => Self::Broken {
                reason: innermost(error),
                host,
            },
        }
    }

    /// Could the next try end otherwise? A certificate, a password or a rule does not change within seconds.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::NameNotFound { .. }
            | Self::ConnectionRefused { .. }
            | Self::TimedOut { .. }
            | Self::Broken { .. } => true,
            Self::Proxy { reason, .. } => matches!(
                reason,
                ProxyFault::Refused | ProxyFault::Broke | ProxyFault::TimedOut { .. }
            ),
            _ => false,
        }
    }

    pub fn problem(&self) -> Problem {
        let (code, cause, next) = self.told();
        let problem = Problem::new(code, self.to_string()).next_step(next);
        if cause.is_empty() {
            problem
        } else {
            problem.cause(cause)
        }
    }

    fn told(&self) -> (Code, &str, &str) {
        match self {
            Self::Refused(problem) => (
                problem.code,
                problem.cause.as_deref().unwrap_or_default(),
                problem.next_step.as_deref().unwrap_or_default(),
            ),
            Self::HostRefused {
                purpose: Purpose::ImsSecret,
                why,
                ..
            } => (
                Code::ImsHostUntrusted,
                why,
                "check where the credential comes from; if you trust the host, add the file with `--trust-ims-host HOST`",
            ),
            Self::HostRefused { why, .. } => (
                Code::HostNotAllowed,
                why,
                "check the hosts in `aemkeys show NAME`; confirm one with `aemkeys edit NAME --author HOST --trust-host HOST`",
            ),
            Self::NameNotFound { .. } => (
                Code::HostNotFound,
                "the name does not exist, or this computer has no working DNS here; behind a proxy, HTTPS_PROXY may be missing",
                "check the name, the network and the VPN; behind a proxy set HTTPS_PROXY",
            ),
            Self::ConnectionRefused { .. } => (
                Code::ConnectionRefused,
                "nothing listens there, or a firewall says no",
                "check that it is running and that the address is right; behind a proxy set HTTPS_PROXY",
            ),
            Self::Tls { fault, .. } => fault.told(),
            Self::Proxy { reason, .. } => reason.told(),
            Self::TimedOut { .. } => (
                Code::TimedOut,
                "the network is slow, the host is not running, or a firewall drops the packets",
                "try again; behind a proxy set HTTPS_PROXY",
            ),
            Self::Throttled { .. } => (
                Code::Throttled,
                "too many requests were made in a short time, by this or another program with the same credential",
                "wait until then, and reuse a token that is still good instead of exchanging again",
            ),
            Self::Broken { .. } => (
                Code::ConnectionBroken,
                "the connection ended before the answer was complete, or the answer is no proper HTTP",
                "try again; if it stays, look at proxies and firewalls between here and there",
            ),
            Self::Setup { .. } => (
                Code::NetworkSetup,
                "",
                "correct the setting, then try again; `aemkeys doctor` shows what is in use",
            ),
        }
    }
}

impl TlsFault {
    fn told(&self) -> (Code, &'static str, &'static str) {
        match self {
            Self::UnknownIssuer => (
                Code::TlsUnknownIssuer,
                "usually a company's proxy that opens TLS and signs with its own authority",
                "ask for the company's CA certificate (PEM) and name it as `ca_file` in the configuration, or set SSL_CERT_FILE",
            ),
            Self::WrongName => (
                Code::TlsWrongName,
                "something else answers under this name: a captive portal, a proxy, or a domain that is not set up",
                "check the host name and the network you are in",
            ),
            Self::Expired => (
                Code::TlsExpired,
                "the server's certificate has expired, or this computer's clock is wrong",
                "check the date and time of this computer first",
            ),
            Self::NotYetValid => (
                Code::TlsNotYetValid,
                "this computer's clock is probably behind",
                "check the date and time of this computer",
            ),
            Self::NotSound(_) => (
                Code::TlsBadCertificate,
                "whoever signed it was not allowed to, or it is damaged: somebody may sit between here and there",
                "do not send anything over this network until you know why; a company's own authority may be set up wrongly",
            ),
            Self::NotTls => (
                Code::TlsNotSpoken,
                "a captive portal, a proxy or a server for plain http answered",
                "check the network you are in, and HTTPS_PROXY",
            ),
            Self::Other(_) => (
                Code::TlsFailed,
                "the two sides could not agree on a secure connection",
                "check proxies between here and there; `aemkeys doctor` shows which one is used",
            ),
        }
    }
}

impl ProxyFault {
    fn told(&self) -> (Code, &'static str, &'static str) {
        match self {
            Self::WantsCredentials => (
                Code::ProxyCredentials,
                "the proxy answered, not Adobe",
                "put user and password into HTTPS_PROXY (http://user:password@host:port); for NTLM or Kerberos use a local helper such as px or cntlm",
            ),
            Self::NotFound => (
                Code::ProxyNotFound,
                "HTTPS_PROXY or ALL_PROXY names a host that does not exist here",
                "correct or unset the variable; outside the company network no proxy may be needed",
            ),
            Self::Refused => (
                Code::ProxyRefused,
                "nothing listens at the address in HTTPS_PROXY or ALL_PROXY",
                "start the proxy (px, cntlm), or correct or unset the variable",
            ),
            Self::RefusedHost { .. } => (
                Code::ProxyRefusedHost,
                "the proxy answered, not Adobe: it does not allow the host or cannot reach it",
                "ask the proxy's administrators to allow it, or add it to NO_PROXY if it can be reached directly",
            ),
            Self::TimedOut { .. } => (
                Code::ProxyTimedOut,
                "the proxy or the host behind it does not answer",
                "try again; outside the company network unset HTTPS_PROXY",
            ),
            Self::Broke => (
                Code::ProxyBroken,
                "what answers at the address in HTTPS_PROXY or ALL_PROXY may be no proxy",
                "check the variable",
            ),
            Self::Tls(_) => (
                Code::ProxyTls,
                "the secure connection to the proxy itself failed",
                "most proxies are addressed as http://host:port; else add the CA of the proxy as `ca_file`",
            ),
        }
    }
}

/// Looks through the whole chain, also inside `io::Error`, which hides what it wraps.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut link = Some(error);
    while let Some(current) = link {
        if let Some(found) = current.downcast_ref::<E>() {
            return Some(found);
        }
        if let Some(inner) = current
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            let inner: &(dyn Error + 'static) = inner;
            if let Some(found) = find::<E>(inner) {
                return Some(found);
            }
        }
        link = current.source();
    }
    None
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    find::<io::Error>(error).map(io::Error::kind)
}

/// The tunnel's error type is private; its text begins so.
fn tunnel_text(error: &reqwest::Error) -> Option<String> {
    let mut link: Option<&dyn Error> = Some(error);
    while let Some(current) = link {
        let text = current.to_string();
        if text.starts_with("tunnel error") {
            return Some(text);
        }
        link = current.source();
    }
    None
}

/// The last link says what happened and, unlike the first, holds no address.
fn innermost(error: &reqwest::Error) -> String {
    let mut link: &dyn Error = error;
    while let Some(next) = link.source() {
        link = next;
    }
    clean(&link.to_string(), 120)
}

fn tls_fault(error: &rustls::Error) -> TlsFault {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            // A bad signature: an authority of the same name is known, but with another key.
            Certificate::UnknownIssuer | Certificate::BadSignature => TlsFault::UnknownIssuer,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                TlsFault::WrongName
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => TlsFault::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                TlsFault::NotYetValid
            }
            other => TlsFault::NotSound(clean(&other.to_string(), 120)),
        },
        rustls::Error::InvalidMessage(_) => TlsFault::NotTls,
        other => TlsFault::Other(clean(&other.to_string(), 160)),
    }
}
