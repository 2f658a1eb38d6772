//! Tokens, secrets and assertions go only to hosts that were confirmed on this machine for this purpose.

use aemkeys::storage::{Bundle, CredentialItem, TokenItem, TokenOrigin};
use aemkeys_core::credential::{AccessToken, Credential, Imported, Kind, Secret, detect};
use aemkeys_core::environment::{
    Approval, CloudIds, Environment, EnvironmentType, HostName, Hosts, Identity, Name, Purpose,
    TierAddress,
};
use jiff::Timestamp;

use crate::support::elsewhere::Trap;
use crate::support::sandbox::{Ran, Sandbox};

const FOREIGN: &str = "www.foreign.example";
/// Every command that sends something somewhere.
const SENDING: [(&str, &str, &[&str]); 5] = [
    ("exchange", "", &[]),
    ("test", "", &[]),
    ("call", "", &["/content.json"]),
    ("call", ":publish", &["/content.json"]),
    ("call", ":preview", &["/content.json"]),
];

impl Sandbox {
    /// Runs whatever sends, and returns the hosts that were asked.
    fn send_all(&self, name: &str) -> Vec<String> {
        let before = self.mock.requests().len();
        for (command, tier, rest) in SENDING {
            let name = format!("{name}{tier}");
            self.run(&[&[command, &name], rest].concat());
        }
        let asked = self.mock.requests().split_off(before);
        let mut hosts: Vec<String> = asked.into_iter().map(|asked| asked.host).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    fn connected_to(&self, host: &str) -> bool {
        self.mock.connects().iter().any(|head| head.contains(host))
    }
}

#[test]
fn only_derived_hosts_need_no_confirmation() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    sandbox.add("wknd-stage/", "stage");
    for (name, ids, other) in [
        ("wknd-stage", "p123-e1250", "p123-e1251"),
        ("wknd-prod", "p123-e1251", "p123-e1250"),
    ] {
        let ids = sandbox.run(&["list", "--json"]).json()["environments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == name)
            .map_or(ids.to_owned(), |it| {
                format!("p{}-e{}", text(&it["program"]), text(&it["environment"]))
            });
        for (flag, host) in [
            ("--author", format!("publish-{ids}.adobeaemcloud.com")),
            ("--publish", format!("author-{ids}.adobeaemcloud.com")),
            ("--author", format!("author-{other}9.adobeaemcloud.com")),
            ("--author", format!("author-{ids}-cmstg.adobeaemcloud.com")),
            ("--preview", format!("preview-{ids}.adobeaemcloud.net")),
            ("--preview", FOREIGN.to_owned()),
            (
                "--author",
                "https://experience.adobe.com/#/@org/aem".to_owned(),
            ),
            ("--publish-domain", FOREIGN.to_owned()),
            (
                "--publish-domain",
                format!("author-{ids}.adobeaemcloud.com"),
            ),
        ] {
            let refused = sandbox.exits(
                77,
                &["edit", name, flag, &host, "--trust-host", "other.example"],
            );
            let field = flag.trim_start_matches("--").replace('-', " ");
            refused.says(&field);
            refused.says("--trust-host ");
        }
        let own =
            format!("https://experience.adobe.com/?repo=author-{ids}.adobeaemcloud.com#/@org/aem");
        sandbox.ok(&["edit", name, "--author", &own]);
        let shown = sandbox.run(&["show", name, "--json"]).json();
        let environment = &shown["environments"][0];
        assert_eq!(
            environment["hosts"]["author"],
            format!("author-{ids}.adobeaemcloud.com")
        );
        assert_eq!(environment["approvals"], serde_json::json!([]));
    }
    assert!(!sandbox.connected_to(FOREIGN));
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_confirmed_host_gets_the_token_until_it_is_removed() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["token", "wknd-stage"]);
    let set = ["edit", "wknd-stage", "--publish-domain", FOREIGN];
    sandbox.exits(77, &set);
    sandbox.ok(&[&set[..], &["--trust-host", FOREIGN]].concat());
    sandbox
        .ok(&["show", "wknd-stage"])
        .prints(format!("{FOREIGN} (token)"));
    let json = sandbox.run(&["show", "wknd-stage", "--json"]).json();
    assert_eq!(
        json["environments"][0]["approvals"],
        serde_json::json!([{"host": FOREIGN, "purpose": "token"}])
    );
    assert!(
        sandbox
            .send_all("wknd-stage")
            .iter()
            .any(|it| it.contains(FOREIGN))
    );

