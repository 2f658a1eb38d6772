//! Proxy settings from `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Only the proxy's host and port are ever shown.

use std::fmt;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::HttpError;
use super::basic::Login;
use super::no_proxy::Exceptions;
use crate::credential::Secret;
use crate::credential::text::clean;

/// Names of the variables, in the order in which they are read. As in curl, lower case takes precedence.
const URL_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPTION_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The environment variables, unparsed. The URL may contain a password, so `Debug` redacts it.
#[derive(Clone, Default)]
pub struct ProxySettings {
    /// Such as `http://user:password@proxy.example:8080`; the scheme is optional.
    pub url: Option<String>,
    /// Hosts that are connected to directly: domains, addresses, networks, `*`.
    pub exceptions: Option<String>,
}

impl ProxySettings {
    /// Reads the environment variables; `ALL_PROXY` is the fallback for `HTTPS_PROXY`.
    pub fn from_environment() -> Self {
        Self {
            url: first_set(&URL_VARIABLES).map(|(_, value)| value),
            exceptions: first_set(&EXCEPTION_VARIABLES).map(|(_, value)| value),
        }
    }

    /// Returns the names of the variables that are used, for the proxy and for the exceptions.
    pub fn variables_in_use() -> (Option<&'static str>, Option<&'static str>) {
        let name = |names| first_set(names).map(|(name, _)| name);
        (name(&URL_VARIABLES), name(&EXCEPTION_VARIABLES))
    }

    /// Returns the names of variables that are set and not used.
    pub fn variables_ignored() -> Vec<&'static str> {
        let (url, exceptions) = Self::variables_in_use();
        let others = ["http_proxy", "HTTP_PROXY"];
        let all = URL_VARIABLES
            .into_iter()
            .chain(EXCEPTION_VARIABLES)
            .chain(others);
        all.filter(|name| Some(*name) != url && Some(*name) != exceptions && is_set(name).is_some())
            .collect()
    }

    /// Returns settings without a proxy.
    pub fn direct() -> Self {
        Self::default()
    }

    /// Parses the settings. Errors never repeat the URL, which may contain a password.
    pub(super) fn parse(&self) -> Result<ProxyPlan, HttpError> {
        let Some(url) = self.url.as_deref() else {
            return Ok(ProxyPlan::default());
        };
        let address = Address::parse(url).map_err(|why| HttpError::Setup {
            what: format!("HTTPS_PROXY or ALL_PROXY cannot be used: {why}"),
        })?;
        let matcher = Matcher::builder()
            .https(address.url())
            .no(Exceptions::parse(self.exceptions.as_deref())
                .counted
                .join(","))
            .build();
        Ok(ProxyPlan {
            login: address.login.map(std::sync::Arc::new),
            matcher: Some(std::sync::Arc::new(matcher)),
        })
    }

    /// Returns host and port of the proxy for hosts that are not exceptions.
    pub fn display(&self) -> Result<Option<String>, HttpError> {
        let without_exceptions = Self {
            url: self.url.clone(),
            exceptions: None,
        };
        without_exceptions.display_for("proxy.invalid")
    }

    /// Returns host and port of the proxy for `host`, such as `proxy.example:8080`; `None` for a direct connection.
    pub fn display_for(&self, host: &str) -> Result<Option<String>, HttpError> {
        self.parse().map(|plan| plan.display_for(host))
    }

    /// True if the settings contain a user name for the proxy.
    pub fn has_login(&self) -> bool {
        self.parse().is_ok_and(|plan| plan.login.is_some())
    }

    /// Returns which exceptions count and which do not.
    pub fn read_exceptions(&self) -> Exceptions {
        Exceptions::parse(self.exceptions.as_deref())
    }
}

fn first_set(names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| Some((*name, is_set(name)?)))
}

fn is_set(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings")
            .field("url", &self.url.as_ref().map(|_| "[redacted]"))
            .field("exceptions", &self.exceptions)
            .finish()
    }
}

/// The parts of a proxy URL.
struct Address {
    scheme: &'static str,
    login: Option<Login>,
    /// Host, and port if there is one.
    host: String,
}

impl Address {
    /// Parses the URL as people write it: the last `@` ends the login, so that user and password may contain any character.
    /// `%XX` stands for one byte. The error is a fixed text.
    fn parse(url: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "it is not a URL such as http://proxy.example:8080";
        let url = url.trim().trim_matches(['"', '\'']);
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                match scheme.to_ascii_lowercase().as_str() {
                    "http" => ("http", rest),
                    "https" => ("https", rest),
                    socks if socks.starts_with("socks") => {
                        return Err(
                            "SOCKS proxies are not supported; use the HTTP port of the proxy",
                        );
                    }
                    _ => return Err("the scheme of a proxy is http:// or https://"),
                }
            }
            _ => ("http", url),
        };
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (Some(login), rest),
            None => (None, rest),
        };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if !is_host_and_port(host) {
            return Err(WRONG);
        }
        let login = match login {
            Some(login) if ends_before_the_login(login) => {
                return Err(
                    "`/`, `?` or `#` stands before the last `@`: in a user name or password, write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A",
                );
            }
            Some("") | None => None,
            Some(login) => Some(parse_login(login)),
        };
        let host = host.to_owned();
        Ok(Self {
            scheme,
            login,
            host,
        })
    }

    fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }
}

