//! Where do author, publish and preview answer? Host names only; a scheme is never a choice except for a local SDK.

use serde::{Deserialize, Serialize};

use super::CloudIds;
use crate::credential::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Author,
    Publish,
    Preview,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Author, Self::Publish, Self::Preview];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Publish => "publish",
            Self::Preview => "preview",
        }
    }
}

/// A host name we may speak https to: lower case, letters, digits, `-` and `.`; no port, no IP, no trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

impl HostName {
    /// Accepts a bare host or an `https://host/` URL as people paste it; refuses user info, odd ports, IPs, other schemes.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let lower = text.trim().to_ascii_lowercase();
        let bare = match lower.split_once("://") {
            Some(("https", rest)) => {
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                if path.is_empty() {
                    Ok(host)
                } else {
                    Err("it has a path")
                }
            }
            Some(_) => Err("only https is spoken"),
            None => Ok(lower.as_str()),
        };
        let host = bare.and_then(|host| check(host).map(|()| host));
        host.map(|host| Self(host.to_owned())).map_err(bad_host)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why this is no host name we speak to.
fn check(host: &str) -> Result<(), &'static str> {
    if host.is_empty() || host.len() > 253 {
        return Err("it is empty or too long");
    }
    if host.contains('@') {
        return Err("it has a user in it");
    }
    if host.contains(':') {
        return Err("it has a port; https is always on 443");
    }
    let labels: Vec<&str> = host.split('.').collect();
    if labels.len() < 2 {
        return Err("it has no domain");
    }
    for label in &labels {
        if label.is_empty() || label.len() > 63 {
            return Err("it has an empty or too long part between its dots");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a part of it begins or ends with a hyphen");
        }
        if !label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err("it has characters other than letters, digits, hyphens and dots");
        }
        if label.starts_with("xn--") {
            // Look-alikes hide behind punycode, and Adobe has no such host.
            return Err("international names are not spoken to");
        }
    }
    let last = labels.last().copied().unwrap_or_default();
    if last.starts_with(|c: char| c.is_ascii_digit()) {
        // All notations of an IPv4 address end in a part that begins with a digit.
        return Err("it is an IP address");
    }
    Ok(())
}

fn bad_host(why: &'static str) -> Problem {
    Problem::new("bad-host", "this is no host name that can be used")
        .cause(why)
        .next_step("write the bare host, for example author-p123-e1250.adobeaemcloud.com")
}

impl TryFrom<String> for HostName {
    type Error = Problem;
    fn try_from(text: String) -> Result<Self, Problem> {
        Self::parse(&text)
    }
}

impl From<HostName> for String {
    fn from(host: HostName) -> Self {
        host.0
    }
}

impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A local SDK's address: always plain http on a loopback name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LocalAddress {
    /// `localhost`, `127.0.0.1` or `[::1]`.
    pub host: String,
    pub port: u16,
}

/// One place a tier answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TierAddress {
    Cloud(HostName),
    Local(LocalAddress),
}

impl TierAddress {
    /// `https://author-p1-e2.adobeaemcloud.com` or `http://localhost:4502`, without a last slash.
    pub fn origin(&self) -> String {
        match self {
            Self::Cloud(host) => format!("https://{host}"),
            Self::Local(local) => format!("http://{}:{}", local.host, local.port),
        }
    }

    /// A host for the cloud, or `http://localhost:PORT` for a local SDK.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let lower = text.trim().to_ascii_lowercase();
        let rest = lower.strip_prefix("http://").unwrap_or(&lower);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let local = ["localhost", "127.0.0.1", "[::1]"]
            .into_iter()
            .find_map(|host| Some((host, rest.strip_prefix(host)?)));
        if let Some((host, port)) = local
            && (port.is_empty() || port.starts_with(':'))
        {
            let port = port.strip_prefix(':').map_or(Ok(4502), str::parse);
            let port = port.ok().filter(|port| *port != 0).ok_or_else(|| {
                Problem::new(
                    "bad-host",
                    "the port of this local address is no port number",
                )
                .next_step("write it like http://localhost:4502")
            })?;
            return Ok(Self::Local(LocalAddress {
                host: host.to_owned(),
                port,
            }));
        }
        HostName::parse(text).map(Self::Cloud)
    }
}

/// The hosts of one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hosts {
    pub author: Option<TierAddress>,
    pub publish: Option<TierAddress>,
    pub preview: Option<TierAddress>,
    /// The customer's own domain in front of publish; tested beside the default host.
    pub publish_domain: Option<HostName>,
}

impl Hosts {
    /// `author-p1-e2.adobeaemcloud.com` and its siblings.
    pub fn derived(ids: CloudIds) -> Self {
        let host = |tier: Tier| {
            Some(TierAddress::Cloud(HostName(format!(
                "{}-{ids}.adobeaemcloud.com",
                tier.as_str()
            ))))
        };
        Self {
            author: host(Tier::Author),
            publish: host(Tier::Publish),
            preview: host(Tier::Preview),
            publish_domain: None,
        }
    }

    /// `http://localhost:4502` and `:4503`.
    pub fn local_sdk() -> Self {
        let at = |port| {
            Some(TierAddress::Local(LocalAddress {
                host: "localhost".to_owned(),
                port,
            }))
        };
        Self {
            author: at(4502),
            publish: at(4503),
            ..Self::default()
        }
    }

    pub fn of(&self, tier: Tier) -> Option<&TierAddress> {
        match tier {
            Tier::Author => self.author.as_ref(),
            Tier::Publish => self.publish.as_ref(),
            Tier::Preview => self.preview.as_ref(),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