    sandbox.ok(&["edit", "wknd-stage", "--no-publish-domain"]);
    assert!(
        !sandbox
            .send_all("wknd-stage")
            .iter()
            .any(|it| it.contains(FOREIGN))
    );
    let json = sandbox.run(&["show", "wknd-stage", "--json"]).json();
    assert_eq!(json["environments"][0]["approvals"], serde_json::json!([]));
    // Gone means gone: the same host is asked for again.
    sandbox.exits(77, &set);

    sandbox.ok(&[&set[..], &["--trust-host", FOREIGN]].concat());
    // Another environment: what was confirmed belonged to the one before.
    sandbox
        .exits(77, &["edit", "wknd-stage", "--env", "p5-e6"])
        .says("publish domain");
}

#[test]
fn confirmations_for_tokens_and_secrets_are_separate() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let foreign_ims = std::fs::read_to_string(&file)
        .unwrap()
        .replace("ims-na1.adobelogin.com", FOREIGN);
    std::fs::write(&file, foreign_ims).unwrap();
    let file = file.to_str().unwrap();
    let refused = sandbox.exits(
        77,
        &[
            "add",
            file,
            "--publish-domain",
            FOREIGN,
            "--trust-host",
            FOREIGN,
        ],
    );
    assert!(refused.err.contains("imsEndpoint") && refused.err.contains("--trust-ims-host"));
    let refused = sandbox.exits(
        77,
        &[
            "add",
            file,
            "--publish-domain",
            FOREIGN,
            "--trust-ims-host",
            FOREIGN,
        ],
    );
    assert!(refused.err.contains("publish domain") && refused.err.contains("--trust-host"));
    sandbox.exits(77, &["token", "--file", file]);
    assert!(!sandbox.connected_to(FOREIGN));

    sandbox.ok(&[
        "add",
        file,
        "--name",
        "mine",
        "--type",
        "stage",
        "--trust-ims-host",
        FOREIGN,
    ]);
    sandbox
        .ok(&["show", "mine"])
        .prints(format!("{FOREIGN} (IMS secret)"));
    // The IMS host as publish's domain wants its own confirmation.
    sandbox.exits(77, &["edit", "mine", "--publish-domain", FOREIGN]);
}

#[test]
fn an_environment_with_ids_or_a_credential_has_no_local_address() {
    let sandbox = Sandbox::new();
    let trap = Trap::set();
    let local = format!("http://localhost:{}", trap.port);
    sandbox.add("wknd-prod/", "prod");
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["token", "wknd-prod"]);
    for name in ["wknd-prod", "wknd-stage"] {
        for flag in ["--author", "--publish", "--preview"] {
            let refused = sandbox.exits(
                64,
                &[
                    "edit",
                    name,
                    flag,
                    &local,
                    "--trust-host",
                    "localhost.example",
                ],
            );
            assert!(
                refused.err.contains(flag) && refused.err.contains("local SDK"),
                "{refused:?}"
            );
        }
        sandbox.send_all(name);
    }
    let file = sandbox.file("brand-stage/");
    sandbox.exits(64, &["add", file.to_str().unwrap(), "--author", &local]);
    sandbox.ok(&[
        "add", "--type", "local", "--name", "sdk", "--author", &local,
    ]);
    sandbox.exits(64, &["edit", "sdk", "--env", "p1-e2", "--author", &local]);
    // A token needs an environment of its own.
    sandbox.exits(
        64,
        &[
            "add",
            file.to_str().unwrap(),
            "--name",
            "sdk",
            "--label",
            "more",
            "--env",
            "p1-e2",
        ],
    );
    assert_eq!(trap.caught(), b"");
    sandbox.ok(&["call", "sdk", "/content.json"]);
    let seen = String::from_utf8(trap.caught()).unwrap();
    assert!(!seen.to_lowercase().contains("authorization"), "{seen}");
    sandbox.exits(77, &["edit", "sdk", "--author", FOREIGN]);
}

