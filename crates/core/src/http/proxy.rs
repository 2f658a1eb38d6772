//! Proxy settings from `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Only the proxy's host and port are ever shown.

use std::fmt;

use base64::Engine as _;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderValue;

use super::HttpError;
use crate::credential::Secret;
use crate::credential::text::clean;

/// The environment variables, unparsed. The URL may contain a password, so `Debug` redacts it.
#[derive(Clone, Default)]
pub struct ProxySettings {
    /// Such as `http://user:password@proxy.example:8080`; the scheme is optional.
    pub url: Option<String>,
    /// Hosts that are connected to directly: domains, addresses, networks, `*`.
    pub exceptions: Option<String>,
}

impl ProxySettings {
    /// Reads the environment variables. As in curl, lower case takes precedence; `ALL_PROXY` is the fallback for
    /// `HTTPS_PROXY`.
    pub fn from_environment() -> Self {
        let first = |names: &[&str]| {
            names
                .iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.trim().is_empty())
        };
        Self {
            url: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            exceptions: first(&["no_proxy", "NO_PROXY"]),
        }
    }

    /// Returns settings without a proxy.
    pub fn direct() -> Self {
        Self::default()
    }

    /// Parses the settings. Errors never repeat the URL, which may contain a password.
    pub(super) fn parse(&self) -> Result<ProxyPlan, HttpError> {
        let Some(url) = self.url.as_deref().map(str::trim) else {
            return Ok(ProxyPlan { matcher: None });
        };
        if url.to_ascii_lowercase().starts_with("socks") {
            return Err(HttpError::Setup {
                what: "HTTPS_PROXY or ALL_PROXY names a SOCKS proxy, which is not supported: use the HTTP port of the proxy".into(),
            });
        }
        let matcher = Matcher::builder()
            .https(url.to_owned())
            .no(self.exceptions.clone().unwrap_or_default())
            .build();
        let full_url = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let is_url = reqwest::Url::parse(&full_url).is_ok_and(|url| url.host_str().is_some())
            && !has_password_in_path(&full_url);
        // Without exceptions, a matcher that accepts the URL intercepts every host.
        let is_accepted = Matcher::builder()
            .https(url.to_owned())
            .build()
            .intercept(&probe_uri("proxy.invalid"))
            .is_some();
        if !(is_url && is_accepted) {
            return Err(HttpError::Setup {
                what:
                    "HTTPS_PROXY or ALL_PROXY is not a valid URL such as http://proxy.example:8080"
                        .into(),
            });
        }
        Ok(ProxyPlan {
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
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings")
            .field("url", &self.url.as_ref().map(|_| "[redacted]"))
            .field("exceptions", &self.exceptions)
            .finish()
    }
}

/// The parsed settings.
#[derive(Clone)]
pub(super) struct ProxyPlan {
    matcher: Option<std::sync::Arc<Matcher>>,
}

impl ProxyPlan {
    fn intercept(&self, host: &str) -> Option<(reqwest::Url, Option<HeaderValue>)> {
        let found = self.matcher.as_ref()?.intercept(&probe_uri(host))?;
        let url = reqwest::Url::parse(&found.uri().to_string()).ok()?;
        Some((url, found.basic_auth().cloned()))
    }

    pub(super) fn display_for(&self, host: &str) -> Option<String> {
        let (url, _) = self.intercept(host)?;
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

    /// Returns the credentials as `Proxy-Authorization` has them, the decoded pair, and the password.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let Some((_, Some(header))) = self.intercept("proxy.invalid") else {
            return Vec::new();
        };
        let encoded = header
            .as_bytes()
            .strip_prefix(b"Basic ")
            .unwrap_or_default();
        let pair = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .unwrap_or_default();
        let password = pair.splitn(2, |byte| *byte == b':').nth(1);
        let password = password.unwrap_or_default().to_vec();
        [encoded.to_vec(), pair, password].map(Secret::new).into()
    }

    /// Returns the proxy for the client. User name and password are sent to the proxy only, in `Proxy-Authorization`.
    pub(super) fn into_proxy(self) -> Option<reqwest::Proxy> {
        self.matcher.as_ref()?;
        // The credentials do not depend on the host.
        let credentials = self.intercept("proxy.invalid").and_then(|(_, auth)| auth);
        let proxy = reqwest::Proxy::custom(move |url| {
            url.host_str()
                .and_then(|host| self.intercept(host))
                .map(|(proxy, _)| proxy)
        });
        Some(match credentials {
            Some(header) => proxy.custom_http_auth(header),
            None => proxy,
        })
    }
}

/// Returns whether an unescaped `/`, `?` or `#` in a password ends the host early: `http://anna:12/34@proxy` parses as
/// host `anna`, port 12.
fn has_password_in_path(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    rest[end..].contains('@')
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
            "http://anna:12/planted@proxy.example:8080",
            "http://anna:12?planted@proxy.example:8080",
            "http://anna:12#planted@proxy.example:8080",
            "http://anna:12\\planted@proxy.example:8080",
            "http://anna:planted@proxy example:8080",
        ] {
            let error = settings(url, "").parse().err().unwrap().to_string();
            assert!(
                error.contains("PROXY") && !error.contains("planted"),
                "{error}"
            );
        }
    }
}
