//! `discover` against the simulated Cloud Manager: lists, differences, changes that are asked for, and attacks.

use std::path::Path;
use std::time::{Duration, Instant};

use aemkeys_core::credential::Secret;
use aemkeys_simulator::fixtures;
use aemkeys_simulator::{CloudEnvironment, CloudProgram, Fault, FaultTarget};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::https_mock::Reply;
use crate::support::sandbox::{Ran, Sandbox};

const HOST: &str = "cloudmanager.adobe.io";
const ORG: &str = "ABCDEF1234567890ABCDEF12@AdobeOrg";

/// The demo's OAuth credential as `cm`, without an environment.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    add(&sandbox, "brand-stage/", "cm", &["--type", "dev"]);
    sandbox
}

fn add(sandbox: &Sandbox, file: &str, name: &str, more: &[&str]) {
    let file = sandbox.file(file);
    let line = [&["add", file.to_str().unwrap(), "--name", name], more].concat();
    sandbox.ok(&line);
}

fn asked(sandbox: &Sandbox) -> usize {
    let requests = sandbox.mock.requests();
    requests.iter().filter(|it| it.host == HOST).count()
}

/// Every token that Cloud Manager got went nowhere else.
#[track_caller]
fn only_cloud_manager_got_the_token(sandbox: &Sandbox) {
    for asked in sandbox.mock.requests() {
        let is_known = asked.host == HOST || asked.host == "ims-na1.adobelogin.com";
        assert!(is_known, "{}", asked.host);
        let has_token = asked.header("authorization").is_some();
        assert_eq!(has_token, asked.host == HOST);
    }
}

fn client_id(sandbox: &Sandbox) -> String {
    let ran = sandbox.ok(&["show", "cm", "--json"]);
    let json = ran.json();
    let id = &json["environments"][0]["identities"][0]["credential"]["client_id"];
    id.as_str().unwrap().to_owned()
}

fn programs(client: &str, count: usize, environments: usize) -> Vec<CloudProgram> {
    (1..=count)
        .map(|program| CloudProgram {
            id: program.to_string(),
            name: format!("Program {program}"),
            org: ORG.to_owned(),
            client_ids: vec![client.to_owned()],
            environments: (1..=environments)
                .map(|it| {
                    let name = format!("Environment {it}");
                    CloudEnvironment::new(&(program * 100 + it).to_string(), &name, "dev", "ready")
                })
                .collect(),
        })
        .collect()
}

