//! Hosts of author, publish and preview. Always https, except for a local SDK.

use serde::{Deserialize, Serialize};

use super::CloudIds;
use super::host_name::{HostName, refused};
use crate::credential::{Code, Problem};

/// The domain of all environments: `{tier}-p{P}-e{E}[-cmstg].adobeaemcloud.com`.
const AEM_DOMAIN: &str = "adobeaemcloud.com";

#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The author tier.
    Author,
    /// The publish tier.
    Publish,
    /// The preview tier.
    Preview,
    /// Delivers assets. Its host always follows from the ids.
    Delivery,
}

impl Tier {
    /// The tiers whose hosts an environment stores.
    pub const STORED: [Self; 3] = [Self::Author, Self::Publish, Self::Preview];
    pub const ALL: [Self; 4] = [Self::Author, Self::Publish, Self::Preview, Self::Delivery];

    /// Parses a name, ignoring case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::STORED
            .into_iter()
            .chain([Self::Delivery])
            .find(|tier| tier.as_str().eq_ignore_ascii_case(name))
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Publish => "publish",
            Self::Preview => "preview",
            Self::Delivery => "delivery",
        }
    }
}

/// The address of a local SDK: always plain http to loopback.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StoredAddress")]
pub struct LocalAddress {
    /// One of `localhost`, `127.0.0.1` and `[::1]`.
    pub host: String,
    pub port: u16,
}

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The stored form, checked when it is read: an edited file must not enable plain http for another host.
#[derive(Deserialize)]
struct StoredAddress {
    host: String,
    port: u16,
}

impl TryFrom<StoredAddress> for LocalAddress {
    type Error = Problem;
    fn try_from(stored: StoredAddress) -> Result<Self, Problem> {
        Self::new(&stored.host, stored.port)
    }
}

impl LocalAddress {
    fn new(host: &str, port: u16) -> Result<Self, Problem> {
        let host = host.to_ascii_lowercase();
        if !LOOPBACK.contains(&host.as_str()) {
            return Err(bad_local_address(
                "plain http is only used for addresses on this computer",
            ));
        }
        if port == 0 {
            return Err(bad_local_address("port 0 is not valid"));
        }
        Ok(Self { host, port })
    }

    /// Parses the part between `http://` and the first slash.
    fn parse(authority: &str) -> Result<Self, Problem> {
        if authority.contains('@') {
            return Err(bad_local_address("it contains a user name"));
        }
        let colon = authority
            .rfind(':')
            .filter(|at| !authority[*at..].contains(']'));
        let Some(colon) = colon else {
            return Err(bad_local_address("the port is missing"));
        };
        let (host, port) = (&authority[..colon], &authority[colon + 1..]);
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_number);
        Self::new(
            host,
            port.ok_or_else(|| bad_local_address("the port is not a number"))?,
        )
    }
}

fn bad_local_address(why: &'static str) -> Problem {
    Problem::new(Code::BadHost, "this local address cannot be used")
        .cause(why)
        .next_step("enter the address of a local SDK, for example http://localhost:4502 (author) or http://localhost:4503 (publish)")
}

/// The address of a tier.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TierAddress {
    Cloud(HostName),
    Local(LocalAddress),
}

impl TierAddress {
    /// Returns `https://author-p1-e2.adobeaemcloud.com` or `http://localhost:4502`, without a trailing slash.
    pub fn origin(&self) -> String {
        match self {
            Self::Cloud(host) => format!("https://{host}"),
            Self::Local(local) => format!("http://{}:{}", local.host, local.port),
        }
    }

    /// Parses a host name, `http://localhost:PORT` for a local SDK, or an Experience Cloud link; the host is then that of its
    /// `repo` parameter.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let authority = |rest: &str| rest.split(['/', '?', '#']).next().map(str::to_owned);
        match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                LocalAddress::parse(&authority(rest).unwrap_or_default()).map(Self::Local)
            }
            // `localhost:4502` without a scheme.
            None if is_loopback(text) => LocalAddress::parse(text).map(Self::Local),
            _ => {
                let host = HostName::parse(text)?;
                let host = repository(&host, text)?.unwrap_or(host);
                check_is_aem(&host)?;
                Ok(Self::Cloud(host))
            }
        }
    }
}

/// Parses the customer's domain in front of publish.
pub fn parse_domain(text: &str) -> Result<HostName, Problem> {
    let host = HostName::parse(text)?;
    check_is_aem(&host)?;
    Ok(host)
}

