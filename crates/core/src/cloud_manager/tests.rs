use std::sync::Arc;

use aemkeys_simulator::fixtures::OauthAccount;
use aemkeys_simulator::{
    CloudEnvironment as Simulated, CloudProgram, Fault, FaultTarget, Simulator,
    SimulatorConfiguration,
};
use serde_json::{Value, json};

use super::*;
use crate::credential::{AccessToken, Kind, Secret};
use crate::environment::EnvironmentType;

const HOST: &str = "cloudmanager.adobe.io";

fn now() -> Timestamp {
    "2026-11-18T00:00:00Z".parse().unwrap()
}

fn account() -> OauthAccount {
    OauthAccount::new("p1-e2", 1)
}

/// Two programs with `count` environments each.
fn programs(count: usize) -> Vec<CloudProgram> {
    let account = account();
    ["12", "13"]
        .map(|id| CloudProgram {
            id: id.to_owned(),
            name: format!("Program {id}"),
            org: account.org.clone(),
            client_ids: vec![account.client_id.clone()],
            environments: (1..=count)
                .map(|number| Simulated::new(&number.to_string(), "Stage", "stage", "ready"))
                .collect(),
        })
        .into()
}

fn simulator() -> (Simulator, Http) {
    let configuration = SimulatorConfiguration {
        now: Arc::new(now),
        clients: vec![account().client()],
        programs: programs(3),
        ..SimulatorConfiguration::default()
    };
    let simulator = Simulator::start(configuration).unwrap();
    let http = Http::to_simulator(simulator.address());
    (simulator, http)
}

fn access() -> ApiAccess {
    access_with(&account().org, Kind::OauthServerToServer).unwrap()
}

fn access_with(org: &str, kind: Kind) -> Result<ApiAccess, Problem> {
    let account = account();
    let Ok(crate::credential::Imported::Oauth(credential)) =
        crate::credential::detect(&account.file())
    else {
        panic!("not an OAuth credential");
    };
    let token = Secret::new(account.token(now()).expose().to_vec());
    ApiAccess::of_credential(kind, &credential.facts(), token, org)
}

fn answer(status: u16, body: &Value) -> Fault {
    Fault::Answer {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    }
}

