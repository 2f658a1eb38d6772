//! Does an exported file come back as it was, and nothing else, whatever is done to it?

use jiff::Timestamp;

use super::super::sealed_file::HEADER;
use super::*;
use aemkeys_core::credential::{Credential, Imported, Kind, detect};
use aemkeys_core::environment::{
    CloudIds, EnvironmentType, HostName, Hosts, Identity, Name, Purpose,
};
use aemkeys_simulator::fixtures::ServiceAccount;

fn word() -> Secret {
    Secret::from("correct horse")
}

fn item(revision: u32) -> CredentialItem {
    let end: Timestamp = "2027-02-14T07:35:37Z".parse().unwrap();
    let file = ServiceAccount::new("p1-e2", 0, end).file();
    let Imported::Service(service) = detect(&file).unwrap() else {
        panic!("no service credentials");
    };
    CredentialItem {
        revision,
        candidate: revision == 2,
        leaked: false,
        added_at: end,
        credential: Credential::Service(*service),
    }
}

fn identity(id: u128, label: &str) -> Identity {
    Identity {
        id: Uuid::from_u128(id),
        latest_revision: 2,
        auto_refresh: true,
        ..Identity::new(Name::parse(label).unwrap(), Kind::ServiceCredentials)
    }
}

fn environment() -> Environment {
    Environment {
        id: Uuid::from_u128(1),
        customer: Some("WKND".to_owned()),
        ids: CloudIds::parse("p1-e2"),
        hosts: Hosts::derived(CloudIds::parse("p1-e2").unwrap()),
        identities: vec![identity(2, "reader")],
        notes: "two\nlines".to_owned(),
        ..Environment::new(Name::parse("stage").unwrap(), EnvironmentType::Stage)
    }
}

fn bundle() -> Bundle {
    Bundle {
        environments: vec![environment()],
        credentials: vec![(Uuid::from_u128(2), item(1)), (Uuid::from_u128(2), item(2))],
        tokens: Vec::new(),
        leaked: item(1).credential.key_digests(),
    }
}

/// With the ids of [`bundle`].
fn with_old_ids(mut read: Bundle) -> Bundle {
    read.environments[0].id = Uuid::from_u128(1);
    read.environments[0].identities[0].id = Uuid::from_u128(2);
    read
}

/// Opens what `change` made of the bundle, as somebody who knows the passphrase could write it.
fn opened(change: impl FnOnce(&mut Bundle)) -> Result<Bundle, StorageError> {
    let mut changed = bundle();
    change(&mut changed);
    Bundle::open(&changed.seal(&word()).unwrap(), &word())
}

#[test]
fn it_comes_back_as_it_was_and_its_length_tells_little() {
    let sealed = bundle().seal(&word()).unwrap();
    let again = Bundle::open(&sealed, &word()).unwrap();
    assert_eq!(again.leaked, bundle().leaked);
    let id = again.environments[0].identities[0].id;
    for ((_, ours), (owner, theirs)) in bundle().credentials.iter().zip(&again.credentials) {
        assert_eq!((&id, ours.revision), (owner, theirs.revision));
        assert!(ours.to_payload() == theirs.to_payload());
    }
    assert_eq!(with_old_ids(again).environments, bundle().environments);
    let more = {
        let mut more = bundle();
        more.credentials.pop();
        more.seal(&word()).unwrap()
    };
    assert_eq!(sealed.len(), more.len());
    assert_ne!(
        sealed,
        bundle().seal(&word()).unwrap(),
        "salt and nonce are fresh"
    );
    assert!(matches!(
        Bundle::open(&sealed, &Secret::from("another")),
        Err(StorageError::WrongPassphrase)
    ));
}

/// A key derivation that is quick enough to be tried thousands of times.
fn cheap() -> Vec<u8> {
    let mut items = Items::new();
    let contents = Contents {
        version: VERSION,
        environments: vec![environment()],
    };
    items.insert(
        CONTENTS.to_owned(),
        Secret::new(serde_json::to_vec(&contents).unwrap()),
    );
    let derivation = Derivation::cheap();
    FORMAT
        .seal(&derivation, &derivation.key(&word()).unwrap(), &items)
        .unwrap()
}

