//! Network errors: turns the HTTP client's chain of errors into one cause that the user can act on.

use crate::credential::{Guidance, NextStep};
use crate::guidance;
use std::error::Error;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::client::NotFound;
use crate::credential::text::clean;
use crate::credential::{Code, Problem};
use crate::environment::Purpose;
use crate::time;

/// The reason why a request got no response.
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
    #[error("could not resolve host {host}")]
    NameNotFound { host: String },
    #[error("{host} refused the connection")]
    ConnectionRefused { host: String },
    #[error("could not connect securely to {host}: {fault}")]
    Tls { host: String, fault: TlsFault },
    #[error("the proxy {proxy} {reason}")]
    Proxy { proxy: String, reason: ProxyFault },
    #[error("no response from {host} within {}", time::duration(*limit))]
    TimedOut { host: String, limit: Duration },
    #[error("rate limited by {host}: retry after {}", time::near(*until, *now, &TimeZone::system()))]
    Throttled {
        host: String,
        until: Timestamp,
        now: Timestamp,
    },
    #[error("the connection to {host} closed early: {reason}")]
    Broken { host: String, reason: String },
    #[error("{what}")]
    Setup { what: String },
    /// A method, path or header of the caller.
    #[error("{what}")]
    Argument { what: String },
    /// By the configuration.
    #[error("{}", .0.message)]
    Refused(Box<Problem>),
}

/// Why a TLS connection could not be established.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    #[error("its certificate is signed by a CA that this computer does not trust")]
    UnknownIssuer,
    #[error("its certificate is for another host name")]
    WrongName,
    #[error("its certificate has expired")]
    Expired,
    #[error("its certificate is not yet valid")]
    NotYetValid,
    /// A certificate of the chain is revoked, damaged, or not allowed to sign.
    #[error("its certificate is not valid: {0}")]
    Invalid(String),
    #[error("the server does not speak TLS")]
    NotTls,
    #[error("{0}")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    #[error("requires a user name and password (407)")]
    CredentialsRequired,
    #[error("refused the user name and password (407)")]
    CredentialsRefused,
    #[error("could not be resolved")]
    NotFound,
    #[error("refused the connection")]
    Refused,
    #[error("refused to connect to {host}{}", status.map_or_else(String::new, |status| format!(" ({status})")))]
    RefusedHost { host: String, status: Option<u16> },
    #[error("did not reach {host} within {}", time::duration(*limit))]
    TimedOut { host: String, limit: Duration },
    #[error("closed the connection early")]
    ClosedEarly,
    #[error("cannot be reached securely: {0}")]
    Tls(TlsFault),
}

impl HttpError {
    /// Classifies an error of the HTTP client. `proxy` is the one used for this host, if any; `login` tells whether a login
    /// was sent to it.
    pub(super) fn of(
        error: &reqwest::Error,
        host: &str,
        proxy: Option<String>,
        login: bool,
        limit: Duration,
    ) -> Self {
        let host = host.to_owned();
        let tls = find::<rustls::Error>(error).map(tls_fault);
        if let (Some(proxy), Some(tunnel)) = (&proxy, tunnel_text(error)) {
            let reason = if tunnel.contains("authorization required") {
                if login {
                    ProxyFault::CredentialsRefused
                } else {
                    ProxyFault::CredentialsRequired
                }
            } else if let Some(fault) = tls {
                ProxyFault::Tls(fault)
            } else if find::<NotFound>(error).is_some() {
                ProxyFault::NotFound
            } else if io_kind(error) == Some(io::ErrorKind::ConnectionRefused) {
                ProxyFault::Refused
            } else if tunnel.contains("unsuccessful") {
                ProxyFault::RefusedHost { host, status: None }
            } else {
                ProxyFault::ClosedEarly
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
            return match proxy {
                Some(proxy) => Self::Proxy {
                    proxy,
                    reason: ProxyFault::TimedOut { host, limit },
                },
                None => Self::TimedOut { host, limit },
            };
        }
        match io_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => Self::ConnectionRefused { host },
            _ => Self::Broken {
                reason: root_cause(error),
                host,
            },
        }
    }