/// Refuses Adobe's hosts that are not AEM: a token of AEM must not go there.
fn check_is_aem(host: &HostName) -> Result<(), Problem> {
    const OTHERS: [(&[&str], &str); 9] = [
        (
            &["experience.adobe.com"],
            "it is the Experience Cloud start page; the AEM host follows `repo=` in its URL",
        ),
        (
            &["adobelogin.com"],
            "it is a host of Adobe IMS, the sign-in service",
        ),
        (&["account.adobe.com"], "it is Adobe's account page"),
        (&["adminconsole.adobe.com"], "it is the Adobe Admin Console"),
        (
            &["developer.adobe.com"],
            "it is the Adobe Developer Console",
        ),
        (&["adobe.io"], "it is Adobe's API gateway"),
        (
            &["dev.adobeaemcloud.com"],
            "it is a host of the AEM Developer Console",
        ),
        (
            &["adobeaemcloud.net"],
            "it belongs to Adobe's own stage systems; customers' environments end in .adobeaemcloud.com",
        ),
        (
            &["aem.live", "aem.page", "hlx.live", "hlx.page"],
            "it belongs to Edge Delivery, which does not accept AEM's tokens",
        ),
    ];
    let name = host.as_str();
    let is_within = |domain: &str| {
        name.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let mut others = OTHERS.iter();
    match others.find(|(domains, _)| domains.iter().any(|domain| is_within(domain))) {
        Some((_, why)) => Err(refused(why)),
        None => Ok(()),
    }
}

/// Returns the host in the `repo` parameter of an Experience Cloud link, in its query or in the query of its fragment.
fn repository(host: &HostName, text: &str) -> Result<Option<HostName>, Problem> {
    if host.as_str() != "experience.adobe.com" {
        return Ok(None);
    }
    let mut named = text
        .split(['?', '&', '#'])
        .skip(1)
        .filter_map(|part| part.strip_prefix("repo="))
        .map(|value| value.split('/').next().unwrap_or(value));
    let Some(first) = named.next() else {
        return Ok(None);
    };
    if named.any(|other| other != first) {
        return Err(refused("the link names two repositories"));
    }
    HostName::parse(first).map(Some)
}

fn is_loopback(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    LOOPBACK.iter().any(|host| {
        text.strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

impl CloudIds {
    /// Parses the host `{tier}-p123-e1250[-cmstg].adobeaemcloud.com` of any tier. The inverse of [`Hosts::derived_host`].
    pub fn from_host(host: &str) -> Option<Self> {
        let (tier, ids) = host
            .strip_suffix(AEM_DOMAIN)?
            .strip_suffix('.')?
            .split_once('-')?;
        let is_tier = Tier::STORED
            .into_iter()
            .chain([Tier::Delivery])
            .any(|known| known.as_str() == tier);
        let (ids, rest) = Self::parse_prefix(ids)?;
        (is_tier && rest.is_empty()).then_some(ids)
    }
}

/// The hosts of one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hosts {
    pub author: Option<TierAddress>,
    pub publish: Option<TierAddress>,
    pub preview: Option<TierAddress>,
    /// The customer's own domain in front of publish, tested in addition to the default host.
    pub publish_domain: Option<HostName>,
}

impl Hosts {
    /// Returns the host of a tier, such as `author-p1-e2.adobeaemcloud.com`. The inverse is [`CloudIds::from_host`].
    pub fn derived_host(ids: CloudIds, tier: Tier) -> HostName {
        HostName(format!("{}-{ids}.{AEM_DOMAIN}", tier.as_str()))
    }

    /// Returns the hosts of all tiers, derived from the ids.
    pub fn derived(ids: CloudIds) -> Self {
        let at = |tier| Some(TierAddress::Cloud(Self::derived_host(ids, tier)));
        Self {
            author: at(Tier::Author),
            publish: at(Tier::Publish),
            preview: at(Tier::Preview),
            publish_domain: None,
        }
    }

    /// Returns the default addresses of a local SDK: `http://localhost:4502` and `http://localhost:4503`.
    pub fn local_sdk() -> Self {
        let at = |port| {
            let host = LOOPBACK[0].to_owned();
            Some(TierAddress::Local(LocalAddress { host, port }))
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
            Tier::Delivery => None,
        }
    }

    /// Sets the host of a tier. The host of delivery cannot be set.
    pub fn set(&mut self, tier: Tier, address: TierAddress) {
        match tier {
            Tier::Author => self.author = Some(address),
            Tier::Publish => self.publish = Some(address),
            Tier::Preview => self.preview = Some(address),
            Tier::Delivery => {}
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_http_is_accepted_for_loopback_only() {
        for (text, origin) in [
            ("http://localhost:4502", "http://localhost:4502"),
            ("http://LOCALHOST:4502/start.html", "http://localhost:4502"),
            ("localhost:4503", "http://localhost:4503"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:4502/", "http://[::1]:4502"),
            ("www.brand.com", "https://www.brand.com"),
        ] {
            assert_eq!(TierAddress::parse(text).unwrap().origin(), origin);
        }
        for text in [
            "http://localhost",
            "localhost",
            "http://[::1]",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:+80",
            "http://localhost:99999",
            "http://localhost.evil.com:80",
            "http://localhost@evil.com:80",
            "http://evil.com:80",
            "http://evil.com",
            "http://127.0.0.2:80",
            "http://[::2]:80",
            "localhost.evil.com:80",
        ] {
            assert!(TierAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn experience_cloud_links_yield_their_repository_host() {
        let author = "author-p1-e2.adobeaemcloud.com";
        for text in [
            format!("https://experience.adobe.com/?repo={author}#/@org/aem/assets"),
            format!("https://experience.adobe.com/#/@org/aem/assets/?repo={author}"),
            format!("HTTPS://Experience.Adobe.com/ui?shell=a&repo={author}&x=y#/aem?repo={author}"),
        ] {
            assert_eq!(
                TierAddress::parse(&text).unwrap().origin(),
                format!("https://{author}"),
                "{text}"
            );
        }
        for text in [
            format!("https://experience.adobe.com/?repo={author}&repo=evil.example"),
            format!("https://experience.adobe.com/?repo=https://{author}"),
            format!("https://experience.adobe.com/?repo={author}@evil.example"),
            "https://experience.adobe.com/?repo=".to_owned(),
            "https://experience.adobe.com/#/@org/aem?xrepo=a.b".to_owned(),
            "https://experience.adobe.com/".to_owned(),
            "https://Main--site--org.aem.live/".to_owned(),
            "author-p1-e2.adobeaemcloud.net".to_owned(),
            "ims-na1.adobelogin.com".to_owned(),
            "cloudmanager.adobe.io".to_owned(),
        ] {
            assert!(TierAddress::parse(&text).is_err(), "{text}");
        }
        let text = "https://www.brand.com/?repo=author-p1-e2.adobeaemcloud.com";
        let found = TierAddress::parse(text).unwrap();
        assert_eq!(found.origin(), "https://www.brand.com");
        assert!(
            parse_domain("notaem.live.example").is_ok()
                && parse_domain("my-adobe.io.example").is_ok()
        );
    }

    #[test]
    fn stored_local_address_must_be_loopback() {
        let hosts = Hosts::local_sdk();
        let json = serde_json::to_string(&hosts).unwrap();
        assert_eq!(serde_json::from_str::<Hosts>(&json).unwrap(), hosts);
        assert!(serde_json::from_str::<Hosts>(&json.replace("localhost", "evil.com")).is_err());
    }

    #[test]
    fn hosts_are_derived_from_the_ids() {
        let ids = CloudIds::parse("p1-e2-cmstg").unwrap();
        let hosts = Hosts::derived(ids);
        for tier in Tier::STORED {
            let TierAddress::Cloud(host) = hosts.of(tier).unwrap() else {
                panic!("expected a cloud address");
            };
            assert_eq!(HostName::parse(host.as_str()).unwrap(), *host);
            assert_eq!(CloudIds::from_host(host.as_str()), Some(ids));
        }
        assert_eq!(
            hosts.author.unwrap().origin(),
            "https://author-p1-e2-cmstg.adobeaemcloud.com"
        );
    }

    #[test]
    fn local_sdk_has_default_ports() {
        let hosts = Hosts::local_sdk();
        let origin = |tier| hosts.of(tier).map(TierAddress::origin);
        assert_eq!(origin(Tier::Author).unwrap(), "http://localhost:4502");
        assert_eq!(origin(Tier::Publish).unwrap(), "http://localhost:4503");
        assert_eq!(origin(Tier::Preview), None);
        assert!(!hosts.is_empty());
        assert!(Hosts::default().is_empty());
    }

    #[test]
    fn tier_names_match_the_stored_form() {
        for tier in Tier::STORED {
            assert_eq!(serde_json::to_value(tier).unwrap(), tier.as_str());
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = TierAddress::parse(&text);
        }
    }
}
