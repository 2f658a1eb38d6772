//! Decides which secrets may be sent to which address. Every request passes [`authorize`], the only source of its URL.

use super::{Body, FormValue, HttpError, Request};
use crate::credential::text::clean;
use crate::environment::{
    Approval, Destinations, HostName, Hosts, LocalAddress, Purpose, Tier, TierAddress, allow_list,
};

/// An address with everything that decides what may be sent there. Senders can name a recipient but not authorise it.
#[derive(Clone, Debug)]
pub struct Recipient {
    address: TierAddress,
    party: Party,
}

#[derive(Clone, Debug)]
enum Party {
    Ims(Vec<Approval>),
    Environment(Tier, Destinations),
    CloudManager,
}

impl Recipient {
    /// Returns an IMS host, with the approvals of the environment whose credential names it.
    pub fn ims(host: HostName, approvals: &[Approval]) -> Self {
        Self {
            address: TierAddress::Cloud(host),
            party: Party::Ims(approvals.to_vec()),
        }
    }

    /// Returns a tier of an environment, if it has a host.
    pub fn tier(environment: &Destinations, tier: Tier) -> Option<Self> {
        let address = match tier {
            Tier::Delivery => TierAddress::Cloud(Hosts::derived_host(environment.ids()?, tier)),
            _ => environment.hosts().of(tier)?.clone(),
        };
        Some(Self {
            address,
            party: Party::Environment(tier, environment.clone()),
        })
    }

    /// Returns the customer's domain in front of publish, if the environment has one.
    pub fn publish_domain(environment: &Destinations) -> Option<Self> {
        Some(Self {
            address: TierAddress::Cloud(environment.hosts().publish_domain.clone()?),
            party: Party::Environment(Tier::Publish, environment.clone()),
        })
    }

    /// Returns Cloud Manager. Only `cloud_manager` sends there, and only a token made for it.
    pub(crate) fn cloud_manager() -> Self {
        Self {
            address: TierAddress::Cloud(allow_list::cloud_manager()),
            party: Party::CloudManager,
        }
    }

    pub fn address(&self) -> &TierAddress {
        &self.address
    }
}

/// The secrets that a request carries.
pub(super) struct CarriedSecrets {
    /// A client secret, an assertion, or a token in a form.
    form: bool,
    token: bool,
}

impl CarriedSecrets {
    /// A token and nothing else.
    pub(super) const TOKEN: Self = Self {
        form: false,
        token: true,
    };

    pub(super) fn of(request: &Request) -> Self {
        let is_secret = |(_, value): &(_, FormValue)| matches!(value, FormValue::Secret(_));
        Self {
            form: matches!(&request.body, Body::Form(fields) if fields.iter().any(is_secret)),
            token: request.bearer.is_some(),
        }
    }
}

/// Returns the recipient's address if it may receive all secrets that the request carries. A request without secrets may
/// only go where a token may go, or to a local SDK.
pub(super) fn authorize(
    recipient: &Recipient,
    carries: CarriedSecrets,
) -> Result<&TierAddress, HttpError> {
    let Recipient { address, party } = recipient;
    let refuse = |purpose, field, why| {
        Err(HttpError::HostRefused {
            host: clean(&display_address(address), 260),
            purpose,
            field,
            why,
        })
    };
    match (party, address) {
        (Party::Ims(approvals), TierAddress::Cloud(host)) => {
            let known = allow_list::is_adobe_ims(host)
                || allow_list::is_approved(approvals, host, Purpose::ImsSecret);
            if known {
                Ok(address)
            } else {
                refuse(
                    Purpose::ImsSecret,
                    "imsEndpoint",
                    "it is not one of Adobe's sign-in hosts (adobelogin.com)",
                )
            }
        }
        (Party::Ims(_), TierAddress::Local(_)) => refuse(
            Purpose::ImsSecret,
            "imsEndpoint",
            "client secrets are never sent unencrypted",
        ),
        (Party::CloudManager, _) => {
            if carries.token && !carries.form {
                Ok(address)
            } else {
                refuse(
                    Purpose::Token,
                    "Cloud Manager",
                    "only a token for Cloud Manager is sent there",
                )
            }
        }
        (Party::Environment(tier, _), _) if carries.form => refuse(
            Purpose::Token,
            tier.as_str(),
            "client secrets are only sent to IMS",
        ),
        (Party::Environment(tier, environment), TierAddress::Cloud(host)) => {
            if environment.may_receive_token(*tier, host) {
                Ok(address)
            } else {
                refuse(
                    Purpose::Token,
                    tier.as_str(),
                    "it is not the host derived from the environment's ids, and it has not been confirmed",
                )
            }
        }
        (Party::Environment(tier, _), TierAddress::Local(local)) => {
            if carries.token {
                refuse(
                    Purpose::Token,
                    tier.as_str(),
                    "tokens are never sent unencrypted",
                )
            } else if !is_loopback(local) {
                refuse(
                    Purpose::Token,
                    tier.as_str(),
                    "plain http is only used for addresses on this computer",
                )
            } else {
                Ok(address)
            }
        }
    }
}

