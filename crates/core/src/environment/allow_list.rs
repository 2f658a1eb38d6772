//! The hosts that may receive a secret: Adobe's, the environment's own, and those that the user confirmed by typing them.
//!
//! Predicates only. `http` checks every request with them, so that no caller can bypass them.

use crate::credential::{Guidance, NextStep};
use crate::guidance;
use serde::{Deserialize, Serialize};

use super::{CloudIds, HostName, Hosts, Tier, TierAddress};
use crate::credential::{Code, Kind, Problem};

/// What a confirmed host may receive. An approval for one purpose is never valid for the other.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Client secrets, assertions, and tokens that IMS validates or invalidates.
    ImsSecret,
    /// Access tokens, sent to one of the environment's hosts.
    Token,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImsSecret => "IMS secret",
            Self::Token => "token",
        }
    }

    /// Returns the flag that confirms a host for this purpose.
    pub fn flag(self) -> &'static str {
        match self {
            Self::ImsSecret => "--trust-ims-host",
            Self::Token => "--trust-host",
        }
    }
}

/// A host that the user confirmed for one purpose, for one environment, on this machine.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Approval {
    pub host: HostName,
    pub purpose: Purpose,
}

impl Approval {
    pub fn new(host: HostName, purpose: Purpose) -> Self {
        Self { host, purpose }
    }
}

impl std::fmt::Display for Approval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.host, self.purpose.as_str())
    }
}

/// A host that must be confirmed before anything is sent there.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unconfirmed {
    /// `author`, `publish`, `preview`, `publish domain` or `imsEndpoint`.
    pub field: &'static str,
    pub host: HostName,
    pub purpose: Purpose,
}

impl Unconfirmed {
    pub fn is_confirmed_by(&self, approvals: &[Approval]) -> bool {
        is_approved(approvals, &self.host, self.purpose)
    }

    /// Returns the warning to show above the request for confirmation.
    pub fn warning(&self) -> String {
        let Self { field, host, .. } = self;
        match self.purpose {
            Purpose::ImsSecret => format!(
                "{field}: the client secret would be sent to {host}, which is not one of Adobe's sign-in hosts (adobelogin.com)."
            ),
            Purpose::Token => format!(
                "{field}: tokens would be sent to {host}, which is not the {field} host derived from the environment's ids."
            ),
        }
    }

    pub fn problem(&self) -> Problem {
        let Self { field, host, .. } = self;
        let problem = match self.purpose {
            Purpose::ImsSecret => Problem::new(
                Code::ImsHostUntrusted,
                format!("{field}: {host} is not one of Adobe's sign-in hosts (adobelogin.com)"),
            )
            .cause("the client secret would be sent there"),
            Purpose::Token => Problem::new(
                Code::HostUntrusted,
                format!("{field}: {host} is not the host derived from the environment's ids"),
            )
            .cause(
                "tokens would be sent there, and the host has not been confirmed on this machine",
            ),
        };
        let mut step = Guidance::from(format!(
            "check that you trust the host, then type it to confirm it (`{} {host}` on the command line)",
            self.purpose.flag()
        ));
        let ids = CloudIds::from_host(host.as_str());
        if let Some(ids) = ids.filter(|_| self.purpose == Purpose::Token) {
            step.push(format!(
                "; to use the hosts of that environment, use the ids {ids}"
            ));
        }
        problem.next_step(step)
    }
}

/// Returns the error for the first unconfirmed host, if there is one.
pub fn refuse_first(unconfirmed: &[Unconfirmed]) -> Result<(), Problem> {
    unconfirmed.first().map_or(Ok(()), |it| Err(it.problem()))
}

pub fn is_approved(approvals: &[Approval], host: &HostName, purpose: Purpose) -> bool {
    approvals
        .iter()
        .any(|approval| approval.purpose == purpose && approval.host == *host)
}

/// Returns whether IMS secrets may be sent to the host without confirmation: `adobelogin.com` and its subdomains.
pub fn is_adobe_ims(host: &HostName) -> bool {
    let host = host.as_str();
    host == "adobelogin.com" || host.ends_with(".adobelogin.com")
}