#[test]
fn environments_are_listed_beside_what_is_stored() {
    let sandbox = sandbox();
    add(&sandbox, "brand-prod/read", "brand", &["--type", "stage"]);
    add(&sandbox, "wknd-stage/", "wknd", &["--type", "stage"]);
    sandbox.ok(&["exchange", "cm"]);
    let before = sandbox.ok(&["list", "--json"]).out;
    let ran = sandbox.ok(&["discover"]);
    for text in [
        "Brand            p77-e901",
        "Brand Stage",
        "hibernated",
        "updating",
        "other type, no console link",
        "not stored",
        "aemkeys edit brand --type production",
    ] {
        ran.prints(text);
    }
    ran.says("brand is stored as Stage, but Cloud Manager says Production");
    ran.says("5 environments in 2 programs; 1 stored environment of other");
    let json = sandbox.ok(&["discover", "--json"]).json();
    let first = &json["programs"][0]["environments"][0];
    assert_eq!(first["ids"], "p77-e901");
    assert_eq!(
        (&first["stored"], &first["stored_type"]),
        (&json!("brand"), &json!("stage"))
    );
    assert_eq!(
        first["links"]["author"],
        "https://author-p77-e901.adobeaemcloud.com"
    );
    let kinds: Vec<&Value> = first["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["kind"])
        .collect();
    assert_eq!(kinds, ["other-type", "no-console"]);
    assert_eq!(json["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(json["kept"], true);
    let others = json["programs"][1]["environments"][0].clone();
    let step = others["differences"][0]["next_step"].as_str().unwrap();
    assert!(step.contains("--name campaigns-development"), "{step}");
    // An environment that was deleted, and a program that is not shown.
    sandbox.simulator.set_programs(
        vec![CloudProgram {
            environments: Vec::new(),
            id: "77".to_owned(),
            ..programs(&client_id(&sandbox), 1, 0).remove(0)
        }],
        0,
    );
    let ran = sandbox.ok(&["discover", "--refresh"]);
    ran.prints("brand (p77-e901) is no longer in Cloud Manager");
    ran.prints("aemkeys remove brand");
    sandbox
        .simulator
        .set_programs(programs(&client_id(&sandbox), 1, 0), 0);
    let ran = sandbox.ok(&["discover", "--refresh"]);
    ran.prints("brand (p77-e901) belongs to a program that Cloud Manager does not show");
    assert_eq!(
        sandbox.ok(&["list", "--json"]).out,
        before,
        "nothing was changed"
    );
    only_cloud_manager_got_the_token(&sandbox);
}

#[test]
fn only_what_is_missing_is_filled_in_and_only_when_asked_for() {
    let sandbox = sandbox();
    add(&sandbox, "brand-prod/read", "brand", &["--type", "stage"]);
    let developer = sandbox.file("wknd-dev/");
    let developer = developer.to_str().unwrap();
    sandbox.ok(&[
        "add", developer, "--name", "new", "--env", "p77-e902", "--yes",
    ]);
    let show = |name: &str| sandbox.ok(&["show", name, "--json"]).json()["environments"][0].clone();
    sandbox.exits(77, &["discover", "--apply"]).says("--yes");
    assert_eq!(show("brand")["console"], Value::Null);
    let ran = sandbox.ok(&["discover", "--apply", "--yes"]);
    ran.prints("changed brand: console link");
    ran.prints("changed new: console link");
    ran.says("confirm with `--confirm new`");
    let brand = show("brand");
    assert!(
        brand["console"]
            .as_str()
            .unwrap()
            .ends_with("release-cm-p77-e901")
    );
    assert_eq!(brand["type"], "stage", "a contradiction is only shown");
    assert_eq!(show("new")["type"], "untyped");
    let line = ["discover", "--apply", "--yes", "--confirm", "NEW", "--json"];
    let json = sandbox.ok(&line).json();
    assert_eq!(
        json["changed"],
        json!([{ "name": "new", "console": null, "type": "development" }])
    );
    assert_eq!(show("new")["type"], "development");
    let ran = sandbox.ok(&["discover", "--apply", "--yes"]);
    assert!(!ran.out.contains("changed"), "{ran:?}");
    ran.prints("no credential");
}

#[test]
fn two_hundred_environments_are_kept_for_an_hour() {
    let sandbox = sandbox();
    sandbox
        .simulator
        .set_programs(programs(&client_id(&sandbox), 20, 10), 7);
    let started = Instant::now();
    let ran = sandbox.ok(&["discover"]);
    println!(
        "200 environments of 20 programs in pages of 7: {:?}",
        started.elapsed()
    );
    assert_eq!(
        ran.out
            .lines()
            .filter(|line| line.contains("not stored"))
            .count(),
        201
    );
    ran.says("200 environments in 20 programs");
    // Three pages of programs, and two of each program's environments.
    assert_eq!(asked(&sandbox), 43);
    let ran = sandbox.ok(&["discover"]);
    ran.says("`--refresh` asks again");
    assert_eq!(asked(&sandbox), 43);
    sandbox.ok(&["discover", "--refresh", "--quiet"]);
    assert_eq!(asked(&sandbox), 86);
    let state = sandbox.home().join(".local/state/aemkeys");
    let files = std::fs::read_dir(&state)
        .unwrap()
        .map(|it| it.unwrap().path());
    let kept: Vec<_> = files
        .filter(|it| {
            it.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("discover-")
        })
        .collect();
    let [file] = kept.as_slice() else {
        panic!("{kept:?}");
    };
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.contains("eyJ") && !text.contains("simulated-secret"));
    assert_eq!(mode(file), 0o600);
    // An hour later, of another version, or damaged: asked again.
    let json: Value = serde_json::from_str(&text).unwrap();
    let hour_ago = (Timestamp::now() - SignedDuration::from_mins(61)).to_string();
    let tomorrow = (Timestamp::now() + SignedDuration::from_hours(24)).to_string();
    let mut count = 86;
    for (field, value) in [
        ("asked_at", json!(hour_ago)),
        ("asked_at", json!(tomorrow)),
        ("version", json!(2)),
        ("account", json!({ "client_id": "other", "org": ORG })),
        ("programs", json!(7)),
    ] {
        let mut changed = json.clone();
        changed[field] = value;
        std::fs::write(file, changed.to_string()).unwrap();
        sandbox.ok(&["discover", "--quiet"]);
        count += 43;
        assert_eq!(asked(&sandbox), count, "{field}");
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_program_that_fails_is_named_and_the_others_are_listed() {
    let sandbox = sandbox();
    let profile = Fault::Answer {
        status: 403,
        headers: Vec::new(),
        body: br#"{"error_code":"403025","message":"Profile is not valid"}"#.to_vec(),
    };
    sandbox
        .simulator
        .fail(FaultTarget::path("/api/program/77/"), profile.clone(), 2);
    let ran = sandbox.exits(76, &["discover"]);
    ran.says("program Brand (77): Cloud Manager: the token's account has no product profile");
    ran.says("read_organizations");
    ran.prints("Campaigns RDE");
    let json = sandbox.exits(76, &["discover", "--json"]).json();
    assert_eq!(
        json["programs"][0]["error"]["code"],
        "cloud-manager-refused"
    );
    assert_eq!(json["programs"][0]["error"]["item"], "Brand");
    assert_eq!(json["programs"][1]["error"], Value::Null);
    // A partial answer is not kept.
    let json = sandbox.ok(&["discover", "--json"]).json();
    assert_eq!(json["kept"], false);
    sandbox
        .simulator
        .fail(FaultTarget::path("/api/programs"), profile, 1);
    let ran = sandbox.exits(76, &["discover", "--refresh"]);
    ran.says("add the API Cloud Manager");
}

#[test]
fn rate_limits_are_honoured_for_a_bounded_time() {
    let sandbox = sandbox();
    sandbox
        .simulator
        .set_programs(programs(&client_id(&sandbox), 12, 1), 0);
    let throttle = |wait: &str| Fault::Throttle {
        retry_after: Some(wait.to_owned()),
    };
    sandbox
        .simulator
        .fail(FaultTarget::path("/api/program/"), throttle("1"), 2);
    sandbox
        .ok(&["discover"])
        .says("12 environments in 12 programs");
    assert_eq!(asked(&sandbox), 15);
    // An hour: nothing waits, and what was not asked yet is not asked.
    sandbox
        .simulator
        .fail(FaultTarget::path("/api/program/"), throttle("3600"), 99);
    let started = Instant::now();
    let ran = sandbox.exits(75, &["discover", "--refresh"]);
    assert!(started.elapsed() < Duration::from_secs(30));
    ran.says("rate limited by cloudmanager.adobe.io: retry after");
    assert!(asked(&sandbox) <= 15 + 1 + 4, "{}", asked(&sandbox));
}

/// Writes aio's configuration as aio does.
fn write_aio(folder: &Path, name: &str, token: &str, expiry: i64, org: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let text = format!(
        "{{\n  ims: {{\n    contexts: {{\n      cli: {{\n        $cli.bare_output: true,\n        access_token: {{\n          token: \"{token}\",\n          expiry: {expiry}\n        }}\n      }}\n    }}\n  }},\n  cloudmanager_orgid: \"{org}\"\n}}"
    );
    std::fs::write(folder.join(name), text).unwrap();
}

fn text(token: &Secret) -> String {
    String::from_utf8(token.expose().to_vec()).unwrap()
}

#[test]
fn the_sign_in_of_aio_is_read_and_never_stored() {
    let sandbox = Sandbox::new();
    sandbox
        .simulator
        .set_programs(programs(fixtures::AIO_CLIENT, 2, 2), 0);
    let person = fixtures::person(7, &[]);
    let now = Timestamp::now();
    let token = text(&fixtures::aio_token(&person, now));
    let later = (now + SignedDuration::from_hours(23)).as_millisecond();
    let config = sandbox.home().join(".config");
    sandbox
        .exits(79, &["discover", "--from-aio", "--org", ORG])
        .says("aio login");
    // What must be done first is said first.
    sandbox
        .exits(79, &["discover", "--from-aio"])
        .says("aio login");
    write_aio(&config, "aio", &token, later, ORG);
    let whole = std::fs::read_to_string(config.join("aio")).unwrap();
    let without_org = whole.replace("cloudmanager_orgid", "other");
    std::fs::write(config.join("aio"), without_org).unwrap();
    sandbox
        .exits(64, &["discover", "--from-aio"])
        .says("aio console org select");
    std::fs::write(config.join("aio"), whole).unwrap();
    let ran = sandbox.ok(&["discover", "--from-aio"]);
    ran.says("4 environments in 2 programs");
    only_cloud_manager_got_the_token(&sandbox);
    for request in sandbox.mock.requests() {
        assert_eq!(request.header("x-api-key"), Some(fixtures::AIO_CLIENT));
        assert_eq!(request.header("x-gw-ims-org-id"), Some(ORG));
    }
    // The file alone contains the token.
    let signature = token.rsplit('.').next().unwrap();
    for folder in [".local", ".config/aemkeys"] {
        for file in walk(&sandbox.home().join(folder)) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(
                !String::from_utf8_lossy(&bytes).contains(signature),
                "{file:?}"
            );
        }
    }
    let asked_before = asked(&sandbox);
    let ran = |token: &str, expiry: i64, org: &str, code: i32| -> Ran {
        write_aio(&config, "aio", token, expiry, org);
        sandbox.exits(code, &["discover", "--from-aio", "--refresh"])
    };
    ran(&token, 1, ORG, 79).says("aio login");
    let old = fixtures::aio_token(&person, now - SignedDuration::from_hours(25));
    ran(&text(&old), later, ORG, 79).says("aio's token has expired");
    ran(&token[..300], later, ORG, 79).says("aio login");
    ran(
        &format!("{} {}", &token[..99], &token[99..]),
        later,
        ORG,
        79,
    );
    ran(&token, later, "x\\r\\nHost: evil", 64).says("@AdobeOrg");
    // A token of AEM, as `exec --preset aio` hands it over.
    let developer = fixtures::development_token(&person, now);
    ran(&text(&developer), later, ORG, 65).says("is not sent to Cloud Manager");
    for content in ["ims:\n  a: 1\n", "{ims: {", "\u{1b}]0;x\u{7}"] {
        std::fs::write(config.join("aio"), content).unwrap();
        sandbox
            .exits(65, &["discover", "--from-aio"])
            .says("aio's configuration");
    }
    assert_eq!(asked(&sandbox), asked_before, "nothing was sent");
    // White space around it is no part of it.
    ran(&format!(" {token}\\n"), later, ORG, 0);
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|it| it.path()) {
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn nothing_that_cloud_manager_says_leads_elsewhere() {
    let next = json!({ "_embedded": {}, "_links": { "next": { "href": "https://evil.example/api/programs?x" } } });
    let page = json!({ "_embedded": { "programs": [
        { "id": "../../ims", "name": "x" },
        { "id": "5", "name": "\u{1b}]52;c;ZXZpbA==\u{7}Pro\u{202e}gram\u{9b}2J\r\nerror: fake",
          "_links": { "http://ns.adobe.com/adobecloud/rel/environments": { "href": "https://evil.example/steal" } } },
    ] } });
    let (next, page) = (next.to_string(), page.to_string());
    let sandbox =
        Sandbox::answering(
            move |asked| match (asked.host.as_str(), asked.path.as_str()) {
                (HOST, "/api/programs") => Some(Reply::json(200, page.clone())),
                (HOST, "/api/program/5/environments") => Some(Reply::json(200, next.clone())),
                (HOST, _) => panic!("{}", asked.path),
                _ => None,
            },
        );
    add(&sandbox, "brand-stage/", "cm", &["--type", "dev"]);
    let ran = sandbox.exits(75, &["discover"]);
    ran.says("program Program error: fake (5)");
    ran.says("another address");
    ran.says("1 program of Cloud Manager left out");
    let all = format!("{}{}", ran.out, ran.err);
    assert!(
        !all.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']),
        "{all:?}"
    );
    only_cloud_manager_got_the_token(&sandbox);
    let hosts: Vec<String> = sandbox
        .mock
        .requests()
        .into_iter()
        .map(|it| it.host)
        .collect();
    assert!(!hosts.contains(&"evil.example".to_owned()));
}

#[test]
fn a_credential_of_aem_is_not_sent_there() {
    let sandbox = Sandbox::new();
    sandbox.exits(66, &["discover"]).says("--from-aio");
    add(&sandbox, "wknd-stage/", "wknd", &["--type", "stage"]);
    sandbox.exits(66, &["discover"]);
    let ran = sandbox.exits(65, &["discover", "--with", "wknd"]);
    ran.says("is not sent to Cloud Manager");
    assert!(sandbox.mock.requests().is_empty());
    add(&sandbox, "brand-stage/", "one", &["--type", "dev"]);
    sandbox.exits(66, &["discover", "--with", "two"]);
}