fn is_loopback(local: &LocalAddress) -> bool {
    matches!(local.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

/// Returns the host, or host and port of a local SDK, for messages and the log.
pub(super) fn display_address(address: &TierAddress) -> String {
    match address {
        TierAddress::Cloud(host) => host.to_string(),
        TierAddress::Local(local) => format!("{}:{}", local.host, local.port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Secret;
    use crate::environment::CloudIds;
    use crate::http::Limits;

    const FOREIGN: &str = "host.example";

    fn request(recipient: Recipient, secrets: [bool; 2]) -> Request {
        let secret = || Secret::from("planted-4711");
        let [form, token] = secrets;
        Request {
            method: "POST".to_owned(),
            recipient,
            path_and_query: "/".to_owned(),
            headers: Vec::new(),
            bearer: token.then(secret),
            body: if form {
                Body::Form(vec![("client_secret", FormValue::Secret(secret()))])
            } else {
                Body::Empty
            },
            limits: Limits::EXCHANGE,
        }
    }

    /// Returns every combination of address, party and approval.
    fn recipients() -> Vec<(String, Recipient)> {
        let ids = CloudIds::parse("p1-e2").unwrap();
        let host = |text: &str| HostName::parse(text).unwrap();
        let approvals = [None, Some(Purpose::ImsSecret), Some(Purpose::Token)]
            .map(|it| it.map(|it| Approval::new(host(FOREIGN), it)));
        let hosts = |text: &str| Hosts {
            author: match text.strip_prefix("http:") {
                Some(_) => TierAddress::parse(text).ok(),
                None => Some(TierAddress::Cloud(host(text))),
            },
            publish_domain: HostName::parse(text).ok(),
            ..Hosts::default()
        };
        let mut all = vec![("cloud manager".to_owned(), Recipient::cloud_manager())];
        for (approval, known) in approvals.into_iter().zip(["none", "ims", "token"]) {
            let approvals: Vec<Approval> = approval.into_iter().collect();
            for name in ["ims-na1.adobelogin.com", FOREIGN] {
                let recipient = Recipient::ims(host(name), &approvals);
                all.push((format!("ims {name} {known}"), recipient));
            }
            for ids in [Some(ids), None] {
                for name in [
                    "author-p1-e2.adobeaemcloud.com",
                    "publish-p1-e2.adobeaemcloud.com",
                    "author-p1-e3.adobeaemcloud.com",
                    "ims-na1.adobelogin.com",
                    FOREIGN,
                    "http://localhost:4502",
                ] {
                    let Ok(environment) = Destinations::new(ids, hosts(name), &approvals) else {
                        assert!(name.starts_with("http:") && ids.is_some(), "{name}");
                        continue;
                    };
                    let ids = ids.map_or_else(String::new, |ids| ids.to_string());
                    let author = Recipient::tier(&environment, Tier::Author).unwrap();
                    all.push((format!("author {ids} {name} {known}"), author));
                    if let Some(domain) = Recipient::publish_domain(&environment) {
                        all.push((format!("domain {ids} {name} {known}"), domain));
                    }
                }
            }
        }
        all
    }

    /// The list of what may be sent; everything else is refused.
    fn is_allowed(name: &str, [form, token]: [bool; 2]) -> bool {
        let ims = name.starts_with("ims ims-na1.") || name == "ims host.example ims";
        let confirmed = name.contains(" host.example token") && !name.starts_with("ims ");
        let derived = name.starts_with("author p1-e2 author-p1-e2.")
            || name.starts_with("domain p1-e2 publish-p1-e2.");
        let local = name.contains("http://localhost");
        match (form, token) {
            _ if name == "cloud manager" => token && !form,
            (true, _) => ims,
            (_, true) => ims || confirmed || derived,
            _ => ims || confirmed || derived || local,
        }
    }

    #[test]
    fn each_address_receives_only_the_secrets_it_may() {
        let (mut allowed, mut refused) = (0, 0);
        for (name, recipient) in recipients() {
            for secrets in [[false, false], [false, true], [true, false], [true, true]] {
                let request = request(recipient.clone(), secrets);
                let decision = authorize(&request.recipient, CarriedSecrets::of(&request));
                assert_eq!(
                    decision.is_ok(),
                    is_allowed(&name, secrets),
                    "{name} {secrets:?}"
                );
                match decision {
                    Ok(_) => allowed += 1,
                    Err(error) => {
                        refused += 1;
                        let problem = error.problem();
                        assert!(
                            problem.next_step.is_some() && problem.cause.is_some(),
                            "{name}"
                        );
                        assert!(problem.message.contains(':'), "{}", problem.message);
                    }
                }
            }
        }
        assert!(allowed > 30 && refused > 60, "{allowed} {refused}");
    }

    #[test]
    fn non_loopback_local_address_is_refused() {
        let hosts = Hosts {
            author: Some(TierAddress::Local(LocalAddress {
                host: "evil.example".to_owned(),
                port: 80,
            })),
            ..Hosts::default()
        };
        let environment = Destinations::new(None, hosts, &[]).unwrap();
        let author = Recipient::tier(&environment, Tier::Author).unwrap();
        let request = request(author, [false, false]);
        assert!(authorize(&request.recipient, CarriedSecrets::of(&request)).is_err());
    }
}
