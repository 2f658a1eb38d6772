//! Opens an environment's pages in the browser.

use crate::platform::browser;
use crate::storage::EnvironmentEntry;
use aemkeys_core::credential::{Code, Kind, Problem};
use aemkeys_core::environment::{EnvironmentType, Tier};

pub use crate::platform::browser::Opened;

/// The address of the AEM Developer Console, the same for all environments.
const CONSOLE: &str = "https://experience.adobe.com/skyline-console";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenTarget {
    Tier(Tier),
    /// The AEM Developer Console.
    Console,
}

pub fn url(environment: &EnvironmentEntry, target: OpenTarget) -> Result<String, Problem> {
    match target {
        OpenTarget::Tier(tier) => environment
            .hosts
            .of(tier)
            .map(aemkeys_core::environment::TierAddress::origin)
            .ok_or_else(|| {
                let kind = environment.identities.first().map(|it| it.kind);
                let kind = kind.unwrap_or(Kind::DevelopmentToken);
                super::test_call::no_hosts(environment.name.as_str(), kind)
            }),
        OpenTarget::Console if environment.environment_type == EnvironmentType::Local => {
            Err(Problem::new(
                Code::Usage,
                format!("{} is a local SDK: it has no console", environment.name),
            ))
        }
        OpenTarget::Console => Ok(environment
            .console_url
            .clone()
            .unwrap_or_else(|| CONSOLE.to_owned())),
    }
}

/// Opens the page, or returns that it can only be shown (over SSH, without a display).
pub fn browse(url: &str) -> Result<Opened, Problem> {
    browser::open(url)
}
