//! Opens an environment's pages in the browser.

use crate::platform::browser;
use crate::storage::EnvironmentEntry;
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::Tier;

pub use crate::platform::browser::Opened;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenTarget {
    Tier(Tier),
    /// The AEM Developer Console if its address is known, else Cloud Manager.
    Console,
}

pub fn url(environment: &EnvironmentEntry, target: OpenTarget) -> Result<String, Problem> {
    match target {
        OpenTarget::Tier(tier) => environment
            .hosts
            .of(tier)
            .map(aemkeys_core::environment::TierAddress::origin)
            .ok_or_else(|| super::test_call::no_hosts(environment.name.as_str())),
        // The console's address cannot be derived from the ids.
        OpenTarget::Console => Ok(environment
            .console_url
            .clone()
            .unwrap_or_else(|| "https://experience.adobe.com/cloud-manager".to_owned())),
    }
}

/// Opens the page, or returns that it can only be shown (over SSH, without a display).
pub fn browse(url: &str) -> Result<Opened, Problem> {
    browser::open(url)
}
