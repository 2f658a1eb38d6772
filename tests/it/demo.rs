//! The demo's files and tokens, with our client against its simulator.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[cfg(target_os = "linux")]
use crate::support::dashboard::Dashboard;
#[cfg(target_os = "linux")]
use crate::support::sandbox::Sandbox;
use aemkeys_core::aem::{self, Probe, TierResult, Verdict, WHO_AM_I};
use aemkeys_core::credential::{AccessToken, Credential, Imported, Kind, Secret, detect};
use aemkeys_core::environment::{CloudIds, Destinations, Hosts, Tier};
use aemkeys_core::http::{Http, Recipient};
use aemkeys_core::ims;
use aemkeys_simulator::Simulator;
use aemkeys_simulator::demo::{self, DemoIdentity, Input};
use jiff::Timestamp;

fn now() -> Timestamp {
    "2026-11-22T14:03:00Z".parse().unwrap()
}

struct Running {
    identities: Vec<DemoIdentity>,
    http: Http,
    _simulator: Simulator,
    runtime: tokio::runtime::Runtime,
}

fn running() -> Running {
    let demo = demo::demo_at(now());
    let simulator = Simulator::start(demo.configuration).unwrap();
    Running {
        identities: demo.identities,
        http: Http::to_simulator(simulator.address()),
        _simulator: simulator,
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
    }
}

impl Running {
    fn named(&self, name: &str, label: Option<&str>) -> &DemoIdentity {
        self.identities
            .iter()
            .find(|identity| identity.environment == name && identity.label == label)
            .unwrap()
    }

    fn exchange(&self, name: &str, label: Option<&str>) -> Result<AccessToken, ims::ImsError> {
        let Input::File(file) = &self.named(name, label).input else {
            panic!("{name} has no file");
        };
        let credential = match detect(file).unwrap() {
            Imported::Service(service) => Credential::Service(*service),
            Imported::Oauth(oauth) => Credential::Oauth(*oauth),
            Imported::DevelopmentToken(token) => return Ok(*token),
        };
        self.runtime
            .block_on(ims::exchange(&self.http, &credential, &[], now()))
            .map(|exchanged| exchanged.token)
    }

    /// Verdicts of author, publish and preview.
    fn test(&self, ids: &str, token: &Secret, kind: Kind, path: &str) -> Vec<Verdict> {
        let ids = CloudIds::parse(ids);
        let hosts = Destinations::new(ids, Hosts::derived(ids.unwrap()), &[]).unwrap();
        let probe = Probe {
            targets: Tier::STORED
                .into_iter()
                .map(|tier| (tier, Recipient::tier(&hosts, tier).unwrap()))
                .collect(),
            path: path.to_owned(),
            kind,
        };
        self.runtime
            .block_on(aem::test_tiers(&self.http, &probe, Some(token), now()))
            .iter()
            .map(|result: &TierResult| result.verdict)
            .collect()
    }
}

#[test]
fn refuses_expired_credentials_before_the_network() {
    let demo = running();
    assert!(demo.exchange("brand-prod", Some("read")).is_err());
    for (name, label) in [
        ("brand-prod", Some("write")),
        ("wknd-stage", None),
        ("wknd-prod", None),
        ("brand-stage", None),
    ] {
        let token = demo.exchange(name, label).unwrap();
        assert_eq!(
            token.expires_at,
            Some(now() + jiff::SignedDuration::from_hours(24)),
            "{name}"
        );
    }
}

#[test]
fn seeded_tokens_sign_in() {
    let demo = running();
    let (token, _) = demo.named("wknd-stage", None).token.as_ref().unwrap();
    let verdicts = demo.test("p123-e1250", token, Kind::ServiceCredentials, WHO_AM_I);
    assert_eq!(verdicts[0], Verdict::SignedIn);
    assert_eq!(verdicts[2], Verdict::SignedIn);
    let (old, _) = demo
        .named("brand-prod", Some("read"))
        .token
        .as_ref()
        .unwrap();
    let verdicts = demo.test("p77-e901", old, Kind::ServiceCredentials, WHO_AM_I);
    assert_eq!(
        verdicts,
        [
            Verdict::TokenRefused,
            Verdict::Anonymous,
            Verdict::Anonymous
        ]
    );
}

#[test]
fn a_development_token_signs_in_to_its_environment() {
    let demo = running();
    let token = demo.exchange("wknd-dev", None).unwrap().secret;
    let verdicts = demo.test("p123-e1301", &token, Kind::DevelopmentToken, WHO_AM_I);
    assert_eq!(
        verdicts,
        [Verdict::SignedIn, Verdict::SignedIn, Verdict::Hibernated]
    );
    let elsewhere = demo.test("p123-e1234", &token, Kind::DevelopmentToken, WHO_AM_I);
    assert_eq!(elsewhere[0], Verdict::TokenRefused);
}

#[test]
fn oauth_tokens_work_for_open_apis_only() {
    let demo = running();
    let token = demo.exchange("brand-stage", None).unwrap().secret;
    let kind = Kind::OauthServerToServer;
    let fragments = "/adobe/sites/cf/fragments";
    assert_eq!(
        demo.test("p77-e900", &token, kind, fragments)[0],
        Verdict::Answered
    );
    // On every tier alike.
    assert_eq!(
        demo.test("p77-e900", &token, kind, WHO_AM_I),
        [Verdict::TokenRefused; 3]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_demo_honours_the_configuration_and_has_a_history() {
    let sandbox = Sandbox::new();
    let config = sandbox.home().join(".config/aemkeys/config.toml");
    let text = "glyphs = \"ascii\"\n[keys]\npage-activity = [\"<f7>\"]\n";
    std::fs::write(config, text).unwrap();
    let mut dashboard = Dashboard::start(&sandbox.command(&["demo"]));
    dashboard.wait_for("wknd-stage");
    assert!(dashboard.screen().is_ascii(), "{}", dashboard.screen());
    // F7.
    dashboard.send("\u{1b}[18~");
    dashboard.wait_for("wknd-prod stored");
    dashboard.send("q");
    dashboard.ends();
}