#[test]
fn approvals_in_the_list_are_ignored() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["token", "wknd-stage"]);
    let path = sandbox.home().join(".local/share/aemkeys/index.json");
    let mut index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let entry = &mut index["environments"][0];
    entry["hosts"]["author"] = serde_json::json!({"cloud": FOREIGN});
    entry["hosts"]["publish_domain"] = FOREIGN.into();
    entry["approvals"] = serde_json::json!([
        {"host": FOREIGN, "purpose": "token"},
        {"host": FOREIGN, "purpose": "ims-secret"},
    ]);
    for identity in entry["identities"].as_array_mut().unwrap() {
        identity["credential"]["ims_host"] = FOREIGN.into();
    }
    std::fs::write(&path, index.to_string()).unwrap();
    let asked = sandbox.send_all("wknd-stage");
    assert!(
        !asked.is_empty() && !sandbox.connected_to(FOREIGN),
        "{asked:?}"
    );
    // Nor does it spare the question.
    sandbox.exits(77, &["edit", "wknd-stage", "--publish-domain", FOREIGN]);
}

/// What somebody who knows the passphrase writes by hand.
struct Written {
    environment: Environment,
    bundle: Bundle,
}

impl Written {
    fn new(sandbox: &Sandbox) -> Self {
        Self::with_ims(sandbox, "ims-na1.adobelogin.com")
    }

    fn with_ims(sandbox: &Sandbox, ims: &str) -> Self {
        let file = std::fs::read_to_string(sandbox.file("wknd-prod/"))
            .unwrap()
            .replace("ims-na1.adobelogin.com", ims);
        let Imported::Service(service) = detect(file.as_bytes()).unwrap() else {
            panic!("not service credentials")
        };
        let ids = service.cloud_ids().unwrap();
        let identity = Identity::new(Name::parse("default").unwrap(), Kind::ServiceCredentials);
        let item = CredentialItem {
            revision: 1,
            candidate: false,
            leaked: false,
            added_at: Timestamp::now(),
            credential: Credential::Service(*service),
        };
        let bundle = Bundle {
            credentials: vec![(identity.id, item)],
            ..Bundle::default()
        };
        let environment = Environment {
            ids: Some(ids),
            hosts: Hosts::derived(ids),
            approvals: [Purpose::Token, Purpose::ImsSecret]
                .map(|purpose| Approval::new(HostName::parse(FOREIGN).unwrap(), purpose))
                .to_vec(),
            identities: vec![identity],
            ..Environment::new(
                Name::parse("wknd-prod").unwrap(),
                EnvironmentType::Production,
            )
        };
        Self {
            environment,
            bundle,
        }
    }

    fn import(mut self, sandbox: &Sandbox, flags: &[&str]) -> Ran {
        self.bundle.environments = vec![self.environment];
        let sealed = self
            .bundle
            .seal(&Secret::from("several good words"))
            .unwrap();
        let path = sandbox.home().join("hand-written.aemkeys");
        std::fs::write(&path, sealed).unwrap();
        let path = path.to_str().unwrap();
        let mut arguments = vec!["import", path, "--file-passphrase-fd", "0"];
        arguments.extend(flags);
        sandbox.run_with(&arguments, b"several good words\n")
    }
}

#[test]
fn an_imported_file_brings_no_approvals() {
    let sandbox = Sandbox::new();
    let with_domain = || {
        let mut written = Written::new(&sandbox);
        written.environment.hosts.publish_domain = HostName::parse(FOREIGN).ok();
        written.environment.hosts.preview = TierAddress::parse("preview.foreign.example").ok();
        written.environment.console_url = Some("https://console.foreign.example/".to_owned());
        written
    };
    for flags in [
        &["--yes"][..],
        &["--yes", "--trust-ims-host", FOREIGN],
        &["--yes", "--trust-host", FOREIGN],
        &["--yes", "--replace", "wknd-prod"],
    ] {
        let refused = with_domain().import(&sandbox, flags).expect(77);
        for said in [
            "production",
            &format!("publish domain {FOREIGN}"),
            "preview preview.foreign.example",
            "console link https://console.foreign.example/",
        ] {
            let all = refused.out.to_lowercase().replace("prod ", "production ");
            assert!(all.contains(said), "{said}: {refused:?}");
        }
        refused.says("--trust-host");
    }
    let empty = sandbox.run(&["list", "--json"]).json();
    assert!(empty["environments"].as_array().unwrap().is_empty());

    let flags = [
        "--yes",
        "--trust-host",
        FOREIGN,
        "--trust-host",
        "preview.foreign.example",
    ];
    with_domain().import(&sandbox, &flags).expect(0);
    let json = sandbox.run(&["show", "wknd-prod", "--json"]).json();
    assert_eq!(
        json["environments"][0]["approvals"],
        serde_json::json!([
            {"host": "preview.foreign.example", "purpose": "token"},
            {"host": FOREIGN, "purpose": "token"},
        ])
    );
}

