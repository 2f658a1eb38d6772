//! How a credential becomes a token: assertion, exchange, and what each refusal means.

pub mod assertion;
pub mod crypto;
pub mod diagnosis;
pub mod exchange;
pub mod token_status;

pub use crypto::install_crypto;
pub use diagnosis::{ImsError, explain_text};
pub use exchange::{Exchanged, exchange};
pub use token_status::{TokenStatus, invalidate, validate};

use crate::environment::{HostName, allow_list};

/// IMS hosts a secret may go to: Adobe's, and those a person confirmed for this environment.
fn may_receive_secret<'a>(approved: &'a [HostName]) -> impl Fn(&HostName) -> bool + Sync + 'a {
    |host: &HostName| allow_list::is_adobe_ims(host) || approved.contains(host)
}
