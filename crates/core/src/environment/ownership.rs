//! Refuses a client id in an environment other than the one it names.

use super::{CloudIds, Environment, Hosts, Tier, TierAddress};

/// The error for a client id that names another environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherEnvironment {
    pub named: CloudIds,
}

impl Environment {
    /// Refuses a client id that names another environment. Accepts one that names none (OAuth, Developer Console).
    pub fn check_client_id(&self, client_id: &str) -> Result<(), OtherEnvironment> {
        check_client_id(self.ids, &self.hosts, client_id)
    }
}

/// As [`Environment::check_client_id`]. Without ids, the environment is identified by those of its hosts that are Adobe's.
pub fn check_client_id(
    ids: Option<CloudIds>,
    hosts: &Hosts,
    client_id: &str,
) -> Result<(), OtherEnvironment> {
    let Some(named) = CloudIds::from_any_client_id(client_id) else {
        return Ok(());
    };
    let is_other = match ids {
        Some(own) => own != named,
        None => Tier::STORED
            .into_iter()
            .filter_map(|tier| ids_of(hosts.of(tier)?))
            .any(|own| own != named),
    };
    if is_other {
        return Err(OtherEnvironment { named });
    }
    Ok(())
}

fn ids_of(address: &TierAddress) -> Option<CloudIds> {
    match address {
        TierAddress::Cloud(host) => CloudIds::from_host(host.as_str()),
        TierAddress::Local(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::HostName;

    fn ids(text: &str) -> CloudIds {
        CloudIds::parse(text).unwrap()
    }

    #[test]
    fn client_id_of_another_environment_is_refused_by_ids_and_by_hosts() {
        for client_id in [
            "cm-p1-e2",
            "cm-p1-e2-integration-0",
            "cm-p1-e2-something-new",
            " CM-P1-E2-Integration ",
        ] {
            let named = ids("p1-e2");
            let refused = Err(OtherEnvironment { named });
            let other = Hosts::derived(ids("p1-e3"));
            assert_eq!(
                check_client_id(Some(named), &Hosts::derived(named), client_id),
                Ok(())
            );
            assert_eq!(
                check_client_id(Some(ids("p1-e3")), &other, client_id),
                refused
            );
            assert_eq!(
                check_client_id(Some(ids("p1-e2-cmstg")), &other, client_id),
                refused
            );
            assert_eq!(
                check_client_id(None, &other, client_id),
                refused,
                "{client_id}"
            );
            assert_eq!(check_client_id(None, &Hosts::default(), client_id), Ok(()));
        }
    }

    #[test]
    fn client_id_without_ids_is_accepted() {
        let hosts = Hosts {
            author: Some(TierAddress::Cloud(
                HostName::parse("www.brand.com").unwrap(),
            )),
            ..Hosts::default()
        };
        for client_id in [
            "",
            "dev-console-prod",
            "exc_app",
            "0123456789abcdef",
            "cm-p1",
            "cm-px-e1",
        ] {
            assert_eq!(
                check_client_id(Some(ids("p1-e3")), &hosts, client_id),
                Ok(())
            );
        }
        assert_eq!(check_client_id(None, &hosts, "cm-p1-e2"), Ok(()));
    }
}