#[tokio::test]
async fn all_pages_of_programs_and_environments_are_listed() {
    let (simulator, http) = simulator();
    for page_size in [0, 1, 2, 3] {
        simulator.set_programs(programs(3), page_size);
        let found = super::programs(&http, &access(), now()).await.unwrap();
        let ids: Vec<u64> = found.items.iter().map(|program| program.id).collect();
        assert_eq!(ids, [12, 13], "{page_size}");
        let found = environments(&http, &access(), 13, now()).await.unwrap();
        let ids: Vec<String> = found.items.iter().map(|it| it.ids.to_string()).collect();
        assert_eq!(ids, ["p13-e1", "p13-e2", "p13-e3"], "{page_size}");
    }
    let found = environments(&http, &access(), 12, now()).await.unwrap();
    let first = &found.items[0];
    assert_eq!(first.environment_type(), Some(EnvironmentType::Stage));
    assert_eq!(first.status, "ready");
    assert_eq!(
        first.author.as_deref(),
        Some("https://author-p12-e1.adobeaemcloud.com")
    );
    assert!(
        first
            .console
            .as_deref()
            .unwrap()
            .ends_with("release-cm-p12-e1")
    );
    assert!(simulator.seen().iter().all(|it| it.host == HOST));
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_followed_and_a_loop_ends() {
    let (simulator, http) = simulator();
    for (href, follows) in [
        ("/api/programs?start=2", true),
        ("https://cloudmanager.adobe.io/api/programs?start=2", true),
        ("https://evil.example/api/programs?start=2", false),
        (
            "https://cloudmanager.adobe.io.evil.example/api/programs?start=2",
            false,
        ),
        (
            "https://cloudmanager.adobe.io@evil.example/api/programs?start=2",
            false,
        ),
        ("//evil.example/api/programs?start=2", false),
        ("/api/programs/../program/12/environments?x=1", false),
        ("/api/programs?x=\r\nHost: evil.example", false),
        ("/api/programs?x=#@evil.example", false),
        ("/api/programs", false),
        ("/api/program/12/pipelines?start=2", false),
        ("", false),
    ] {
        let page = json!({ "_embedded": {}, "_links": { "next": [{ "href": href }] } });
        simulator.fail(FaultTarget::host(HOST), answer(200, &page), 1);
        let before = simulator.seen().len();
        let found = super::programs(&http, &access(), now()).await;
        assert_eq!(found.is_ok(), follows, "{href:?}");
        assert_eq!(
            simulator.seen().len() - before,
            1 + usize::from(follows),
            "{href:?}"
        );
    }
    let again = json!({ "_links": { "next": { "href": "/api/programs?start=2" } } });
    simulator.fail(FaultTarget::host(HOST), answer(200, &again), 9);
    let problem = super::programs(&http, &access(), now()).await.unwrap_err();
    assert!(problem.cause.unwrap().contains("do not end"));
    assert!(simulator.seen().iter().all(|it| it.host == HOST));
}

#[tokio::test]
async fn ids_that_are_no_numbers_and_hostile_texts_are_left_out() {
    let (simulator, http) = simulator();
    let console = "http://ns.adobe.com/adobecloud/rel/developerConsole";
    let link = |href: &str| json!({ console: { "href": href } });
    let item = |id: Value, href: &str| json!({ "id": id, "name": "a\u{1b}[2Jb\u{202e}c\nd", "type": "PROD\u{7}", "_links": link(href) });
    let good = "https://x.dev.adobeaemcloud.com/dc/#a";
    let page = json!({ "_embedded": { "environments": [
        item(json!("7"), good), item(json!(8), "https://evil.example/dc"),
        item(json!("../9"), good), item(json!("9/../1"), good), item(json!(-1), good), item(json!(null), good),
        item(json!("1e3"), good), item(json!("99999999999999999999"), good), json!(5), json!([]),
        { "id": "3", "programId": "99" },
        item(json!("10"), "javascript:alert(1)"), item(json!("11"), "https://a.adobe.com\u{1b}]8;;x"),
    ] } });
    simulator.fail(FaultTarget::host(HOST), answer(200, &page), 1);
    let found = environments(&http, &access(), 12, now()).await.unwrap();
    let ids: Vec<String> = found.items.iter().map(|it| it.ids.to_string()).collect();
    assert_eq!(ids, ["p12-e7", "p12-e8", "p12-e10", "p12-e11"]);
    assert_eq!(found.unreadable, 9);
    assert_eq!(found.items[0].name, "abc d");
    let consoles: Vec<bool> = found.items.iter().map(|it| it.console.is_some()).collect();
    assert_eq!(consoles, [true, false, false, false]);
}

#[tokio::test]
async fn a_refusal_says_why_and_what_to_do() {
    let (simulator, http) = simulator();
    let html = Fault::Answer {
        status: 200,
        headers: Vec::new(),
        body: b"<html>sign in to the network".to_vec(),
    };
    let gateway = |status, code: &str, message: &str| {
        answer(status, &json!({ "error_code": code, "message": message }))
    };
    let cases = [
        (
            gateway(403, "403003", "Api Key is invalid"),
            Code::CloudManagerRefused,
            "403003",
        ),
        (
            gateway(401, "401013", "Oauth token is not valid"),
            Code::CloudManagerRefused,
            "401013",
        ),
        (answer(403, &json!({})), Code::CloudManagerRefused, "403"),
        (answer(404, &json!({})), Code::CloudManagerRefused, "404"),
        (answer(400, &json!({})), Code::CloudManagerRefused, "400"),
        (
            answer(503, &json!({})),
            Code::CloudManagerUnavailable,
            "503",
        ),
        (answer(429, &json!({})), Code::Throttled, "429"),
        (
            Fault::Throttle {
                retry_after: Some("3600".into()),
            },
            Code::Throttled,
            "retry after",
        ),
        (
            Fault::Redirect {
                to: "https://evil.example/".into(),
            },
            Code::CloudManagerUnavailable,
            "",
        ),
        (
            Fault::Flood {
                bytes: 5 * 1024 * 1024,
            },
            Code::CloudManagerUnavailable,
            "",
        ),
        (html, Code::CloudManagerUnavailable, ""),
    ];
    for (fault, code, says) in cases {
        simulator.fail(FaultTarget::host(HOST), fault, 3);
        let problem = super::programs(&http, &access(), now()).await.unwrap_err();
        simulator.heal();
        assert_eq!(problem.code, code, "{problem}");
        assert!(problem.message.contains(says), "{problem}");
        assert!(
            problem.cause.is_some() && problem.next_step.is_some(),
            "{problem:?}"
        );
    }
    // A credential of another API.
    simulator.fail(FaultTarget::host(HOST), answer(403, &json!({})), 1);
    let problem = super::programs(&http, &access(), now()).await.unwrap_err();
    assert!(problem.cause.unwrap().contains("read_organizations"));
    assert!(simulator.seen().iter().all(|it| it.host == HOST));
}

#[test]
fn only_a_token_for_cloud_manager_gets_there() {
    for kind in Kind::ALL {
        let org = account().org;
        assert_eq!(
            access_with(&org, kind).is_ok(),
            kind == Kind::OauthServerToServer
        );
    }
    for org in [
        "",
        "@AdobeOrg",
        "A@Adobe",
        "A\r\nx: y@AdobeOrg",
        "A B@AdobeOrg",
        "a/b@AdobeOrg",
    ] {
        assert!(
            access_with(org, Kind::OauthServerToServer).is_err(),
            "{org:?}"
        );
    }
    // A token of AEM that a variable of aio holds.
    let of = |client: &str| AccessToken {
        secret: Secret::from("a.b.c"),
        claims: crate::credential::TokenClaims {
            client_id: Some(client.to_owned()),
            ..Default::default()
        },
        expires_at: None,
    };
    let org = account().org;
    for client in [
        "cm-p1-e2-integration-0",
        "CM-p1-e2",
        "dev-console-prod",
        "",
        "a b",
        "a\r\nb",
    ] {
        let problem = ApiAccess::of_aio(of(client), &org).unwrap_err();
        assert_eq!(problem.code, Code::TokenWrongKind, "{client:?}");
    }
    let access = ApiAccess::of_aio(of("aio-cli-console-auth"), &org).unwrap();
    assert!(!format!("{access:?}").contains("a.b.c"));
}
