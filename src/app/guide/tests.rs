//! Tests that the guides fit the identity and contain its names.

use super::*;
use crate::storage::TierRecord;
use aemkeys_core::credential::{CredentialFacts, Fingerprint};
use aemkeys_core::environment::{CloudIds, Hosts, Identity, Name};
use uuid::Uuid;

fn stage(kind: Kind, environment_type: EnvironmentType) -> EnvironmentEntry {
    let ids = CloudIds::parse("p123-e1250").unwrap();
    EnvironmentEntry {
        ids: Some(ids),
        hosts: Hosts::derived(ids),
        identities: vec![IdentityEntry {
            credential: Some(CredentialFacts {
                client_id: "cm-p123-e1250-integration-0".to_owned(),
                technical_account_id: None,
                technical_account_email: Some("abcd@techacct.adobe.com".to_owned()),
                org: None,
                ims_host: "ims-na1.adobelogin.com".to_owned(),
                scopes: Vec::new(),
                not_before: None,
                not_after: None,
                fingerprint: Fingerprint::of(b"x"),
                public_key: None,
            }),
            ..Identity::new(Name::parse("reader").unwrap(), kind).into()
        }],
        console_url: Some("https://dev-console-ns1.example.dev.adobeaemcloud.com".to_owned()),
        ..EnvironmentEntry::new(Name::parse("wknd-stage").unwrap(), environment_type)
    }
}

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn guide(topic: Topic, kind: Kind) -> Guide {
    let environment = stage(kind, EnvironmentType::Stage);
    Guide::of(topic, &environment, &environment.identities[0], now())
}

fn has_step(guide: &Guide, id: &str) -> bool {
    guide.steps.iter().any(|step| step.id == id)
}

#[test]
fn every_placeholder_is_filled_in_and_every_link_can_be_opened() {
    for topic in Topic::ALL {
        assert_eq!(Topic::parse(topic.id()), Some(topic));
        let mut guides = vec![Guide::general(topic)];
        for kind in [
            Kind::ServiceCredentials,
            Kind::OauthServerToServer,
            Kind::DevelopmentToken,
            Kind::Local,
        ] {
            guides.push(guide(topic, kind));
        }
        for guide in guides {
            let ids: std::collections::BTreeSet<_> =
                guide.steps.iter().map(|step| step.id).collect();
            assert_eq!(ids.len(), guide.steps.len(), "{topic:?}: an id twice");
            assert!(guide.steps.len() > 2, "{topic:?}");
            for text in guide
                .steps
                .iter()
                .map(|step| step.text.in_shell())
                .chain([guide.intro, guide.who_may])
            {
                assert!(!text.contains(['{', '}']), "{topic:?}: {text}");
            }
            for link in guide.steps.iter().filter_map(|step| step.link.as_deref()) {
                assert!(crate::platform::browser::may_open(link), "{link}");
            }
        }
    }
}

#[test]
fn guide_contains_the_names_of_the_environment() {
    let guide = guide(Topic::Permissions, Kind::ServiceCredentials);
    let find = guide.steps.iter().find(|s| s.id == "find-user").unwrap();
    assert!(find.text.in_shell().contains("abcd@techacct.adobe.com"));
    assert_eq!(
        find.link.as_deref(),
        Some("https://author-p123-e1250.adobeaemcloud.com/security/users.html")
    );
    assert!(!has_step(&guide, "api-yaml"));
    assert!(guide.file().is_none());
    let rotation = super::Guide::of(
        Topic::Rotate,
        &stage(Kind::ServiceCredentials, EnvironmentType::Stage),
        &stage(Kind::ServiceCredentials, EnvironmentType::Stage).identities[0],
        now(),
    );
    let console = rotation.steps.iter().find(|s| s.id == "technical-accounts");
    assert_eq!(
        console.unwrap().link.as_deref(),
        Some("https://dev-console-ns1.example.dev.adobeaemcloud.com")
    );
}

#[test]
fn oauth_guide_has_api_yaml_and_no_group_step() {
    let guide = guide(Topic::Permissions, Kind::OauthServerToServer);
    assert!(!has_step(&guide, "group"));
    let file = guide.file().unwrap();
    assert_eq!(
        file.text,
        "kind: \"API\"\nversion: \"1\"\ndata:\n  allowedClientIDs:\n    author:\n      - \"cm-p123-e1250-integration-0\"\n    publish:\n      - \"cm-p123-e1250-integration-0\"\n    preview:\n      - \"cm-p123-e1250-integration-0\"\n"
    );
}

#[test]
fn client_id_cannot_inject_yaml() {
    let mut environment = stage(Kind::OauthServerToServer, EnvironmentType::Stage);
    let facts = environment.identities[0].credential.as_mut().unwrap();
    facts.client_id = "a\"\n    evil: b".to_owned();
    let guide = Guide::of(
        Topic::Permissions,
        &environment,
        &environment.identities[0],
        now(),
    );
    assert!(!guide.file().unwrap().text.contains("\n    evil"));
}