#[test]
fn cut_anywhere_it_does_not_open() {
    let good = cheap();
    assert!(Bundle::open(&good, &word()).is_ok());
    for length in 0..good.len() {
        assert!(Bundle::open(&good[..length], &word()).is_err(), "{length}");
        if length < HEADER + 24 {
            assert!(Bundle::check_format(&good[..length]).is_err(), "{length}");
        }
    }
    let longer = [good.as_slice(), b"x"].concat();
    assert!(Bundle::open(&longer, &word()).is_err());
}

#[test]
fn no_flipped_bit_goes_unseen_and_none_costs_much() {
    let good = cheap();
    for at in 0..good.len() {
        // A flipped bit there asks for another derivation, within what is allowed: right to refuse, dear to try.
        let is_cost = (8..16).contains(&at);
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            if is_cost && Bundle::check_format(&bytes).is_ok() {
                continue;
            }
            assert!(
                Bundle::open(&bytes, &word()).is_err(),
                "byte {at}, bit {bit}"
            );
        }
    }
}

#[test]
fn another_kind_of_file_and_a_newer_one_are_told_without_the_passphrase() {
    let mut good = cheap();
    good[7] = b'2';
    assert!(matches!(
        Bundle::check_format(&good),
        Err(StorageError::NewerFormat { version: 2, .. })
    ));
    good[..8].copy_from_slice(b"aemkeys1");
    assert!(matches!(
        Bundle::check_format(&good),
        Err(StorageError::Damaged { .. })
    ));
    assert!(Bundle::check_format(b"").is_err());
}

#[test]
fn what_contradicts_itself_is_refused_whole() {
    let refused: [fn(&mut Bundle); 13] = [
        |b| b.environments.push(environment()),
        |b| {
            let mut other = environment();
            other.id = Uuid::from_u128(9);
            other.identities = vec![identity(10, "x")];
            b.environments.push(other);
        },
        |b| b.environments[0].identities.push(identity(3, "READER")),
        |b| b.environments[0].identities.push(identity(1, "x")),
        |b| b.credentials.push((Uuid::from_u128(7), item(1))),
        |b| b.credentials.push((Uuid::from_u128(2), item(3))),
        |b| b.environments[0].identities[0].kind = Kind::OauthServerToServer,
        |b| b.environments[0].identities[0].latest_revision = u32::MAX,
        |b| b.environments[0].hosts = Hosts::local_sdk(),
        |b| b.environments[0].hosts.preview = Hosts::local_sdk().author,
        |b| {
            b.environments[0].ids = None;
            b.environments[0].hosts.publish = Hosts::local_sdk().publish;
        },
        |b| b.environments[0].console_url = Some("javascript:alert(1)".to_owned()),
        |b| b.environments[0].console_url = Some("https://a@b.example/".to_owned()),
    ];
    for (number, change) in refused.into_iter().enumerate() {
        assert!(
            matches!(opened(change), Err(StorageError::Damaged { .. })),
            "{number}"
        );
    }
}

#[test]
fn no_id_of_the_file_is_in_what_was_opened() {
    let sealed = bundle().seal(&word()).unwrap();
    let ids = || {
        let read = Bundle::open(&sealed, &word()).unwrap();
        [
            read.environments[0].id,
            read.environments[0].identities[0].id,
        ]
    };
    let (first, second) = (ids(), ids());
    for id in first {
        assert!(id != Uuid::from_u128(1) && id != Uuid::from_u128(2));
        assert!(!second.contains(&id));
    }
    assert_ne!(first[0], first[1]);
}

