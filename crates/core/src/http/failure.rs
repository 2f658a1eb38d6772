//! Network errors: turns the HTTP client's chain of errors into one cause that the user can act on.

use std::error::Error;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::client::NotFound;
use crate::credential::text::clean;
use crate::credential::{Circumstances, Code, NextStep, Problem};
use crate::environment::Purpose;
use crate::{guidance, time};

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
        let problem = |code| Problem::new(code, self.to_string());
        let code = match self {
            Self::Refused(problem) => return (**problem).clone(),
            Self::HostRefused {
                purpose: Purpose::ImsSecret,
                why,
                ..
            } => {
                return problem(Code::ImsHostUntrusted)
                    .cause(*why)
                    .next_step(guidance![
                        "check where the credential comes from; if you trust the host, ",
                        NextStep::TrustImsHost
                    ]);
            }
            Self::HostRefused { why, .. } => {
                return problem(Code::HostNotAllowed)
                    .cause(*why)
                    .next_step(guidance![
                        "to see the hosts, ",
                        NextStep::Show,
                        "; to confirm one, ",
                        NextStep::TrustHost
                    ]);
            }
            Self::Argument { .. } => {
                return problem(Code::Usage)
                    .next_step("correct the path, method or header of the call");
            }
            Self::NameNotFound { .. } => Code::HostNotFound,
            Self::ConnectionRefused { .. } => Code::ConnectionRefused,
            Self::TimedOut { .. } => Code::TimedOut,
            Self::Throttled { .. } => Code::Throttled,
            Self::Broken { .. } => Code::ConnectionBroken,
            Self::Setup { .. } => Code::NetworkSetup,
            Self::Tls { fault, .. } => fault.code(),
            Self::Proxy { reason, .. } => reason.code(),
        };
        problem(code).advised(Circumstances {
            status: self.proxy_status(),
            ..Circumstances::default()
        })
    }

    /// Returns the status with which a proxy refused the host.
    fn proxy_status(&self) -> Option<u16> {
        match self {
            Self::Proxy {
                reason: ProxyFault::RefusedHost { status, .. },
                ..
            } => *status,
            _ => None,
        }
    }
}

impl TlsFault {
    fn code(&self) -> Code {
        match self {
            Self::UnknownIssuer => Code::TlsUnknownIssuer,
            Self::WrongName => Code::TlsWrongName,
            Self::Expired => Code::TlsExpired,
            Self::NotYetValid => Code::TlsNotYetValid,
            Self::Invalid(_) => Code::TlsBadCertificate,
            Self::NotTls => Code::TlsNotSpoken,
            Self::Other(_) => Code::TlsFailed,
        }
    }
}

impl ProxyFault {
    fn code(&self) -> Code {
        match self {
            Self::CredentialsRequired => Code::ProxyCredentials,
            Self::CredentialsRefused => Code::ProxyLoginRefused,
            Self::NotFound => Code::ProxyNotFound,
            Self::Refused => Code::ProxyRefused,
            Self::RefusedHost { .. } => Code::ProxyRefusedHost,
            Self::TimedOut { .. } => Code::ProxyTimedOut,
            Self::ClosedEarly => Code::ProxyBroken,
            Self::Tls(_) => Code::ProxyTls,
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
            // Its own text would be that of `Debug`.
            Certificate::Other(inner) => TlsFault::Invalid(clean(&inner.0.to_string(), 120)),
            other => TlsFault::Invalid(clean(&other.to_string(), 120)),
        },
        rustls::Error::InvalidMessage(_) => TlsFault::NotTls,
        rustls::Error::Other(inner) => TlsFault::Other(clean(&inner.0.to_string(), 160)),
        other => TlsFault::Other(clean(&other.to_string(), 160)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{CertificateError, OtherError};

    use super::*;

    #[test]
    fn faults_of_the_system_are_told_in_its_own_words() {
        let other = || OtherError(Arc::new(io::Error::other("OS Error -2146762486")));
        for error in [
            rustls::Error::InvalidCertificate(CertificateError::Other(other())),
            rustls::Error::Other(other()),
        ] {
            let text = tls_fault(&error).to_string();
            assert!(text.ends_with("OS Error -2146762486"), "{text}");
            assert!(!text.contains("Other"), "{text}");
        }
    }
}
