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
    pub fn parse(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
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
    pub fn parse(_text: &str) -> Result<Self, Problem> {
        todo!()
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
    pub fn derived(_ids: CloudIds) -> Self {
        todo!()
    }

    /// `http://localhost:4502` and `:4503`.
    pub fn local_sdk() -> Self {
        todo!()
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