/// Returns the host of Cloud Manager's API, which receives tokens for Cloud Manager and nothing else.
pub fn cloud_manager() -> HostName {
    HostName("cloudmanager.adobe.io".to_owned())
}

/// Returns whether the host is `{tier}-p{P}-e{E}[-cmstg].adobeaemcloud.com` of any tier and environment.
pub fn is_adobe_aem(host: &HostName) -> bool {
    CloudIds::from_host(host.as_str()).is_some()
}

/// Returns whether the host is exactly the one derived from these ids for this tier.
pub fn is_derived(ids: Option<CloudIds>, tier: Tier, host: &HostName) -> bool {
    ids.is_some_and(|ids| Hosts::derived_host(ids, tier) == *host)
}

/// Returns the hosts of an environment that are not derived from its ids.
pub fn underived_hosts(ids: Option<CloudIds>, hosts: &Hosts) -> Vec<Unconfirmed> {
    let token = |field, host: &HostName| Unconfirmed {
        field,
        host: host.clone(),
        purpose: Purpose::Token,
    };
    let mut underived = Vec::new();
    for tier in Tier::STORED {
        if let Some(TierAddress::Cloud(host)) = hosts.of(tier)
            && !is_derived(ids, tier, host)
        {
            underived.push(token(tier.as_str(), host));
        }
    }
    if let Some(domain) = &hosts.publish_domain
        && !is_derived(ids, Tier::Publish, domain)
    {
        underived.push(token("publish domain", domain));
    }
    underived
}

/// Returns the IMS host of a credential if it is not one of Adobe's. An invalid host name is refused on use instead.
pub fn non_adobe_ims_host(ims_host: &str) -> Option<Unconfirmed> {
    let host = HostName::parse(ims_host).ok()?;
    (!is_adobe_ims(&host)).then_some(Unconfirmed {
        field: "imsEndpoint",
        host,
        purpose: Purpose::ImsSecret,
    })
}

/// Refuses a plain http address on this computer for anything but a local SDK, because tokens would be sent unencrypted.
pub fn check_local(
    ids: Option<CloudIds>,
    hosts: &Hosts,
    mut kinds: impl Iterator<Item = Kind>,
) -> Result<(), Problem> {
    let is_cloud = ids.is_some() || kinds.any(|kind| kind != Kind::Local);
    let local = Tier::STORED
        .into_iter()
        .find_map(|tier| match hosts.of(tier) {
            Some(address @ TierAddress::Local(_)) => Some((tier, address.origin())),
            _ => None,
        });
    match local {
        Some((tier, origin)) if is_cloud => {
            let tier = tier.as_str();
            Err(Problem::new(
                Code::LocalAddressRefused,
                format!("{tier}: {origin} is an address on this computer, which is only allowed for a local SDK"),
            )
            .cause("this environment has ids, a credential or a token, and its token would be sent there unencrypted")
            .next_step(guidance![
                format!("use an https host for {tier} (`--{tier} HOST` on the command line); to add the local SDK as a separate environment, "),
                NextStep::AddLocalSdk,
            ]))
        }
        _ => Ok(()),
    }
}

/// Everything that decides where a token of one environment may be sent. Never has both ids and a local address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredDestinations")]
pub struct Destinations {
    ids: Option<CloudIds>,
    hosts: Hosts,
    /// Hosts confirmed for tokens.
    confirmed: Vec<HostName>,
}

#[derive(Deserialize)]
struct StoredDestinations {
    ids: Option<CloudIds>,
    hosts: Hosts,
    confirmed: Vec<HostName>,
}

impl TryFrom<StoredDestinations> for Destinations {
    type Error = Problem;
    fn try_from(stored: StoredDestinations) -> Result<Self, Problem> {
        check_local(stored.ids, &stored.hosts, std::iter::empty())?;
        Ok(Self {
            ids: stored.ids,
            hosts: stored.hosts,
            confirmed: stored.confirmed,
        })
    }
}