#[test]
fn a_leaked_key_under_another_name_is_refused() {
    let mut items = Items::new();
    let contents = Contents {
        version: VERSION,
        environments: Vec::new(),
    };
    items.insert(
        CONTENTS.to_owned(),
        Secret::new(serde_json::to_vec(&contents).unwrap()),
    );
    let digest = item(1).credential.key_digests()[0];
    for (name, payload) in [
        (ItemName::LeakedKey(Uuid::nil()), digest.as_bytes().to_vec()),
        (ItemName::leaked_key(&digest), vec![0; 32]),
        (
            ItemName::leaked_key(&digest),
            digest.as_bytes()[..31].to_vec(),
        ),
    ] {
        items.insert(name.to_string(), Secret::new(payload));
        let derivation = Derivation::cheap();
        let sealed = FORMAT.seal(&derivation, &derivation.key(&word()).unwrap(), &items);
        items.remove(&name.to_string());
        assert!(matches!(
            Bundle::open(&sealed.unwrap(), &word()),
            Err(StorageError::Damaged { .. })
        ));
    }
}

#[test]
fn approvals_do_not_travel() {
    let host = HostName::parse("www.brand.com").unwrap();
    let read = opened(|b| {
        b.environments[0].hosts.publish_domain = Some(host.clone());
        b.environments[0].approve(&host, Purpose::Token);
        b.environments[0].approve(&host, Purpose::ImsSecret);
    })
    .unwrap();
    assert_eq!(read.environments[0].approvals, []);
    assert_eq!(read.environments[0].unconfirmed().len(), 1);
}

#[test]
fn more_than_anybody_has_is_refused() {
    let many = |environments: u128, identities: u128| {
        let mut bundle = Bundle::default();
        for at in 0..environments {
            let mut environment = environment();
            environment.id = Uuid::from_u128(at + 1);
            environment.name = Name::parse(&format!("e{at}")).unwrap();
            environment.identities = (0..identities)
                .map(|nth| identity(1_000_000 + at * 10_000 + nth, &format!("i{nth}")))
                .collect();
            bundle.environments.push(environment);
        }
        bundle.check()
    };
    let most = u128::try_from(MAX_ENVIRONMENTS).unwrap();
    assert!(many(most, 0).is_ok());
    assert!(many(most + 1, 0).is_err());
    assert!(many(5, 1_000).is_ok());
    assert!(many(5, 1_001).is_err());
}

#[test]
fn a_weak_passphrase_seals_nothing() {
    for weak in ["", "1234567", "aaaaaaaaaaaaaaa", "       1       "] {
        assert!(matches!(
            bundle().seal(&Secret::from(weak)),
            Err(StorageError::WeakPassphrase)
        ));
    }
}

/// The cost stands in the header: 64 MiB in KiB, three passes.
#[test]
fn an_exported_file_is_as_dear_to_guess_as_the_storage_file() {
    let sealed = bundle().seal(&word()).unwrap();
    assert_eq!(sealed[..16], *b"aemkeyx1\x00\x01\x00\x00\x00\x00\x00\x03");
}

#[test]
fn hostile_text_is_cleaned() {
    let read = opened(|b| {
        b.environments[0].notes = "a\u{1b}[2Jb\nc".to_owned();
        b.environments[0].customer = Some("\u{202e}x\r\n".to_owned());
    })
    .unwrap();
    let environment = &read.environments[0];
    assert!(!environment.notes.contains('\u{1b}') && environment.notes.contains('\n'));
    assert!(
        !environment
            .customer
            .as_ref()
            .unwrap()
            .contains(['\u{202e}', '\r', '\n'])
    );
}

#[test]
fn something_unknown_in_it_is_not_dropped_silently() {
    let mut items = Items::new();
    let contents = Contents {
        version: VERSION,
        environments: Vec::new(),
    };
    items.insert(
        CONTENTS.to_owned(),
        Secret::new(serde_json::to_vec(&contents).unwrap()),
    );
    items.insert("else".to_owned(), Secret::from("x"));
    let derivation = Derivation::cheap();
    let sealed = FORMAT.seal(&derivation, &derivation.key(&word()).unwrap(), &items);
    assert!(matches!(
        Bundle::open(&sealed.unwrap(), &word()),
        Err(StorageError::Damaged { .. })
    ));
}
