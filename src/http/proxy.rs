//! The proxy between here and a host: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, of which only host and port are shown.

use std::fmt;

use base64::Engine as _;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderValue;

use super::HttpError;
use crate::credential::Secret;
use crate::credential::text::clean;

/// The variables as they were found. They may hold a password, so `Debug` shows only which are set.
#[derive(Clone, Default)]
pub struct ProxySettings {
    /// `http://user:password@proxy.example:8080`; also without a scheme.
    pub url: Option<String>,
    /// Hosts that are asked directly: domains, addresses, networks, `*`.
    pub exceptions: Option<String>,
}

impl ProxySettings {
    /// Lower case first, as curl does; `ALL_PROXY` where `HTTPS_PROXY` is missing.
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

    /// No proxy at all.
    pub fn direct() -> Self {
        Self::default()
    }

    /// What is wrong with the settings is said without repeating them.
    pub(super) fn read(&self) -> Result<ProxyPlan, HttpError> {
        let Some(url) = self.url.as_deref().map(str::trim) else {
            return Ok(ProxyPlan { matcher: None });
        };
        if url.to_ascii_lowercase().starts_with("socks") {
            return Err(HttpError::Setup {
                what: "HTTPS_PROXY or ALL_PROXY names a SOCKS proxy, which is not supported: use its http port".into(),
            });
        }
        let matcher = Matcher::builder()
            .https(url.to_owned())
            .no(self.exceptions.clone().unwrap_or_default())
            .build();
        let whole = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let readable = reqwest::Url::parse(&whole).is_ok_and(|url| url.host_str().is_some())
            && !has_password_in_path(&whole);
        // Without exceptions every host would be intercepted, were the address understood.
        let understood = Matcher::builder()
            .https(url.to_owned())
            .build()
            .intercept(&probe_uri("proxy.invalid"))
            .is_some();
        if !(readable && understood) {
            return Err(HttpError::Setup {
                what: "HTTPS_PROXY or ALL_PROXY is not an address like http://proxy.example:8080"
                    .into(),
            });
        }
        Ok(ProxyPlan {
            matcher: Some(std::sync::Arc::new(matcher)),
        })
    }

    /// The proxy of hosts that are no exception, as it may be shown.
    pub fn shown(&self) -> Result<Option<String>, HttpError> {
        let everywhere = Self {
            url: self.url.clone(),
            exceptions: None,
        };
        everywhere.shown_for("proxy.invalid")
    }

    /// The proxy a host is reached through, as it may be shown: `proxy.example:8080`. `None`: directly.
    pub fn shown_for(&self, host: &str) -> Result<Option<String>, HttpError> {
        self.read().map(|plan| plan.shown_for(host))
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

/// The settings, understood.
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

    pub(super) fn shown_for(&self, host: &str) -> Option<String> {
        let (url, _) = self.intercept(host)?;
        let port = url.port_or_known_default().unwrap_or(80);
        let name = url.host_str().unwrap_or_default();
        // `http://user:1234`, with the host left out, reads as a host and a port.
        let may_be_user = !name.contains(['.', ':']) && name != "localhost";
        Some(if may_be_user {
            clean(name, 260)
        } else {
            clean(&format!("{name}:{port}"), 260)
        })
    }

    /// User and password as `Proxy-Authorization` has them, the pair, and the password.
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

    /// For the client. The user's name and password go to the proxy only, in `Proxy-Authorization`.
    pub(super) fn into_proxy(self) -> Option<reqwest::Proxy> {
        self.matcher.as_ref()?;
        // The credentials are the same for every host that is intercepted, so any name finds them.
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

/// A password with a `/`, `?` or `#` in it ends the host early: `http://anna:12/34@proxy` would be host `anna`, port 12.
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
    fn user_and_password_are_never_shown() {
        let settings = settings("http://anna:planted@proxy.example:3128", "");
        assert!(!format!("{settings:?}").contains("planted"));
        assert_eq!(
            settings.shown_for("ims-na1.adobelogin.com").unwrap(),
            Some("proxy.example:3128".into())
        );
    }

    #[test]
    fn nothing_but_the_host_and_its_port_is_shown() {
        for url in [
            "anna:planted@proxy.example:8080",
            "http://planted@proxy.example:8080",
            "http://anna:pl%61nted@proxy.example:8080",
            "http://anna:planted@proxy.example:8080/planted?planted=planted#planted",
            "http://proxy.example:8080/planted",
        ] {
            let shown = settings(url, "*").shown().unwrap();
            assert_eq!(shown.as_deref(), Some("proxy.example:8080"), "{url}");
        }
        // A port may be a password whose host was left out.
        let shown = settings("http://anna:31415", "").shown().unwrap();
        assert_eq!(shown.as_deref(), Some("anna"));
    }

    #[test]
    fn exceptions_are_asked_directly() {
        let settings = settings("proxy.example:8080", "localhost, .adobeaemcloud.com");
        for (host, proxy) in [
            ("author-p1-e2.adobeaemcloud.com", None),
            ("ims-na1.adobelogin.com", Some("proxy.example:8080".into())),
        ] {
            assert_eq!(settings.shown_for(host).unwrap(), proxy);
        }
        let nothing = ProxySettings {
            exceptions: Some("*".into()),
            ..settings
        };
        assert_eq!(nothing.shown_for("example.com").unwrap(), None);
    }

    #[test]
    fn what_cannot_be_used_is_said_without_its_value() {
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
            let error = settings(url, "").read().err().unwrap().to_string();
            assert!(
                error.contains("PROXY") && !error.contains("planted"),
                "{error}"
            );
        }
    }
}
