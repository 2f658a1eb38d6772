//! The data of `aemkeys demo`: seven identities of two customers in every state, relative to `now`.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::cloud_manager::{CloudEnvironment, CloudProgram};
use super::fixtures::{self, OauthAccount, ServiceAccount};
use super::registry::{AemEnvironment, Host, Now, Person, SimulatorConfiguration};
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::EnvironmentType;

/// One identity to store.
pub struct DemoIdentity {
    pub environment: &'static str,
    /// Set if the environment has two identities.
    pub label: Option<&'static str>,
    pub environment_type: EnvironmentType,
    pub customer: Option<&'static str>,
    /// Set if the file does not contain them: OAuth and development tokens.
    pub ids: Option<&'static str>,
    pub input: Input,
    /// The cached token, and when it was obtained.
    pub token: Option<(Secret, Timestamp)>,
    /// Servers that use the credential.
    pub used_by: &'static [&'static str],
}

/// What the identity is added from.
pub enum Input {
    /// The content of a file.
    File(Vec<u8>),
    /// A local SDK on its default ports.
    LocalSdk,
}

/// The identities, and the configuration of their simulator.
pub struct Demo {
    pub identities: Vec<DemoIdentity>,
    pub configuration: SimulatorConfiguration,
    /// Files to rotate to, by the name of the identity. Their keys are registered.
    pub rotations: Vec<(&'static str, Vec<u8>)>,
}

const BRAND: &str = "Brand GmbH";
const WKND: &str = "WKND Adventures";
const BRAND_ORG: &str = "ABCDEF1234567890ABCDEF12@AdobeOrg";

/// Creates the demo as of `now`, with a simulator that uses `clock`.
pub fn demo(now: Timestamp, clock: Now) -> Demo {
    let accounts = Accounts::new(now);
    Demo {
        configuration: accounts.configuration(clock),
        rotations: accounts.rotations(),
        identities: accounts.identities(now),
    }
}

/// The accounts of the demo.
struct Accounts {
    brand_read: ServiceAccount,
    brand_write: ServiceAccount,
    brand_stage: OauthAccount,
    stage: ServiceAccount,
    production: ServiceAccount,
    /// Newer revisions by name. The last one is another account, with fewer groups.
    rotated: [(&'static str, ServiceAccount); 4],
    developer: Person,
}

impl Accounts {
    fn new(now: Timestamp) -> Self {
        // Half a day more, so that "26 d" stays 26 for the first hours.
        let days = |days: i64| now + SignedDuration::from_hours(days * 24 + 12);
        let three_days_ago = now - SignedDuration::from_hours(3 * 24 + 2);
        let stage = ServiceAccount::new("p123-e1250", 0, days(26))
            .key(2)
            .groups(&["contributor", "wknd-api-readers", "wknd-editors"]);
        let production = ServiceAccount::new("p123-e1234", 0, days(301))
            .key(4)
            .groups(&["contributor", "wknd-api-readers"]);
        let brand_read = ServiceAccount::new("p77-e901", 0, three_days_ago).org(BRAND_ORG);
        let brand_write = ServiceAccount::new("p77-e901", 1, days(118))
            .org(BRAND_ORG)
            .groups(&["contributor", "dam-users", "brand-import"]);
        let another = ServiceAccount::new("p77-e901", 2, days(364))
            .org(BRAND_ORG)
            .key(7)
            .groups(&["contributor", "dam-users"]);
        Self {
            brand_stage: OauthAccount {
                org: BRAND_ORG.into(),
                ..OauthAccount::new("p77-e900", 1)
            },
            rotated: [
                ("wknd-stage", stage.rotated(3, days(364))),
                ("wknd-prod", production.rotated(5, days(364))),
                ("brand-prod/read", brand_read.rotated(6, days(364))),
                ("brand-prod/write", another),
            ],
            brand_read,
            brand_write,
            stage,
            production,
            developer: fixtures::person(1, &["p123-e1301"]),
        }
    }

    fn configuration(&self, now: Now) -> SimulatorConfiguration {
        let mut clients = vec![
            self.brand_read.client(),
            self.brand_write.client(),
            self.brand_stage.client(),
            self.stage.client(),
            self.production.client(),
        ];
        for (_, rotated) in &self.rotated {
            match clients
                .iter_mut()
                .find(|client| client.client_id == rotated.client_id)
            {
                Some(client) => client.keys.push(rotated.binding()),
                None => clients.push(rotated.client()),
            }
        }
        SimulatorConfiguration {
            now,
            clients,
            people: vec![self.developer.clone()],
            environments: environments(&self.brand_stage),
            programs: programs(&self.brand_stage),
            latency: Duration::from_millis(120),
        }
    }

    fn rotations(&self) -> Vec<(&'static str, Vec<u8>)> {
        self.rotated
            .iter()
            .map(|(name, account)| (*name, account.file()))
            .collect()
    }

    fn identities(&self, now: Timestamp) -> Vec<DemoIdentity> {
        use EnvironmentType::{Development, Production, Stage};
        let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
        let five_days = ago(5 * 24 * 60);
        // A token with 41 and a half minutes left.
        let signed_in = ago(24 * 60 - 41) + SignedDuration::from_secs(30);
        let developer = fixtures::development_token(&self.developer, signed_in);
        vec![
            DemoIdentity {
                label: Some("read"),
                token: Some((self.brand_read.token(five_days), five_days)),
                used_by: &["product search"],
                ..identity("brand-prod", Production, BRAND, self.brand_read.file())
            },
            DemoIdentity {
                label: Some("write"),
                used_by: &["asset import", "translation connector"],
                ..identity("brand-prod", Production, BRAND, self.brand_write.file())
            },
            DemoIdentity {
                token: Some((self.stage.token(ago(48)), ago(48))),
                used_by: &["search indexer", "nightly export"],
                ..identity("wknd-stage", Stage, WKND, self.stage.file())
            },
            DemoIdentity {
                ids: Some("p123-e1301"),
                ..identity(
                    "wknd-dev",
                    Development,
                    WKND,
                    fixtures::development_token_file(&developer),
                )
            },
            identity("wknd-prod", Production, WKND, self.production.file()),
            DemoIdentity {
                ids: Some("p77-e900"),
                token: Some((self.brand_stage.token(ago(190)), ago(190))),
                ..identity("brand-stage", Stage, BRAND, self.brand_stage.file())
            },
            DemoIdentity {
                customer: None,
                input: Input::LocalSdk,
                ..identity("local", EnvironmentType::Local, "", Vec::new())
            },
        ]
    }
}

/// Environments with problems that a test call explains.
fn environments(brand_stage: &OauthAccount) -> Vec<AemEnvironment> {
    let cached = Host {
        stale_cache: true,
        ..Host::default()
    };
    let asleep = Host {
        hibernated: true,
        ..Host::default()
    };
    vec![
        AemEnvironment {
            publish: cached,
            ..AemEnvironment::new("p123-e1250")
        },
        AemEnvironment {
            preview: asleep,
            ..AemEnvironment::new("p123-e1301")
        },
        AemEnvironment {
            allowed_client_ids: vec![brand_stage.client_id.clone()],
            ..AemEnvironment::new("p77-e900")
        },
    ]
}

/// What Cloud Manager lists for the organisation of the customer with an OAuth credential.
fn programs(account: &OauthAccount) -> Vec<CloudProgram> {
    let program = |id: &str, name: &str, environments: Vec<CloudEnvironment>| CloudProgram {
        id: id.to_owned(),
        name: name.to_owned(),
        org: account.org.clone(),
        client_ids: vec![account.client_id.clone()],
        environments,
    };
    let environment = CloudEnvironment::new;
    vec![
        program(
            "77",
            "Brand",
            vec![
                environment("901", "Brand Production", "prod", "ready"),
                environment("900", "Brand Stage", "stage", "updating"),
                environment("902", "Brand Development", "dev", "ready"),
            ],
        ),
        program(
            "78",
            "Brand Campaigns",
            vec![
                environment("910", "Campaigns Development", "dev", "hibernated"),
                environment("911", "Campaigns RDE", "rde", "ready"),
            ],
        ),
    ]
}

/// Creates the demo with a fixed clock, for reproducible frames.
pub fn demo_at(now: Timestamp) -> Demo {
    demo(now, Arc::new(move || now))
}

fn identity(
    environment: &'static str,
    environment_type: EnvironmentType,
    customer: &'static str,
    file: Vec<u8>,
) -> DemoIdentity {
    DemoIdentity {
        environment,
        label: None,
        environment_type,
        customer: Some(customer),
        ids: None,
        input: Input::File(file),
        token: None,
        used_by: &[],
    }
}