#[test]
fn rde_gets_its_own_install_step() {
    for (kind, rde) in [
        (EnvironmentType::Rde, true),
        (EnvironmentType::Stage, false),
    ] {
        let environment = stage(Kind::ServiceCredentials, kind);
        let guide = Guide::of(
            Topic::Oauth,
            &environment,
            &environment.identities[0],
            now(),
        );
        assert_eq!(has_step(&guide, "rde"), rde);
        assert_eq!(has_step(&guide, "config-pipeline"), !rde);
    }
}

#[test]
fn ticks_survive_concurrent_writes_of_two_processes() {
    let directory = tempfile::tempdir().unwrap();
    let mut context = crate::app::stateless_context().unwrap();
    context.state_dir = Some(directory.path().to_path_buf());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let renew = GuideKey {
        topic: Topic::Rotate,
        identity: Some(Uuid::from_u128(2)),
    };
    let first = GuideKey {
        topic: Topic::First,
        identity: None,
    };
    let (mut one, mut two) = (read_ticks(&context), read_ticks(&context));
    assert!(one.toggle(renew, "rotate", now));
    write_ticks(&context, &one, renew).unwrap();
    assert!(two.toggle(first, "add", now));
    two.remind(renew, now);
    write_ticks(&context, &two, first).unwrap();
    let read = read_ticks(&context);
    assert!(read.is_ticked(renew, "rotate") && read.is_ticked(first, "add"));
    assert!(!read.is_ticked(first, "rotate"));
    assert!(!one.toggle(renew, "rotate", now));
    one.remind(renew, now);
    assert_eq!(one.reminders().collect::<Vec<_>>().len(), 1);
    std::fs::write(directory.path().join("guides.json"), "garbage").unwrap();
    assert_eq!(read_ticks(&context), GuideTicks::default());
}

/// Builds a revision with this state and certificate.
fn revision(number: u32, state: RevisionState, leaked: bool, certificate: &str) -> Revision {
    let environment = stage(Kind::ServiceCredentials, EnvironmentType::Stage);
    let mut facts = environment.identities[0].credential.clone().unwrap();
    facts.fingerprint = Fingerprint::of(certificate.as_bytes());
    Revision {
        revision: number,
        state,
        leaked,
        added_at: None,
        facts,
    }
}

fn revoke(change: impl FnOnce(&mut IdentityEntry)) -> GuideStep {
    let mut environment = stage(Kind::ServiceCredentials, EnvironmentType::Stage);
    change(&mut environment.identities[0]);
    let guide = Guide::of(
        Topic::Revoke,
        &environment,
        &environment.identities[0],
        now(),
    );
    let mut steps = guide.steps.into_iter();
    steps.find(|step| step.id == "revoke").unwrap()
}

#[test]
fn key_to_revoke_is_never_the_active_one() {
    use RevisionState::{Active, Leaked, Old};
    let print = |text: &str| Fingerprint::of(text.as_bytes()).to_string();
    let active = print("x");
    let first = revoke(|_| {});
    let said = format!("of the old credential (not {active}");
    assert!(
        first.text.in_shell().contains(&said),
        "{}",
        first.text.in_shell()
    );
    let rotated = revoke(|identity| {
        identity.revisions = vec![
            revision(3, Active, false, "x"),
            revision(2, Old, false, "old"),
            revision(1, Old, false, "older"),
        ];
    });
    assert!(
        rotated.text.in_shell().contains(&print("old")),
        "{}",
        rotated.text.in_shell()
    );
    assert!(
        !rotated.text.in_shell().contains(&active),
        "{}",
        rotated.text.in_shell()
    );
    let leaked = revoke(|identity| {
        identity.revisions = vec![
            revision(3, Active, false, "x"),
            revision(2, Old, false, "old"),
            revision(1, Leaked, true, "leak"),
        ];
    });
    assert!(
        leaked.text.in_shell().contains(&print("leak")),
        "{}",
        leaked.text.in_shell()
    );
}

#[test]
fn revoke_waits_until_every_consumer_is_updated() {
    use aemkeys_core::environment::UsedBy;
    let step = revoke(|identity| {
        identity.revisions = vec![
            revision(2, RevisionState::Active, false, "x"),
            revision(1, RevisionState::Old, false, "old"),
        ];
        let mut has_it = UsedBy::new("indexer");
        has_it.has_revision = 2;
        identity.identity.used_by = vec![has_it, UsedBy::new("{name} export")];
    });
    assert_eq!(step.locked_by, ["{name} export"]);
    assert!(
        step.text
            .in_shell()
            .starts_with("Not yet: the old credential is still used by {name} export. "),
        "{}",
        step.text.in_shell()
    );
    let free = revoke(|_| {});
    assert!(free.locked_by.is_empty() && !free.text.in_shell().starts_with("Not yet"));
}

