//! Exchanges with the simulator, which verifies the assertion as IMS does.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use aemkeys_core::credential::{Code, Credential, Imported, Problem, Secret, detect};
use aemkeys_core::environment::{Approval, HostName, Purpose};
use aemkeys_core::http::Http;
use aemkeys_core::ims::{self, Exchanged};
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};
use aemkeys_simulator::{Fault, FaultTarget, Simulator, SimulatorConfiguration};
use jiff::{SignedDuration, Timestamp};

fn now() -> Timestamp {
    "2026-11-22T13:03:00Z".parse().unwrap()
}

fn year_from_now() -> Timestamp {
    now() + SignedDuration::from_hours(300 * 24)
}

fn credential(file: &[u8]) -> Credential {
    match detect(file).unwrap() {
        Imported::Service(service) => Credential::Service(*service),
        Imported::Oauth(oauth) => Credential::Oauth(*oauth),
        Imported::DevelopmentToken(_) => panic!("no credential"),
    }
}

fn simulator(account: &ServiceAccount) -> Simulator {
    Simulator::start(SimulatorConfiguration::at(now()).client(account.client())).unwrap()
}

async fn exchange(simulator: &Simulator, credential: &Credential) -> Result<Exchanged, Problem> {
    let http = Http::to_simulator(simulator.address());
    ims::exchange(&http, credential, &[], now())
        .await
        .map_err(|error| error.problem())
}

#[tokio::test]
async fn service_credentials_become_a_token() {
    let account = ServiceAccount::new("p123-e1250", 0, year_from_now());
    let simulator = simulator(&account);
    let exchanged = exchange(&simulator, &credential(&account.file()))
        .await
        .unwrap();
    let claims = &exchanged.token.claims;
    assert_eq!(
        claims.client_id.as_deref(),
        Some(account.client_id.as_str())
    );
    assert_eq!(claims.scopes, ["ent_aem_cloud_api"]);
    let left = exchanged.token.expires_at.unwrap().duration_since(now());
    assert_eq!(left.as_hours(), 24);
    assert_eq!(exchanged.clock_skew, None);
}

#[tokio::test]
async fn requests_all_metascopes() {
    let mut account = ServiceAccount::new("p123-e1250", 0, year_from_now());
    account.metascopes = "ent_aem_cloud_sdk,ent_cloudmgr_sdk".into();
    let simulator = simulator(&account);
    let exchanged = exchange(&simulator, &credential(&account.file()))
        .await
        .unwrap();
    let mut scopes = exchanged.token.claims.scopes;
    scopes.sort();
    assert_eq!(scopes, ["ent_aem_cloud_sdk", "ent_cloudmgr_sdk"]);
}

#[tokio::test]
async fn an_oauth_credential_becomes_a_token_with_its_second_secret() {
    let account = OauthAccount::new("p123-e1250", 0);
    let simulator =
        Simulator::start(SimulatorConfiguration::at(now()).client(account.client())).unwrap();
    let Credential::Oauth(mut oauth) = credential(&account.file()) else {
        panic!("not OAuth");
    };
    oauth
        .client_secrets
        .insert(0, Secret::from("replaced-long-ago"));
    let exchanged = exchange(&simulator, &Credential::Oauth(oauth))
        .await
        .unwrap();
    let left = exchanged.token.expires_at.unwrap().duration_since(now());
    assert_eq!(left.as_hours(), 24);
    assert_eq!(simulator.exchanges(&account.client_id), 1);
}

#[tokio::test]
async fn reports_two_wrong_secrets() {
    let account = OauthAccount::new("p123-e1250", 0);
    let simulator =
        Simulator::start(SimulatorConfiguration::at(now()).client(account.client())).unwrap();
    let Credential::Oauth(mut oauth) = credential(&account.file()) else {
        panic!("not OAuth");
    };
    oauth.client_secrets = vec![Secret::from("one"), Secret::from("two")];
    let problem = exchange(&simulator, &Credential::Oauth(oauth))
        .await
        .unwrap_err();
    assert_eq!(problem.code, Code::ImsWrongClientSecret);
}

#[tokio::test]
async fn retries_a_temporary_fault() {
    let account = ServiceAccount::new("p123-e1250", 0, year_from_now());
    let simulator = simulator(&account);
    let credential = credential(&account.file());
    let answer = Fault::Answer {
        status: 503,
        headers: vec![],
        body: vec![],
    };
    for fault in [Fault::Drop, Fault::CutBody, answer] {
        simulator.fail(FaultTarget::path("/ims/"), fault.clone(), 1);
        let result = exchange(&simulator, &credential).await;
        assert!(result.is_ok(), "{fault:?}: {result:?}");
    }
}