/// True if what stands before the last `@` may itself be a host with a path: `proxy.example:8080/a@b`.
fn ends_before_the_login(login: &str) -> bool {
    login
        .split_once(['/', '?', '#'])
        .is_some_and(|(host, _)| host.contains('.') && is_host_and_port(host))
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    let is_address = |address: &str| address.parse::<std::net::Ipv6Addr>().is_ok();
    let is_host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => is_address(address),
        None => is_name(host),
    };
    is_host && port.is_none_or(is_port)
}

/// Reads `user:password`. `%XX` stands for one byte; any other `%` is a plain character.
fn parse_login(text: &str) -> Login {
    let decoded = |text: &str| {
        let mut bytes = Vec::with_capacity(text.len());
        bytes.extend(percent_encoding::percent_decode_str(text));
        Secret::new(bytes)
    };
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    Login::new(decoded(user).expose(), decoded(password))
}

/// The parsed settings.
#[derive(Clone, Default)]
pub(super) struct ProxyPlan {
    matcher: Option<std::sync::Arc<Matcher>>,
    login: Option<std::sync::Arc<Login>>,
}

impl ProxyPlan {
    fn intercept(&self, host: &str) -> Option<reqwest::Url> {
        let found = self.matcher.as_ref()?.intercept(&probe_uri(host))?;
        reqwest::Url::parse(&found.uri().to_string()).ok()
    }

    pub(super) fn display_for(&self, host: &str) -> Option<String> {
        let url = self.intercept(host)?;
        let port = url.port_or_known_default().unwrap_or(80);
        let name = url.host_str().unwrap_or_default();
        // `http://user:1234`, where the host is missing, parses as host and port; the port may be a password.
        let may_be_user = !name.contains(['.', ':']) && name != "localhost";
        Some(if may_be_user {
            clean(name, 260)
        } else {
            clean(&format!("{name}:{port}"), 260)
        })
    }

    /// True if requests carry a login for the proxy.
    pub(super) fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// Returns the credentials as `Proxy-Authorization` has them, the decoded pair, and the password.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        self.login.as_ref().map_or_else(Vec::new, |login| {
            vec![
                login.encoded(),
                login.pair.duplicate(),
                login.password.duplicate(),
            ]
        })
    }

    /// Returns the proxy for the client. User name and password are sent to the proxy only, in `Proxy-Authorization`.
    pub(super) fn into_proxy(self) -> Option<reqwest::Proxy> {
        self.matcher.as_ref()?;
        let header = self.login.as_ref().and_then(|login| login.header().ok());
        let proxy =
            reqwest::Proxy::custom(move |url| url.host_str().and_then(|host| self.intercept(host)));
        Some(match header {
            Some(header) => proxy.custom_http_auth(header),
            None => proxy,
        })
    }

    /// Asks the proxy once more for a tunnel and returns the status of its answer, which the client does not tell.
    pub(super) async fn connect_status(&self, host: &str) -> Option<u16> {
        let url = self.intercept(host).filter(|url| url.scheme() == "http")?;
        let address = (url.host_str()?.to_owned(), url.port_or_known_default()?);
        let ask = async {
            let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
            let mut request =
                format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n").into_bytes();
            if let Some(login) = &self.login {
                request.extend_from_slice(b"Proxy-Authorization: Basic ");
                request.extend_from_slice(login.encoded().expose());
                request.extend_from_slice(b"\r\n");
            }
            request.extend_from_slice(b"\r\n");
            let request = Secret::new(request);
            stream.write_all(request.expose()).await.ok()?;
            let mut head = [0; 12];
            stream.read_exact(&mut head).await.ok()?;
            let head = std::str::from_utf8(&head).ok()?;
            head.strip_prefix("HTTP/1.")?.get(2..)?.parse().ok()
        };
        tokio::time::timeout(Duration::from_secs(3), ask)
            .await
            .ok()?
    }
}

