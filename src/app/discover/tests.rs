//! The comparison of stored environments with an answer.

use super::compare::{Comparison, Difference, compare};
use super::*;
use aemkeys_core::environment::{CloudIds, Environment, EnvironmentType, Identity, Name};

fn cloud(ids: &str, cloud_type: &str) -> CloudEnvironment {
    CloudEnvironment {
        ids: CloudIds::parse(ids).unwrap(),
        name: "Stage: \"A\"/b".to_owned(),
        cloud_type: cloud_type.to_owned(),
        status: "ready".to_owned(),
        author: None,
        publish: None,
        preview: None,
        console: Some("https://x.dev.adobeaemcloud.com/dc/".to_owned()),
    }
}

fn stored(index: &mut Index, name: &str, ids: &str, some: EnvironmentType, kinds: &[Kind]) {
    let mut environment = Environment::new(Name::parse(name).unwrap(), some);
    environment.ids = CloudIds::parse(ids);
    environment.identities = kinds
        .iter()
        .map(|kind| Identity::new(Name::parse(kind.as_str()).unwrap(), *kind))
        .collect();
    index.put_environment(&environment);
}

fn compared(index: &Index, environments: Vec<CloudEnvironment>) -> Comparison {
    let program = Program {
        id: 1,
        name: "One".to_owned(),
    };
    let failed = Program {
        id: 2,
        name: "Two".to_owned(),
    };
    let found = Discovered {
        account: Account {
            client_id: "x".to_owned(),
            org: "A@AdobeOrg".to_owned(),
        },
        asked_at: Timestamp::UNIX_EPOCH,
        is_kept: false,
        programs: vec![
            DiscoveredProgram {
                program,
                environments: Ok(environments),
            },
            DiscoveredProgram {
                program: failed,
                environments: Err(Problem::new(Code::TimedOut, "no answer")),
            },
        ],
        warnings: Vec::new(),
    };
    compare(index, &found)
}

#[test]
fn every_difference_is_found() {
    use EnvironmentType::{Development, Production, Stage, Untyped};
    let mut index = Index::default();
    let service = &[Kind::ServiceCredentials][..];
    stored(&mut index, "same", "p1-e1", Stage, service);
    stored(&mut index, "wrong", "p1-e2", Stage, service);
    stored(
        &mut index,
        "untyped",
        "p1-e3",
        Untyped,
        &[Kind::DevelopmentToken],
    );
    stored(&mut index, "special", "p1-e4", Development, service);
    stored(&mut index, "gone", "p1-e9", Production, service);
    stored(&mut index, "unknown", "p2-e1", Production, service);
    stored(&mut index, "elsewhere", "p3-e1", Production, service);
    stored(&mut index, "other", "p1-e9-cmstg", Production, service);
    let found = compared(
        &index,
        vec![
            cloud("p1-e1", "stage"),
            cloud("p1-e2", "prod"),
            cloud("p1-e3", "rde"),
            cloud("p1-e4", "preprod"),
            cloud("p1-e5", "dev"),
        ],
    );
    let differences: Vec<&[Difference]> = found
        .rows
        .iter()
        .map(|row| row.differences.as_slice())
        .collect();
    assert_eq!(
        differences,
        [
            &[Difference::NoConsole][..],
            &[Difference::OtherType, Difference::NoConsole],
            &[
                Difference::NoCredential,
                Difference::NoType,
                Difference::NoConsole
            ],
            &[Difference::NoConsole],
            &[Difference::NotStored],
        ]
    );
    let missing: Vec<(&str, bool)> = found
        .missing
        .iter()
        .map(|it| (it.name.as_str(), it.is_gone))
        .collect();
    assert_eq!(missing, [("gone", true)]);
    assert_eq!(found.not_compared, 3);
    let step = found.rows[4].next_step(Difference::NotStored).in_shell();
    assert!(step.contains("--name stage-a-b"), "{step}");
    let warning = found.rows[1].type_warning().unwrap();
    assert_eq!(
        warning,
        "wrong is stored as Stage, but Cloud Manager says Production"
    );
    let changes = super::change::Change::all(&found);
    let words: Vec<String> = changes
        .iter()
        .map(|it| format!("{}: {}", it.name, it.words()))
        .collect();
    assert_eq!(
        words,
        [
            "same: console link",
            "wrong: console link",
            "untyped: type RDE, console link",
            "special: console link",
        ]
    );
}