impl Destinations {
    pub fn new(
        ids: Option<CloudIds>,
        hosts: Hosts,
        approvals: &[Approval],
    ) -> Result<Self, Problem> {
        let confirmed = approvals
            .iter()
            .filter(|it| it.purpose == Purpose::Token)
            .map(|it| it.host.clone())
            .collect();
        StoredDestinations {
            ids,
            hosts,
            confirmed,
        }
        .try_into()
    }

    pub fn ids(&self) -> Option<CloudIds> {
        self.ids
    }

    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Returns whether a token may be sent to this host as the given tier. The domain in front of publish counts as
    /// publish.
    pub fn may_receive_token(&self, tier: Tier, host: &HostName) -> bool {
        is_derived(self.ids, tier, host) || self.confirmed.contains(host)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> HostName {
        HostName::parse(text).unwrap()
    }

    /// Returns whether the text is a valid host that may receive a secret.
    fn may_receive_secret(text: &str) -> bool {
        HostName::parse(text).is_ok_and(|host| is_adobe_ims(&host))
    }

    #[test]
    fn adobe_ims_hosts_may_receive_secrets() {
        for text in [
            "ims-na1.adobelogin.com",
            "ims-na1-stg1.adobelogin.com",
            "IMS-NA1.adobelogin.COM",
            "adobelogin.com",
        ] {
            assert!(may_receive_secret(text), "{text}");
        }
    }

    #[test]
    fn look_alike_ims_hosts_may_not_receive_secrets() {
        for text in [
            "adobelogin.com.evil.com",
            "evil-adobelogin.com",
            "evil.com/adobelogin.com",
            "evil.com#.adobelogin.com",
            "https://evil.com/.adobelogin.com",
            "https://evil.com?.adobelogin.com",
            "https://evil.com\\.adobelogin.com",
            "ims-na1.adobelogin.com@evil.com",
            "https://ims-na1.adobelogin.com:x@evil.com",
            "https://evil.com:443#@ims-na1.adobelogin.com",
            "ims-na1.adobelogin.com:8443",
            "ims-na1.adobelogin.com.",
            "ims-na1.adobelogin.co",
            "ims-na1.adobelogin.comx",
            "ims-na1.аdobelogin.com",
            "ims-na1。adobelogin.com",
            "ims-na1.adobelogin.com\u{200b}",
            "xn--dobelogin-66g.com",
            "..adobelogin.com",
            ".adobelogin.com",
            "evil.com\0.adobelogin.com",
            "evil.com\r\n.adobelogin.com",
            "evil%2ecom%2f.adobelogin.com",
            "http://ims-na1.adobelogin.com",
            "127.0.0.1",
            "0x7f000001",
            "2130706433",
            "[::ffff:127.0.0.1]",
            "localhost",
        ] {
            assert!(!may_receive_secret(text), "{text:?}");
        }
    }

    fn environment(extra: Option<&str>, approvals: &[(&str, Purpose)]) -> Destinations {
        let ids = CloudIds::parse("p1-e2").unwrap();
        let mut hosts = Hosts::derived(ids);
        hosts.publish_domain = extra.map(host);
        let approvals: Vec<Approval> = approvals
            .iter()
            .map(|(name, purpose)| Approval::new(host(name), *purpose))
            .collect();
        Destinations::new(Some(ids), hosts, &approvals).unwrap()
    }

    #[test]
    fn tokens_go_to_derived_or_confirmed_hosts_only() {
        let brand = "www.brand.com";
        let own = environment(Some(brand), &[]);
        let may = |tier, text| own.may_receive_token(tier, &host(text));
        assert!(may(Tier::Author, "author-p1-e2.adobeaemcloud.com"));
        assert!(may(Tier::Preview, "preview-p1-e2.adobeaemcloud.com"));
        assert!(!may(Tier::Author, "publish-p1-e2.adobeaemcloud.com"));
        assert!(!may(Tier::Author, "author-p1-e3.adobeaemcloud.com"));
        assert!(!may(Tier::Author, "author-p1-e2-cmstg.adobeaemcloud.com"));
        assert!(!may(Tier::Author, "author-p1-e2.adobeaemcloud.net"));
        assert!(!may(Tier::Publish, "ims-na1.adobelogin.com"));
        assert!(!may(Tier::Publish, brand));
        let approved = |purpose| environment(Some(brand), &[(brand, purpose)]);
        assert!(approved(Purpose::Token).may_receive_token(Tier::Publish, &host(brand)));
        assert!(!approved(Purpose::ImsSecret).may_receive_token(Tier::Publish, &host(brand)));
    }

    #[test]
    fn underived_hosts_are_reported_with_their_field() {
        let ids = CloudIds::parse("p1-e2");
        let fields = |tier: Tier, text: &str| {
            let mut hosts = Hosts::derived(ids.unwrap());
            hosts.set(tier, TierAddress::parse(text).unwrap());
            let hosts = underived_hosts(ids, &hosts);
            hosts.into_iter().map(|it| it.field).collect::<Vec<_>>()
        };
        for text in [
            "publish-p1-e2.adobeaemcloud.com",
            "author-p1-e3.adobeaemcloud.com",
            "author-p1-e2-cmstg.adobeaemcloud.com",
            "author-p1-e2.adobeaemcloud.com.example",
            "www.brand.com",
        ] {
            assert_eq!(fields(Tier::Author, text), ["author"], "{text}");
        }
        let own = "https://experience.adobe.com/?repo=author-p1-e2.adobeaemcloud.com#/@org/aem";
        assert!(fields(Tier::Author, own).is_empty());
        assert_eq!(
            underived_hosts(None, &Hosts::derived(ids.unwrap())).len(),
            3
        );
    }

    #[test]
    fn only_a_local_sdk_may_have_a_local_address() {
        let ids = CloudIds::parse("p1-e2");
        let local = Hosts::local_sdk();
        let check =
            |ids, hosts: &Hosts, kinds: &[Kind]| check_local(ids, hosts, kinds.iter().copied());
        assert!(check(None, &local, &[Kind::Local]).is_ok());
        assert!(
            check(
                ids,
                &Hosts::derived(ids.unwrap()),
                &[Kind::DevelopmentToken]
            )
            .is_ok()
        );
        let mut preview = Hosts::derived(ids.unwrap());
        preview.preview.clone_from(&local.author);
        for (ids, hosts, kinds) in [
            (ids, &local, &[][..]),
            (ids, &preview, &[]),
            (None, &preview, &[Kind::ServiceCredentials]),
            (None, &local, &[Kind::Local, Kind::OauthServerToServer]),
            (None, &local, &[Kind::DevelopmentToken]),
        ] {
            let problem = check(ids, hosts, kinds).unwrap_err();
            assert_eq!(problem.code, Code::LocalAddressRefused);
        }
        let json = serde_json::json!({"ids": ids, "hosts": local, "confirmed": []});
        assert!(serde_json::from_value::<Destinations>(json).is_err());
    }

    proptest! {
        #[test]
        fn accepted_ims_hosts_are_in_adobes_domain(
            before in "[a-z0-9.:@/?#\\\\%_-]{0,20}",
            after in "[a-z0-9.:@/?#\\\\%_-]{0,20}",
        ) {
            let text = format!("{before}adobelogin.com{after}");
            if may_receive_secret(&text) {
                let url = format!("https://{}/ims", HostName::parse(&text).unwrap());
                let parsed = reqwest::Url::parse(&url).unwrap();
                let host = parsed.host_str().unwrap();
                prop_assert!(host == "adobelogin.com" || host.ends_with(".adobelogin.com"));
                prop_assert!(parsed.username().is_empty() && parsed.port().is_none());
            }
        }

        #[test]
        fn ip_addresses_are_not_host_names(a: u8, b: u8, c: u8, d: u8) {
            let number = u32::from_be_bytes([a, b, c, d]);
            for text in [
                format!("{a}.{b}.{c}.{d}"),
                format!("0x{number:x}"),
                format!("{number}"),
                format!("0{number:o}"),
                format!("{a}.{}", number & 0xff_ffff),
                format!("[::ffff:{a}.{b}.{c}.{d}]"),
                format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
            ] {
                prop_assert!(HostName::parse(&text).is_err(), "{}", text);
            }
        }
    }
}