/// Returns the first step that is not done, after all that are.
fn first_open(topic: Topic, kind: Kind, change: impl FnOnce(&mut IdentityEntry)) -> &'static str {
    let mut environment = stage(kind, EnvironmentType::Stage);
    change(&mut environment.identities[0]);
    let guide = Guide::of(topic, &environment, &environment.identities[0], now());
    let mut open = guide.steps.iter().skip_while(|step| step.done);
    let first = open.next().unwrap().id;
    assert!(open.all(|step| !step.done), "{topic:?}: {first}");
    first
}

#[test]
fn what_the_list_knows_is_done_and_what_comes_before_it() {
    use Kind::{DevelopmentToken, OauthServerToServer, ServiceCredentials};
    use RevisionState::{Active, Candidate, Leaked, Old};
    let tested = |verdict: &str| {
        let record = TierRecord {
            tier: Tier::Author,
            host: "author-p123-e1250.adobeaemcloud.com".to_owned(),
            at: now(),
            status: Some(200),
            verdict: verdict.to_owned(),
            user: None,
            groups: 0,
            elapsed_ms: 1,
        };
        move |identity: &mut IdentityEntry| identity.last_test = vec![record]
    };
    let service =
        |topic, change: &dyn Fn(&mut IdentityEntry)| first_open(topic, ServiceCredentials, change);
    assert_eq!(
        first_open(Topic::First, DevelopmentToken, |_| {}),
        "console"
    );
    assert_eq!(service(Topic::First, &|_| {}), "exchange");
    let signed_in = tested("signed-in");
    assert_eq!(
        first_open(Topic::First, ServiceCredentials, signed_in),
        "permissions"
    );
    for (verdict, open) in [("signed-in", "find-user"), ("anonymous", "first-call")] {
        let change = tested(verdict);
        assert_eq!(
            first_open(Topic::Permissions, ServiceCredentials, change),
            open
        );
    }
    assert_eq!(service(Topic::Oauth, &|_| {}), "calls");
    assert_eq!(
        first_open(Topic::Oauth, OauthServerToServer, |_| {}),
        "api-yaml"
    );

    let rotated = |old: RevisionState, end: &str| {
        let end: Option<Timestamp> = (!end.is_empty()).then(|| end.parse().unwrap());
        let mut replaced = revision(1, old, old == Leaked, "old");
        replaced.facts.not_after = end;
        vec![revision(2, Active, false, "x"), replaced]
    };
    let valid = || rotated(Old, "2026-12-24T12:00:00Z");
    let used_by = |revision: u32| {
        let mut user = aemkeys_core::environment::UsedBy::new("indexer");
        user.has_revision = revision;
        vec![user]
    };
    for topic in [Topic::Rotate, Topic::Revoke] {
        let first = service(topic, &|_| {});
        // One that has expired is of last year's rotation.
        let earlier = service(topic, &|it| {
            it.revisions = rotated(Old, "2026-11-29T12:00:00Z");
        });
        assert_eq!(earlier, first);
        assert_eq!(service(topic, &|it| it.revisions = valid()), "hand-on");
        let some = service(topic, &|it| {
            it.revisions = valid();
            it.identity.used_by = used_by(1);
        });
        assert_eq!(some, "hand-on");
        let all = service(topic, &|it| {
            it.revisions = valid();
            it.identity.used_by = used_by(2);
        });
        assert_eq!(
            all,
            if topic == Topic::Rotate {
                "revoke"
            } else {
                "console"
            }
        );
        // The active credential is the one that leaked.
        let leaked = service(topic, &|it| {
            it.revisions = vec![revision(1, Active, true, "x")];
        });
        assert_eq!(leaked, first);
    }
    let candidate = service(Topic::Rotate, &|it| {
        it.revisions = vec![
            revision(2, Candidate, false, "new"),
            revision(1, Active, false, "x"),
        ];
    });
    assert_eq!(candidate, "rotate");
    let revoked = service(Topic::Revoke, &|it| {
        it.revisions = rotated(Leaked, "");
        it.identity.leaked = vec![aemkeys_core::environment::LeakedKey {
            fingerprint: Fingerprint::of(b"old"),
            revision: 1,
            marked_at: now(),
            revoked: true,
        }];
    });
    assert_eq!(revoked, "token");
}

#[test]
fn a_known_step_counts_as_ticked() {
    let guide = guide(Topic::First, Kind::ServiceCredentials);
    let key = GuideKey {
        topic: Topic::First,
        identity: None,
    };
    let mut ticks = GuideTicks::default();
    assert_eq!(ticks.count(key, &guide), 5);
    ticks.toggle(key, "exchange", now());
    assert_eq!(ticks.count(key, &guide), 6);
    assert!(!ticks.is_done(key, &guide.steps[6]));
}