    /// Returns whether a retry may succeed. A certificate, a password or a rule does not change within seconds.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::NameNotFound { .. }
            | Self::ConnectionRefused { .. }
            | Self::TimedOut { .. }
            | Self::Broken { .. } => true,
            Self::Proxy { reason, .. } => matches!(
                reason,
                ProxyFault::Refused | ProxyFault::ClosedEarly | ProxyFault::TimedOut { .. }
            ),
            _ => false,
        }
    }

    pub fn problem(&self) -> Problem {
        let (code, cause, next) = self.explanation();
        let problem = Problem::new(code, self.to_string()).next_step(next);
        if cause.is_empty() {
            problem
        } else {
            problem.cause(cause)
        }
    }

    /// Returns the code, the cause and the next step.
    fn explanation(&self) -> (Code, &str, Guidance) {
        match self {
            Self::Refused(problem) => (
                problem.code,
                problem.cause.as_deref().unwrap_or_default(),
                problem.next_step.clone().unwrap_or_default(),
            ),
            Self::HostRefused {
                purpose: Purpose::ImsSecret,
                why,
                ..
            } => (
                Code::ImsHostUntrusted,
                why,
                guidance!["check where the credential comes from; if you trust the host, ", NextStep::TrustImsHost],
            ),
            Self::HostRefused { why, .. } => (
                Code::HostNotAllowed,
                why,
                guidance!["to see the hosts, ", NextStep::Show, "; to confirm one, ", NextStep::TrustHost],
            ),
            Self::NameNotFound { .. } => (
                Code::HostNotFound,
                "the host does not exist, DNS does not work on this network, or HTTPS_PROXY is missing",
                "check the host name, the network and the VPN; if the network requires a proxy, set HTTPS_PROXY".into(),
            ),
            Self::ConnectionRefused { .. } => (
                Code::ConnectionRefused,
                "no server listens at this address, or a firewall rejects the connection",
                "check the address and that the server is running; if the network requires a proxy, set HTTPS_PROXY".into(),
            ),
            Self::Tls { fault, .. } => fault.explanation(),
            Self::Proxy { reason, .. } => reason.explanation(),
            Self::TimedOut { .. } => (
                Code::TimedOut,
                "the network is slow, the server is down, or a firewall drops the packets",
                "try again; if the network requires a proxy, set HTTPS_PROXY".into(),
            ),
            Self::Throttled { .. } => (
                Code::Throttled,
                "this or another program sent too many requests with the same credential",
                "try again at that time, and reuse a valid token instead of exchanging again".into(),
            ),
            Self::Broken { .. } => (
                Code::ConnectionBroken,
                "the response was incomplete, or not valid HTTP",
                "try again; if it keeps failing, check the proxies and firewalls on the way to the host".into(),
            ),
            Self::Argument { .. } => (
                Code::Usage,
                "",
                "correct the path, method or header of the call".into(),
            ),
            Self::Setup { .. } => (
                Code::NetworkSetup,
                "",
                guidance!["correct the setting and try again; to see the current settings, ", NextStep::Doctor],
            ),
        }
    }
}

impl TlsFault {
    /// Returns the code, the cause and the next step.
    fn explanation(&self) -> (Code, &'static str, Guidance) {
        match self {
            Self::UnknownIssuer => (
                Code::TlsUnknownIssuer,
                "usually a company proxy that intercepts TLS and signs with its own CA",
                "ask your company for its CA certificate (PEM) and set `ca_file` in config.toml, or SSL_CERT_FILE".into(),
            ),
            Self::WrongName => (
                Code::TlsWrongName,
                "another server answered under this name: a captive portal, a proxy, or a domain that is not set up",
                "check the host name and your network".into(),
            ),
            Self::Expired => (
                Code::TlsExpired,
                "the server's certificate has expired, or this computer's clock is wrong",
                "check this computer's date and time first".into(),
            ),
            Self::NotYetValid => (
                Code::TlsNotYetValid,
                "this computer's clock is probably slow",
                "check this computer's date and time".into(),
            ),
            Self::Invalid(_) => (
                Code::TlsBadCertificate,
                "a CA that is not allowed to sign it did, or it is revoked or damaged; somebody may be intercepting the connection",
                "do not send anything over this network until you know why; your company's CA may be misconfigured".into(),
            ),
            Self::NotTls => (
                Code::TlsNotSpoken,
                "a captive portal, a proxy or a plain http server answered",
                "check your network and HTTPS_PROXY".into(),
            ),
            Self::Other(_) => (
                Code::TlsFailed,
                "client and server could not agree on a TLS version or cipher",
                guidance!["check the proxies on the way to the host; to see the one in use, ", NextStep::Doctor],
            ),
        }
    }
}