fn probe_uri(host: &str) -> hyper::Uri {
    hyper::Uri::builder()
        .scheme("https")
        .authority(host)
        .path_and_query("/")
        .build()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, exceptions: &str) -> ProxySettings {
        ProxySettings {
            url: Some(url.into()),
            exceptions: Some(exceptions.into()),
        }
    }

    #[test]
    fn debug_and_display_redact_user_and_password() {
        let settings = settings("http://anna:planted@proxy.example:3128", "");
        assert!(!format!("{settings:?}").contains("planted"));
        assert_eq!(
            settings.display_for("ims-na1.adobelogin.com").unwrap(),
            Some("proxy.example:3128".into())
        );
    }

    #[test]
    fn display_shows_only_host_and_port() {
        for url in [
            "anna:planted@proxy.example:8080",
            "http://planted@proxy.example:8080",
            "http://anna:pl%61nted@proxy.example:8080",
            "http://anna:planted@proxy.example:8080/planted?planted=planted#planted",
            "http://proxy.example:8080/planted",
        ] {
            let shown = settings(url, "*").display().unwrap();
            assert_eq!(shown.as_deref(), Some("proxy.example:8080"), "{url}");
        }
        // The port may be a password, with the host missing.
        let shown = settings("http://anna:31415", "").display().unwrap();
        assert_eq!(shown.as_deref(), Some("anna"));
    }

    #[test]
    fn exceptions_are_connected_to_directly() {
        let settings = settings("proxy.example:8080", "localhost, .adobeaemcloud.com");
        for (host, proxy) in [
            ("author-p1-e2.adobeaemcloud.com", None),
            ("ims-na1.adobelogin.com", Some("proxy.example:8080".into())),
        ] {
            assert_eq!(settings.display_for(host).unwrap(), proxy);
        }
        let all_excepted = ProxySettings {
            exceptions: Some("*".into()),
            ..settings
        };
        assert_eq!(all_excepted.display_for("example.com").unwrap(), None);
    }

    #[test]
    fn errors_never_repeat_the_url() {
        for url in [
            "socks5://planted@h:1",
            "http://",
            "ftp://planted",
            "http://planted:x y",
            "http://anna:planted",
            "anna:planted",
            "http://planted@",
            "http://anna:planted@",
            "http://proxy.example:12/planted@elsewhere.example:8080",
            "http://anna:planted@proxy example:8080",
            "http://anna:planted@proxy.example:0",
            "http://anna:planted@proxy.example:99999",
        ] {
            let error = settings(url, "").parse().err().unwrap().to_string();
            assert!(
                error.contains("PROXY") && !error.contains("planted"),
                "{error}"
            );
        }
    }

    #[test]
    fn user_and_password_may_contain_any_character() {
        for (url, pair) in [
            ("http://anna:a@b:c@proxy.example:8080", "anna:a@b:c"),
            ("http://anna:a#1?b/c@proxy.example:8080", "anna:a#1?b/c"),
            ("anna:a@b@proxy.example:8080", "anna:a@b"),
            ("http://CORP\\anna:x@proxy.example:8080", "CORP\\anna:x"),
            (
                "http://CORP%5Canna:%40%3a%23@proxy.example:8080",
                "CORP\\anna:@:#",
            ),
            ("http://anna:100%@proxy.example:8080", "anna:100%"),
            ("http://anna:50%zz@proxy.example:8080/", "anna:50%zz"),
            ("http://anna@proxy.example:8080", "anna:"),
            ("http://änna:ü%C3%9F@proxy.example:8080", "änna:üß"),
            ("\"http://anna:x y@proxy.example:8080\"", "anna:x y"),
        ] {
            let plan = settings(url, "")
                .parse()
                .unwrap_or_else(|_| panic!("{url}"));
            let [encoded, sent, password] = plan.secrets().try_into().unwrap();
            assert!(sent == Secret::from(pair), "{url}");
            assert!(
                password == Secret::from(pair.split_once(':').unwrap().1),
                "{url}"
            );
            let shown = plan.display_for("x.example").unwrap();
            assert_eq!(shown, "proxy.example:8080", "{url}");
            let header = plan.login.as_ref().unwrap().header().unwrap();
            assert!(header.as_bytes().ends_with(encoded.expose()), "{url}");
        }
    }

    #[test]
    fn exceptions_are_read_in_every_common_form() {
        let host = "author-p1-e2.adobeaemcloud.com";
        for (exceptions, is_direct) in [
            ("*.adobeaemcloud.com", true),
            (".adobeaemcloud.com", true),
            ("adobeaemcloud.com", true),
            ("ADOBEAEMCLOUD.COM:443", true),
            ("localhost 127.0.0.1  .adobeaemcloud.com", true),
            ("a.example;https://adobeaemcloud.com/", true),
            ("author-p1-e2.adobeaemcloud.com.", true),
            ("*", true),
            ("adobeaemcloud.com:8443", false),
            ("emcloud.com", false),
            ("*emcloud.com", false),
            ("10.0.0.0/8,::1,[::1]:443", false),
            ("", false),
        ] {
            let shown = settings("proxy.example:8080", exceptions)
                .display_for(host)
                .unwrap();
            assert_eq!(shown.is_none(), is_direct, "{exceptions}");
        }
        let read = settings("proxy.example:8080", "*.a.example, 10.0.0.0/8 b.example:80")
            .read_exceptions();
        assert_eq!(read.counted, [".a.example"]);
        let ignored: Vec<&str> = read
            .ignored
            .iter()
            .map(|(entry, _)| entry.as_str())
            .collect();
        assert_eq!(ignored, ["10.0.0.0/8", "b.example:80"]);
    }
}
