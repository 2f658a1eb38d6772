//! A realistic index at a fixed time, and a dashboard driven by keys.

use std::sync::Arc;

use aemkeys::app::{EnvironmentEntry, IdentityEntry, Index, TierRecord};
use aemkeys::tui::App;
use aemkeys::tui::Settings;
use aemkeys::tui::effect::Effect;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::keymap::parse_keys;
use aemkeys::tui::message::{Event, JobOutcome, Message};
use aemkeys::tui::task::TaskId;
use aemkeys::tui::update::update;
use aemkeys_core::credential::{CredentialFacts, Fingerprint, Kind, Problem, TokenFacts};
use aemkeys_core::environment::{
    Approval, CloudIds, EnvironmentType, HostName, Hosts, Identity, Name, Purpose, Tier, UsedBy,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Sunday, 22 November 2026, 14:03 UTC.
pub fn now() -> Timestamp {
    "2026-11-22T14:03:00Z".parse().unwrap()
}

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn hours(number: i64) -> SignedDuration {
    SignedDuration::from_hours(number)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub fn environment(
    number: u128,
    text: &str,
    environment_type: EnvironmentType,
    ids: Option<(u64, u64)>,
) -> EnvironmentEntry {
    let ids = ids.map(|(program, environment)| CloudIds {
        program,
        environment,
        cmstg: false,
    });
    EnvironmentEntry {
        id: id(number),
        ids,
        hosts: ids.map_or_else(Hosts::local_sdk, Hosts::derived),
        ..EnvironmentEntry::new(name(text), environment_type)
    }
}

pub fn identity(number: u128, label: &str, kind: Kind) -> IdentityEntry {
    Identity {
        id: id(number),
        ..Identity::new(name(label), kind)
    }
    .into()
}

pub fn credential(client: &str, left: SignedDuration) -> CredentialFacts {
    CredentialFacts {
        client_id: client.to_owned(),
        technical_account_id: Some("4A1B2C3D4E5F60718293A4B5@techacct.adobe.com".to_owned()),
        technical_account_email: Some("abcd1234-aaaa-bbbb@techacct.adobe.com".to_owned()),
        org: Some("1234567890ABCDEF12345678@AdobeOrg".to_owned()),
        ims_host: "ims-na1.adobelogin.com".to_owned(),
        scopes: vec!["ent_aem_cloud_api".to_owned()],
        not_before: Some(now() + left - hours(24 * 365)),
        not_after: Some(now() + left),
        fingerprint: Fingerprint::of(client.as_bytes()),
        public_key: None,
    }
}

pub fn token(text: &str, left: SignedDuration) -> TokenFacts {
    TokenFacts {
        expires_at: Some(now() + left),
        fingerprint: Fingerprint::of(text.as_bytes()),
        obtained_at: now() + left - hours(24),
        of_account: false,
    }
}

fn test(tier: Tier, verdict: &str, ids: &str, user: Option<&str>) -> TierRecord {
    TierRecord {
        tier,
        host: format!("{}-{ids}.adobeaemcloud.com", tier.as_str()),
        at: now() - hours(2),
        status: Some(200),
        verdict: verdict.to_owned(),
        user: user.map(str::to_owned),
        groups: 4,
        elapsed_ms: 212,
    }
}

/// Seven identities, as a developer of two customers has them on a Sunday in November.
pub fn index() -> Index {
    let minutes = SignedDuration::from_mins;
    let mut brand = environment(
        10,
        "brand-prod",
        EnvironmentType::Production,
        Some((77, 901)),
    );
    let mut read = identity(11, "read", Kind::ServiceCredentials);
    read.credential = Some(credential("cm-p77-e901-integration-0", -hours(3 * 24 + 5)));
    read.token = Some(token("brand", -hours(80)));
    let mut write = identity(12, "write", Kind::ServiceCredentials);
    write.credential = Some(credential("cm-p77-e901-integration-1", hours(24 * 144 + 3)));
    brand.identities = vec![read, write];

    let mut stage = environment(20, "wknd-stage", EnvironmentType::Stage, Some((123, 1250)));
    let mut reader = identity(21, "default", Kind::ServiceCredentials);
    reader.credential = Some(credential(
        "cm-p123-e1250-integration-0",
        hours(24 * 26 + 2),
    ));
    reader.token = Some(token("stage", minutes(23 * 60 + 12)));
    reader.identity.auto_refresh = true;
    reader.identity.used_by = vec![
        UsedBy::new("content importer"),
        UsedBy::new("search indexer"),
    ];
    reader.last_test = vec![
        test(
            Tier::Author,
            "signed-in",
            "p123-e1250",
            Some("4A1B2C3D@techacct.adobe.com"),
        ),
        test(Tier::Publish, "anonymous", "p123-e1250", None),
    ];
    stage.identities = vec![reader];
    stage.notes = String::from("Content freeze from 10 December.");
    let domain = HostName::parse("stage.wknd.example").unwrap();
    stage.approvals = vec![Approval::new(domain.clone(), Purpose::Token)];
    stage.hosts.publish_domain = Some(domain);

    let mut dev = environment(
        30,
        "wknd-dev",
        EnvironmentType::Development,
        Some((123, 1301)),
    );
    let mut person = identity(31, "me", Kind::DevelopmentToken);
    person.token = Some(token("dev", minutes(41)));
    dev.identities = vec![person];

    let mut prod = environment(
        40,
        "wknd-prod",
        EnvironmentType::Production,
        Some((123, 1234)),
    );
    let mut account = identity(41, "default", Kind::ServiceCredentials);
    account.credential = Some(credential(
        "cm-p123-e1234-integration-0",
        hours(24 * 301 + 5),
    ));
    prod.identities = vec![account];

    let mut rde = environment(50, "wknd-rde", EnvironmentType::Rde, Some((123, 1377)));
    let mut oauth = identity(51, "openapi", Kind::OauthServerToServer);
    let mut facts = credential("0f3a61c07d2e4b5aa1b2", hours(0));
    facts.not_before = None;
    facts.not_after = None;
    oauth.credential = Some(facts);
    oauth.token = Some(token("rde", minutes(7)));
    rde.identities = vec![oauth];

    let mut local = environment(60, "local", EnvironmentType::Local, None);
    local.identities = vec![identity(61, "sdk", Kind::Local)];

    let mut index = Index {
        environments: [local, prod, rde, dev, stage, brand].map(Arc::new).to_vec(),
        ..Index::default()
    };
    for path in ["/graphql/list.json", "/content/dam.json"] {
        index.add_recent_path(id(20), path.to_owned());
    }
    index
}

/// The same, but of two customers.
pub fn index_of_two_customers() -> Index {
    let mut index = index();
    for environment in index.environments_mut() {
        let customer = if environment.name.as_str().starts_with("brand") {
            "Brand AG"
        } else {
            "WKND"
        };
        environment.customer = Some(customer.to_owned());
    }
    index
}

pub fn settings() -> Settings {
    Settings {
        storage: "Secret Service".to_owned(),
        ..Settings::default()
    }
}

/// A dashboard at a size, and what it wanted to have done.
pub struct Dashboard {
    pub model: App,
    pub effects: Vec<Effect>,
}

impl Dashboard {
    pub fn new(columns: u16, rows: u16) -> Self {
        Self::with(index(), settings(), columns, rows)
    }

    /// Large enough for two panels, after these keys.
    pub fn after_keys(keys: &str) -> Self {
        let mut dashboard = Self::new(120, 30);
        dashboard.keys(keys);
        dashboard
    }

    pub fn with(index: Index, settings: Settings, columns: u16, rows: u16) -> Self {
        let mut dashboard = Self {
            model: App::new(index, settings, now()),
            effects: Vec::new(),
        };
        dashboard.send(Event::Resize { columns, rows });
        dashboard.effects.clear();
        dashboard
    }

    pub fn send(&mut self, event: Event) {
        let at = self.model.now;
        self.send_at(at, event);
    }

    pub fn send_at(&mut self, at: Timestamp, event: Event) {
        let effects = update(&mut self.model, Message { at, event });
        self.effects.extend(effects);
    }

    /// Types the keys, which follow at once on each other but not on those before.
    pub fn keys(&mut self, text: &str) -> &mut Self {
        self.model.opened_by_digit = None;
        for key in parse_keys(text).unwrap() {
            self.send(Event::Key(key));
        }
        self
    }

    pub fn done(&mut self, task: TaskId, result: Result<JobOutcome, Problem>) -> &mut Self {
        self.send(Event::Done { task, result });
        self
    }

    /// Ends the task that was started last.
    pub fn finish(&mut self, result: Result<JobOutcome, Problem>) -> &mut Self {
        let task = self.task();
        self.done(task, result)
    }

    /// The effects of these keys, without earlier ones.
    pub fn effects_of(&mut self, keys: &str) -> Vec<Effect> {
        self.effects.clear();
        self.keys(keys);
        self.take_effects()
    }

    #[track_caller]
    pub fn shows(&self, text: impl AsRef<str>) {
        let (text, screen) = (text.as_ref(), self.text());
        assert!(screen.contains(text), "{text:?} is not in:\n{screen}");
    }

    #[track_caller]
    pub fn hides(&self, text: impl AsRef<str>) {
        let (text, screen) = (text.as_ref(), self.text());
        assert!(!screen.contains(text), "{text:?} is in:\n{screen}");
    }

    pub fn toast(&self) -> String {
        let toast = self.model.toast.as_ref();
        toast.map_or_else(String::new, |toast| toast.text.clone())
    }

    #[track_caller]
    pub fn says(&self, text: &str) {
        let toast = self.toast();
        assert!(toast.contains(text), "{text:?} is not in {toast:?}");
    }

    /// The task that was started last.
    pub fn task(&self) -> TaskId {
        self.model.tasks.iter().last().unwrap().0
    }

    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub fn text(&self) -> String {
        Frame::of(&self.model).text()
    }

    pub fn selected(&self) -> String {
        self.model
            .list
            .selected
            .map_or_else(String::new, |id| self.model.name_of(id))
    }
}
