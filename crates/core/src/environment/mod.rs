//! Environments: ids, type, customer, identities, tiers, hosts, and the allow-list of hosts. Does no I/O.

#[macro_use]
mod checked_text;

pub mod allow_list;
pub mod cloud_ids;
pub mod environment_type;
mod host_name;
pub mod hosts;
pub mod model;
pub mod name;
mod natural_order;
pub mod ownership;

pub use allow_list::{Approval, Destinations, Purpose, Unconfirmed};
pub use cloud_ids::CloudIds;
pub use environment_type::EnvironmentType;
pub use host_name::HostName;
pub use hosts::{Hosts, LocalAddress, Tier, TierAddress, parse_domain};
pub use model::{Environment, Identity, LeakedKey, UsedBy, default_identity};
pub use name::Name;
pub use natural_order::natural_key;
pub use ownership::{OtherEnvironment, check_client_id};
