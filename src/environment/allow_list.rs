//! To which host may a secret or a token go? A predicate; `http` enforces it on every request.

use super::{CloudIds, HostName, Hosts, TierAddress};

/// The IMS hosts a secret may go to without being asked: `adobelogin.com` and its subdomains.
pub fn is_adobe_ims(host: &HostName) -> bool {
    let host = host.as_str();
    host == "adobelogin.com" || host.ends_with(".adobelogin.com")
}

/// True when the host is `{tier}-p{P}-e{E}[-cmstg].adobeaemcloud.com`.
pub fn is_adobe_aem(host: &HostName) -> bool {
    CloudIds::from_host(host.as_str()).is_some()
}

/// May a token of the environment with these hosts go there? Only to its own hosts; those outside Adobe's
/// domain only when a person approved them once.
pub fn may_receive_token(hosts: &Hosts, approved: &[HostName], host: &HostName) -> bool {
    let own = [&hosts.author, &hosts.publish, &hosts.preview]
        .into_iter()
        .flatten()
        .any(|address| matches!(address, TierAddress::Cloud(known) if known == host))
        || hosts.publish_domain.as_ref() == Some(host);
    own && (is_adobe_aem(host) || approved.contains(host))
}