impl ProxyFault {
    /// Returns the code, the cause and the next step.
    fn explanation(&self) -> (Code, &'static str, Guidance) {
        match self {
            Self::CredentialsRequired => (
                Code::ProxyCredentials,
                "the response came from the proxy, not from Adobe",
                "add user name and password to HTTPS_PROXY (http://user:password@host:port); for NTLM or Kerberos, use a local helper such as px or cntlm".into(),
            ),
            Self::CredentialsRefused => (
                Code::ProxyLoginRefused,
                "the response came from the proxy, not from Adobe: user name or password is wrong or expired, or the proxy wants NTLM or Kerberos",
                "correct user and password in HTTPS_PROXY (DOMAIN\\user is possible; write % as %25); for NTLM or Kerberos, use a local helper such as px or cntlm".into(),
            ),
            Self::NotFound => (
                Code::ProxyNotFound,
                "HTTPS_PROXY or ALL_PROXY names a host that does not exist on this network",
                "correct or unset the variable; outside the company network, no proxy may be needed".into(),
            ),
            Self::Refused => (
                Code::ProxyRefused,
                "no server listens at the address in HTTPS_PROXY or ALL_PROXY",
                "start the proxy (px, cntlm), or correct or unset the variable".into(),
            ),
            Self::RefusedHost {
                status: Some(401 | 403 | 405),
                ..
            } => (
                Code::ProxyRefusedHost,
                "the proxy forbids this host: its rules do not allow the connection",
                "ask your administrators to allow the host on port 443, or add it to NO_PROXY if it is reachable directly".into(),
            ),
            Self::RefusedHost {
                status: Some(500..),
                ..
            } => (
                Code::ProxyRefusedHost,
                "the proxy could not reach the host",
                "check the host name and try again; if it stays, ask your administrators whether the proxy may reach it".into(),
            ),
            Self::RefusedHost { .. } => (
                Code::ProxyRefusedHost,
                "the proxy does not allow this host or cannot reach it",
                "ask your administrators to allow the host, or add it to NO_PROXY if it is reachable directly".into(),
            ),
            Self::TimedOut { .. } => (
                Code::ProxyTimedOut,
                "the proxy or the host does not respond",
                "try again; outside the company network, unset HTTPS_PROXY".into(),
            ),
            Self::ClosedEarly => (
                Code::ProxyBroken,
                "the server at the address in HTTPS_PROXY or ALL_PROXY may not be a proxy",
                "correct or unset the variable".into(),
            ),
            Self::Tls(_) => (
                Code::ProxyTls,
                "the TLS connection to the proxy itself failed",
                "use http://host:port, as most proxies require, or set `ca_file` in config.toml to the proxy's CA certificate".into(),
            ),
        }
    }
}

/// Finds an error of type `E` in the chain, also inside an `io::Error`, whose `source` skips the wrapped error.
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

/// Returns the message of an error in the proxy tunnel. Its type is private, so that only its text identifies it.
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

/// Returns the innermost message, which states the cause and, unlike the outermost, contains no URL.
fn root_cause(error: &reqwest::Error) -> String {
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
            // A bad signature means that a root certificate of the same name exists with another key.
            Certificate::UnknownIssuer | Certificate::BadSignature => TlsFault::UnknownIssuer,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                TlsFault::WrongName
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => TlsFault::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                TlsFault::NotYetValid
            }
            other => TlsFault::Invalid(clean(&other.to_string(), 120)),
        },
        rustls::Error::InvalidMessage(_) => TlsFault::NotTls,
        other => TlsFault::Other(clean(&other.to_string(), 160)),
    }
}
