//! To which host may a secret or a token go? A predicate; `http` enforces it on every request.

use super::{HostName, Hosts};

/// The IMS hosts a secret may go to without being asked: `adobelogin.com` and its subdomains.
pub fn is_adobe_ims(_host: &HostName) -> bool {
    todo!()
}

/// True when the host is `{tier}-p{P}-e{E}[-cmstg].adobeaemcloud.com`.
pub fn is_adobe_aem(_host: &HostName) -> bool {
    todo!()
}

/// May a token of the environment with these hosts go there? Only to its own hosts; those outside Adobe's
/// domain only when a person approved them once.
pub fn may_receive_token(_hosts: &Hosts, _approved: &[HostName], _host: &HostName) -> bool {
    todo!()
}