#[test]
fn an_imported_foreign_ims_host_must_be_confirmed() {
    let sandbox = Sandbox::new();
    for flags in [&["--yes"][..], &["--yes", "--trust-host", FOREIGN]] {
        let refused = Written::with_ims(&sandbox, FOREIGN)
            .import(&sandbox, flags)
            .expect(77);
        refused.says("imsEndpoint");
        refused.prints(FOREIGN);
    }
    assert!(!sandbox.connected_to(FOREIGN));
    Written::with_ims(&sandbox, FOREIGN)
        .import(&sandbox, &["--yes", "--trust-ims-host", FOREIGN])
        .expect(0);
    let json = sandbox.run(&["show", "wknd-prod", "--json"]).json();
    assert_eq!(
        json["environments"][0]["approvals"],
        serde_json::json!([{"host": FOREIGN, "purpose": "ims-secret"}])
    );
}

#[test]
fn refuses_a_file_with_a_local_address() {
    let sandbox = Sandbox::new();
    let trap = Trap::set();
    let local = TierAddress::parse(&format!("http://localhost:{}", trap.port)).unwrap();
    for without_ids in [false, true] {
        let mut written = Written::new(&sandbox);
        written.environment.hosts.author = Some(local.clone());
        if without_ids {
            written.environment.ids = None;
        }
        written.import(&sandbox, &["--yes"]).expect(65);
    }
    let mut written = Written::new(&sandbox);
    let identity = written.environment.identities[0].clone();
    let now = Timestamp::now();
    let mut elsewhere = written.environment.clone();
    elsewhere.hosts.publish_domain = HostName::parse(FOREIGN).ok();
    elsewhere.approve(&HostName::parse(FOREIGN).unwrap(), Purpose::Token);
    let token = AccessToken::from_response(Secret::from("planted.token.4711"), None, now).unwrap();
    written.bundle.tokens.push((
        identity.id,
        TokenItem::new(token, now, TokenOrigin::Pasted, &elsewhere, &identity).unwrap(),
    ));
    // The token's own word for its hosts counts for nothing.
    written.import(&sandbox, &["--yes"]).expect(0);
    sandbox.send_all("wknd-prod");
    assert!(!sandbox.connected_to(FOREIGN));
    assert_eq!(trap.caught(), b"");
}

#[test]
fn an_import_keeps_production_guarded() {
    for hidden in [false, true] {
        let sandbox = Sandbox::new();
        sandbox.add("wknd-prod/", "prod");
        if hidden {
            let path = sandbox.home().join(".local/share/aemkeys/index.json");
            let index = std::fs::read_to_string(&path).unwrap();
            assert!(index.contains("\"production\""));
            std::fs::write(&path, index.replace("\"production\"", "\"development\"")).unwrap();
        }
        let mut written = Written::new(&sandbox);
        written.environment.environment_type = EnvironmentType::Development;
        let ran = written
            .import(
                &sandbox,
                &["--yes", "--replace", "wknd-prod", "--confirm", "wknd-prod"],
            )
            .expect(0);
        ran.prints("production is kept");
        let json = sandbox.run(&["show", "wknd-prod", "--json"]).json();
        assert_eq!(json["environments"][0]["type"], "production");
    }
}

#[test]
fn hosts_of_other_ids_need_confirmation() {
    let other = CloudIds::parse("p9-e9").unwrap();
    let sandbox = Sandbox::new();
    let mut written = Written::new(&sandbox);
    written.environment.hosts = Hosts::derived(other);
    let refused = written.import(&sandbox, &["--yes"]).expect(77);
    refused.says("author-p9-e9");
    assert!(!sandbox.connected_to("p9-e9"));
}
