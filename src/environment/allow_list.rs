//! To which host may a secret or a token go? A predicate; `http` enforces it on every request.

use super::{Environment, HostName};

/// The IMS hosts a secret may go to without being asked: `adobelogin.com` and its subdomains.
pub fn is_adobe_ims(_host: &HostName) -> bool {
    todo!()
}

/// True when the host is `{tier}-p{P}-e{E}[-cmstg].adobeaemcloud.com`.
pub fn is_adobe_aem(_host: &HostName) -> bool {
    todo!()
}

/// May this environment's token go there? Its own derived or default hosts, and hosts approved once by a person.
pub fn may_receive_token(_environment: &Environment, _host: &HostName) -> bool {
    todo!()
}
