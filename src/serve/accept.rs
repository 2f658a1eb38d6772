//! Decides which requests of local programs are accepted, and for which tier.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use hyper::header::{HeaderName, HeaderValue, UPGRADE};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Uri};

use aemkeys_core::credential::Secret;
use aemkeys_core::credential::text::clean;
use aemkeys_core::environment::Tier;

/// The names of this computer. The port follows, if it is not that of a Unix socket.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Ends the host name of a tier when several are served.
const SUFFIX: &str = ".localhost";

/// In characters, of the 63 that DNS allows, so that a tier fits.
const MAX_LABEL: usize = 50;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request must have to be accepted.
pub struct Entrance {
    /// `None` for a Unix socket, whose clients name any port.
    pub port: Option<u16>,
    /// The host labels of the served tiers: `wknd-stage` for `http://wknd-stage.localhost`.
    pub labels: Vec<String>,
    /// `None` with `--no-secret`.
    pub secret: Option<Secret>,
}

/// An accepted request.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The index of the label.
    pub target: usize,
    /// Without the secret.
    pub path_and_query: String,
    /// Whether the path began with the secret, so that paths of the response must too.
    pub has_prefix: bool,
}

/// Why a request is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Method,
    Target,
    Host,
    Origin,
    CrossSite,
    WebSocket,
    DotSegment,
    /// The page that says what this is.
    Welcome,
    NoSecret,
    SecretElsewhere,
    ChooseEnvironment,
    ForeignDestination,
}

/// A host that names this server.
#[derive(Debug, PartialEq, Eq)]
enum LocalHost {
    Computer,
    /// The index of a served tier.
    Tier(usize),
}

impl Entrance {
    /// Accepts a request that a program on this computer sent on purpose, and not a web page of another site.
    pub fn accept(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Accepted, Refusal> {
        if ["CONNECT", "TRACE", "TRACK"].contains(&method.as_str()) {
            return Err(Refusal::Method);
        }
        let host = self.check_host(uri, headers)?;
        check_site(headers)?;
        let is_web_socket = |value: &HeaderValue| {
            let value = value.as_bytes().to_ascii_lowercase();
            value.windows(9).any(|part| part == b"websocket")
        };
        if headers.get_all(UPGRADE).iter().any(is_web_socket) {
            return Err(Refusal::WebSocket);
        }
        let path_and_query = uri
            .path_and_query()
            .map(PathAndQuery::as_str)
            .filter(|path| path.starts_with('/'))
            .ok_or(Refusal::Target)?;
        if has_dot_segment(uri.path()) {
            return Err(Refusal::DotSegment);
        }
        let stripped = self.without_secret(path_and_query);
        let has_prefix = stripped.is_some();
        let path_and_query = stripped.unwrap_or_else(|| path_and_query.to_owned());
        if !has_prefix && !self.is_signed(headers) {
            let asks_what_this_is = uri.path() == "/" && !headers.contains_key(AUTHORIZATION);
            return Err(match *method {
                Method::GET | Method::HEAD if asks_what_this_is => Refusal::Welcome,
                _ => Refusal::NoSecret,
            });
        }
        if self.is_in(path_and_query.as_bytes()) {
            return Err(Refusal::SecretElsewhere);
        }
        let target = match host {
            LocalHost::Computer if self.labels.len() == 1 => Some(0),
            LocalHost::Computer => None,
            LocalHost::Tier(target) => Some(target),
        };
        Ok(Accepted {
            target: target.ok_or(Refusal::ChooseEnvironment)?,
            path_and_query,
            has_prefix,
        })
    }

    /// Checks the Host header and the host of an absolute URL: a page whose name was rebound to this computer has another.
    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<LocalHost, Refusal> {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refusal::Host);
        };
        let host = host.to_str().ok().and_then(|host| self.local_host(host));
        let host = host.ok_or(Refusal::Host)?;
        let is_same = uri.authority().is_none_or(|authority| {
            uri.scheme_str() == Some("http")
                && self.local_host(authority.as_str()).as_ref() == Some(&host)
        });
        if is_same {
            Ok(host)
        } else {
            Err(Refusal::Host)
        }
    }

    fn local_host(&self, authority: &str) -> Option<LocalHost> {
        let authority = authority.to_ascii_lowercase();
        let host = self.without_port(&authority)?;
        if LOOPBACK.contains(&host) {
            return Some(LocalHost::Computer);
        }
        let label = host.strip_suffix(SUFFIX)?;
        let target = self.labels.iter().position(|it| it == label)?;
        Some(LocalHost::Tier(target))
    }

    fn without_port<'a>(&self, authority: &'a str) -> Option<&'a str> {
        match self.port {
            Some(80) => Some(authority.strip_suffix(":80").unwrap_or(authority)),
            Some(port) => authority.strip_suffix(&format!(":{port}")),
            None => Some(split_port(authority)),
        }
    }

    /// Returns the path after the secret, if the secret is its first segment.
    fn without_secret(&self, path_and_query: &str) -> Option<String> {
        let rest = path_and_query.strip_prefix('/')?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (segment, rest) = rest.split_at(end);
        let secret = self.secret.as_ref()?;
        (Secret::from(segment) == *secret).then(|| {
            let slash = if rest.starts_with('/') { "" } else { "/" };
            format!("{slash}{rest}")
        })
    }

    /// Returns whether the request has the secret as its token or as its password, or needs none.
    fn is_signed(&self, headers: &HeaderMap) -> bool {
        let Some(secret) = &self.secret else {
            return true;
        };
        let value = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        let Some((scheme, value)) = value.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let value = value.trim();
        let given = if scheme.eq_ignore_ascii_case("bearer") {
            Some(Secret::from(value))
        } else if scheme.eq_ignore_ascii_case("basic") {
            password(value)
        } else {
            None
        };
        given.is_some_and(|given| given == *secret)
    }

    /// Returns whether the bytes contain the secret, which must not leave this computer.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.secret.as_ref().is_some_and(|secret| {
            let secret = secret.expose();
            bytes.windows(secret.len()).any(|part| part == secret)
        })
    }

    /// Returns the host, and the port, of each tier: `localhost:4592`, or `wknd-stage.localhost:4592` if several are served.
    pub fn hosts(&self) -> Vec<String> {
        let port = self
            .port
            .map_or_else(String::new, |port| format!(":{port}"));
        match self.labels.as_slice() {
            [_] => vec![format!("{}{port}", LOOPBACK[0])],
            labels => labels
                .iter()
                .map(|label| format!("{label}{SUFFIX}{port}"))
                .collect(),
        }
    }

    /// Returns the secret as the person gets it.
    pub fn secret_text(&self) -> Option<&str> {
        std::str::from_utf8(self.secret.as_ref()?.expose()).ok()
    }

    /// Returns `/SECRET`, which begins the paths of a response if it began the path of the request.
    pub fn prefix(&self) -> String {
        self.secret_text()
            .map_or_else(String::new, |secret| format!("/{secret}"))
    }

    /// Returns the path and query of a local URL, without the secret; `None` if the URL names another host.
    pub fn local_path(&self, url: &str) -> Option<String> {
        let (authority, path) = split_url(url)?;
        self.local_host(authority)?;
        Some(self.strip_secret(if path.is_empty() { "/" } else { path }))
    }

    /// Returns the path for a log. A mistyped address can have the secret anywhere.
    pub fn shown_path(&self, path: &str) -> String {
        let mut path = self.strip_secret(path);
        if let Some(secret) = self.secret_text() {
            path = path.replace(secret, "***");
        }
        clean(&path, 300)
    }

    /// Returns the path without the secret that it may begin with.
    pub fn strip_secret(&self, path: &str) -> String {
        self.without_secret(path).unwrap_or_else(|| path.to_owned())
    }
}