#[tokio::test]
async fn reports_known_problems_without_the_network() {
    let file = |account: &ServiceAccount| credential(&account.file());
    let hour = SignedDuration::from_hours(1);
    let account = ServiceAccount::new("p123-e1250", 0, year_from_now());
    let simulator = simulator(&account);

    let ended = ServiceAccount::new("p123-e1250", 0, now() - hour);
    let early = ServiceAccount::new("p123-e1250", 0, now() + hour * (365 * 24 + 5));
    let mut mixed = file(&account);
    let mut aimless = file(&account);
    if let (Credential::Service(mixed), Credential::Service(other)) =
        (&mut mixed, file(&account.rotated(1, year_from_now())))
    {
        mixed.private_key = other.private_key;
    }
    if let Credential::Service(aimless) = &mut aimless {
        aimless.metascopes.clear();
    }
    for (credential, code) in [
        (file(&ended), "certificate-expired"),
        (file(&early), "certificate-not-yet-valid"),
        (mixed, "key-certificate-mismatch"),
        (aimless, "metascopes-missing"),
    ] {
        let problem = exchange(&simulator, &credential).await.unwrap_err();
        assert_eq!(problem.code.as_str(), code);
        assert!(problem.cause.is_some() && problem.next_step.is_some());
    }
    assert!(simulator.seen().is_empty());
}

#[tokio::test]
async fn sends_the_secret_only_to_adobe() {
    let mut account = ServiceAccount::new("p123-e1250", 0, year_from_now());
    account.ims_host = "ims.brand.com".into();
    let simulator = simulator(&account);
    let Credential::Service(mut service) = credential(&account.file()) else {
        panic!("not service credentials");
    };
    service.ims_host = "ims.brand.com".into();
    let credential = Credential::Service(service);
    let problem = exchange(&simulator, &credential).await.unwrap_err();
    assert_eq!(problem.code, Code::ImsHostUntrusted);
    assert!(simulator.seen().is_empty());

    // After its confirmation it is used.
    let http = Http::to_simulator(simulator.address());
    let confirmed = |purpose| {
        [Approval::new(
            HostName::parse("ims.brand.com").unwrap(),
            purpose,
        )]
    };
    let for_tokens = confirmed(Purpose::Token);
    let _ = ims::exchange(&http, &credential, &for_tokens, now()).await;
    assert!(simulator.seen().is_empty());
    let for_secrets = confirmed(Purpose::ImsSecret);
    let _ = ims::exchange(&http, &credential, &for_secrets, now()).await;
    assert_eq!(simulator.seen().len(), 1);
}

#[tokio::test]
async fn reports_revoked_keys_deleted_accounts_and_invalidated_tokens() {
    let account = ServiceAccount::new("p123-e1250", 0, year_from_now());
    let simulator = simulator(&account);
    let credential = credential(&account.file());
    let token = exchange(&simulator, &credential)
        .await
        .unwrap()
        .token
        .secret;
    let http = Http::to_simulator(simulator.address());
    let host = HostName::parse("ims-na1.adobelogin.com").unwrap();
    let validate = || ims::validate(&http, &token, &account.client_id, &host, &[], now());
    assert!(validate().await.unwrap().valid);
    ims::invalidate(&http, &token, &credential, false, &[], now())
        .await
        .unwrap();
    let status = validate().await.unwrap();
    assert!(!status.valid && status.reason.is_some());

    simulator.revoke_key(&account.client_id, &account.binding().public_key);
    let problem = exchange(&simulator, &credential).await.unwrap_err();
    assert_eq!(problem.code, Code::ImsKeyNotBound);
    simulator.delete_account(&account.client_id);
    let problem = exchange(&simulator, &credential).await.unwrap_err();
    assert_eq!(problem.code, Code::ImsUnknownClient);
}

#[tokio::test]
async fn reports_by_how_much_the_clock_is_wrong() {
    let account = ServiceAccount::new("p123-e1250", 0, year_from_now());
    let simulator = simulator(&account);
    let credential = credential(&account.file());
    let http = Http::to_simulator(simulator.address());
    let ask = async |minutes: i64| {
        let ours = now() + SignedDuration::from_mins(minutes);
        ims::exchange(&http, &credential, &[], ours).await
    };
    // Ten minutes behind: the assertion has ended when IMS sees it.
    let problem = ask(-10).await.unwrap_err().problem();
    assert_eq!(problem.code, Code::ClockSkew);
    assert!(
        problem.message.contains("10 m behind"),
        "{}",
        problem.message
    );
    // Two minutes ahead: it works, and it is said.
    let skew = ask(2).await.unwrap().clock_skew.unwrap();
    // The simulated clock goes on during the exchange, and `date` has whole seconds.
    assert!((-120..=-60).contains(&skew), "{skew}");
    let problem = ask(48 * 60).await.unwrap_err().problem();
    assert_eq!(problem.code, Code::ClockSkew);
    assert!(problem.message.contains("ahead of"), "{}", problem.message);
}