/// Returns the host label of a tier: letters, digits and hyphens of its name, and the tier if it is not author.
pub fn label(name: &str, tier: Tier) -> String {
    let mut label: String = name
        .to_lowercase()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .take(MAX_LABEL)
        .collect();
    if tier != Tier::Author {
        label = format!("{label}-{}", tier.as_str());
    }
    match label.trim_matches('-') {
        "" => "aem".to_owned(),
        label => label.to_owned(),
    }
}

/// Splits `http://host:port/path`.
fn split_url(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_http = ["http", "https"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    is_http.then(|| rest.split_at(end))
}

/// Returns the host without a port of digits.
fn split_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Refuses what a browser sends for a page of another site. A page of this computer, such as that of a dev server, may ask.
fn check_site(headers: &HeaderMap) -> Result<(), Refusal> {
    for origin in headers.get_all(ORIGIN) {
        let host = origin.to_str().ok().and_then(split_url);
        let is_local = host.is_some_and(|(authority, path)| {
            let host = split_port(authority).to_ascii_lowercase();
            path.is_empty() && (LOOPBACK.contains(&host.as_str()) || host.ends_with(SUFFIX))
        });
        if !is_local {
            return Err(Refusal::Origin);
        }
    }
    let is_cross_site = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"cross-site");
    if headers.get_all(SEC_FETCH_SITE).iter().any(is_cross_site) {
        return Err(Refusal::CrossSite);
    }
    Ok(())
}

/// Returns whether a segment is `.` or `..`, also encoded, or has a backslash: it would be resolved before it is sent.
fn has_dot_segment(path: &str) -> bool {
    path.contains('\\')
        || path.split('/').any(|segment| {
            let segment = segment.to_ascii_lowercase().replace("%2e", ".");
            segment == "." || segment == ".."
        })
}

/// Returns the password of Basic authentication.
fn password(encoded: &str) -> Option<Secret> {
    let decoded = Secret::new(STANDARD.decode(encoded).ok()?);
    let colon = decoded.expose().iter().position(|byte| *byte == b':')?;
    Some(Secret::new(decoded.expose()[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests;
