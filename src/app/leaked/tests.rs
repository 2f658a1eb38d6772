//! Tests that a leaked key or client secret is refused in every format and on every path.

use std::path::Path;

use super::*;
use crate::app::add;
use crate::app::guard::{self, Consent, Subject};
use crate::app::{export, export_credential, import, remove, rotate, stateless};
use crate::storage::{IndexFile, Storage};
use aemkeys_core::credential::{Secret, detect};
use aemkeys_core::environment::{EnvironmentType, Name};
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn context() -> AppContext {
    AppContext {
        storage: Storage::in_memory(),
        index: IndexFile::in_memory(),
        ..crate::app::stateless_context().unwrap()
    }
}

fn account() -> ServiceAccount {
    ServiceAccount::new("p1-e2", 0, "2036-02-14T07:35:37Z".parse().unwrap())
}

fn word() -> Secret {
    Secret::from("correct horse")
}

fn add(context: &AppContext, name: &str, file: &[u8]) -> Result<Uuid, Problem> {
    let choices = add::AddOptions {
        name: Some(Name::parse(name).unwrap()),
        environment_type: Some(EnvironmentType::Stage),
        accept_suggestions: true,
        ..add::AddOptions::default()
    };
    Ok(block_on(add::store(context, detect(file)?, choices))?.identity())
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Problem>) {
    assert_eq!(outcome.unwrap_err().code, Code::LeakedCredential);
}

/// Stores the account and marks its key as leaked.
fn leaked() -> (AppContext, Uuid) {
    let context = context();
    let id = add(&context, "stage", &account().file()).unwrap();
    block_on(mark(&context, id, None, &may(&context, id, Act::Leaked))).unwrap();
    (context, id)
}

fn export(context: &AppContext, file: &Path) -> export::Exported {
    let index = context.read_index().unwrap();
    let all = index.environments.iter().map(|it| it.id).collect();
    block_on(export::export(context, all, &[], true, file, word())).unwrap()
}

fn import(
    context: &AppContext,
    file: &Path,
    choices: &import::ImportOptions,
) -> Result<usize, Problem> {
    let import = block_on(import::prepare(
        context,
        import::read(file)?,
        word(),
        choices,
    ))?;
    block_on(import::carry_out(context, import, choices))
}

/// Confirms with a plain yes; none of the environments is guarded.
fn may(context: &AppContext, id: Uuid, act: Act) -> Confirmed {
    let guard = block_on(guard::confirmation_request(
        context,
        Subject::Identity(id),
        act,
    ))
    .unwrap();
    guard.confirm(&Consent::Yes).unwrap()
}

/// The same key in every other format.
fn shapes() -> Vec<Vec<u8>> {
    let account = account();
    let later = "2037-02-14T07:35:37Z".parse().unwrap();
    let mut other_client = account.clone();
    other_client.client_id = "cm-p1-e2-integration-9".to_owned();
    other_client.technical_account_id = "AAAA@techacct.adobe.com".to_owned();
    let pkcs1 = account.private_key_pem();
    let key = aemkeys_core::credential::PrivateKey::from_pem(&pkcs1).unwrap();
    let pkcs8 = pkcs8_pem(key.der().expose());
    let mut file: serde_json::Value = serde_json::from_slice(&account.file()).unwrap();
    file["integration"]["privateKey"] = pkcs8.into();
    vec![
        account.file(),
        account.rotated(0, later).file(),
        other_client.file(),
        account
            .clone()
            .org("FEDCBA987654321012345678@AdobeOrg")
            .file(),
        ServiceAccount::new("p7-e7", 0, later).file(),
        serde_json::to_vec(&file).unwrap(),
    ]
}

fn pkcs8_pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let element = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    };
    let algorithm = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let content = [&[2, 1, 0], &algorithm[..], &element(4, der)].concat();
    let text = base64::engine::general_purpose::STANDARD.encode(element(0x30, &content));
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

#[test]
fn leaked_key_cannot_be_added_again_in_any_format() {
    let (context, id) = leaked();
    block_on(remove::identity(
        &context,
        id,
        &may(&context, id, Act::Remove),
        false,
    ))
    .unwrap();
    assert!(context.read_index().unwrap().environments.is_empty());
    for file in shapes() {
        assert_refused(add(&context, "again", &file));
        assert!(context.read_index().unwrap().environments.is_empty());
        assert_eq!(context.storage.items().unwrap().len(), 1, "the mark alone");
    }
    add(&context, "new", &account().key(1).file()).unwrap();
}

#[test]
fn no_identity_can_rotate_to_a_leaked_key() {
    let (context, id) = leaked();
    let other = ServiceAccount::new("p7-e7", 1, account().not_after);
    let other = add(&context, "other", &other.file()).unwrap();
    for id in [id, other] {
        for file in shapes() {
            let before = context.storage.items().unwrap().len();
            let imported = detect(&file).unwrap();
            assert_refused(block_on(rotate::preflight(
                &context,
                id,
                Some(&imported),
                false,
                true,
            )));
            let yes = may(&context, id, Act::Rotate);
            let rotated = rotate::rotate(&context, id, Some(imported), &yes, &rotate::unwatched);
            assert_refused(block_on(rotated));
            assert_eq!(context.storage.items().unwrap().len(), before);
        }
    }
}

#[test]
fn leaked_key_is_not_exported() {
    let (context, id) = leaked();
    assert_refused(block_on(export_credential::adobe_json(
        &context,
        id,
        &may(&context, id, Act::Credential),
    )));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    let exported = export(&context, &file);
    assert_eq!(exported.credentials, 0);
    assert_eq!(exported.leaked.len(), 1);
    assert!(exported.leaked[0].starts_with("stage/"), "{exported:?}");
    let bundle = crate::storage::Bundle::open(&std::fs::read(&file).unwrap(), &word()).unwrap();
    assert!(bundle.credentials.is_empty());
    assert_eq!(bundle.leaked, context.storage.leaked_keys().unwrap());
}

#[test]
fn stateless_exchange_refuses_a_leaked_key() {
    let (known, _) = leaked();
    let nothing_stored = context();
    for file in shapes() {
        let storage = Some(known.storage.clone());
        let token = stateless::token(
            &nothing_stored,
            Secret::new(file),
            Vec::new(),
            storage,
            None,
        );
        assert_refused(block_on(token));
    }
}

#[test]
fn import_of_an_older_export_does_not_restore_a_leaked_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    let here = context();
    add(&here, "stage", &account().file()).unwrap();
    add(&here, "openapi", &OauthAccount::new("p1-e3", 1).file()).unwrap();
    export(&here, &file);

    let (there, id) = leaked();
    let replace = import::ImportOptions {
        replace: vec!["stage".to_owned()],
        ..import::ImportOptions::default()
    };
    let before = there.storage.items().unwrap();
    // It is already stored there and marked as leaked, so nothing is imported.
    block_on(remove::identity(
        &there,
        id,
        &may(&there, id, Act::Remove),
        false,
    ))
    .unwrap();
    assert!(before.len() > there.storage.items().unwrap().len());
    for choices in [&import::ImportOptions::default(), &replace] {
        assert_refused(import(&there, &file, choices));
        assert_eq!(there.storage.items().unwrap().len(), 1);
    }
    add(&there, "stage", &account().key(1).file()).unwrap();
    assert_refused(import(&there, &file, &replace));
    let skip = import::ImportOptions {
        skip: vec!["stage".to_owned()],
        ..import::ImportOptions::default()
    };
    assert_eq!(import(&there, &file, &skip).unwrap(), 1);
}

#[test]
fn import_adds_marks_and_removes_none() {
    let (here, _) = leaked();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    export(&here, &file);
    let there = context();
    let secret = add(&there, "openapi", &OauthAccount::new("p1-e3", 1).file()).unwrap();
    block_on(mark(
        &there,
        secret,
        None,
        &may(&there, secret, Act::Leaked),
    ))
    .unwrap();
    let same_key = ServiceAccount::new("p7-e7", 0, account().not_after);
    let same_key = add(&there, "same key", &same_key.file()).unwrap();
    let own = there.storage.leaked_keys().unwrap();
    let shown = block_on(import::prepare(
        &there,
        import::read(&file).unwrap(),
        word(),
        &import::ImportOptions::default(),
    ))
    .unwrap();
    assert_eq!(shown.newly_leaked(), 1);
    assert_eq!(shown.leaked_here, ["same key"]);
    block_on(import::carry_out(
        &there,
        shown,
        &import::ImportOptions::default(),
    ))
    .unwrap();
    let all = there.storage.leaked_keys().unwrap();
    assert_eq!(all.len(), own.len() + 1);
    assert!(own.iter().all(|digest| all.contains(digest)));
    assert_refused(block_on(export_credential::adobe_json(
        &there,
        same_key,
        &may(&there, same_key, Act::Credential),
    )));
    let index = there.read_index().unwrap();
    assert!(index.identity(same_key).unwrap().1.signs_in_leaked());
}

#[test]
fn leaked_client_secret_is_refused_as_the_second_of_two() {
    let context = context();
    let mut account = OauthAccount::new("p1-e3", 1);
    account.secrets = vec!["leaked-client-secret".to_owned()];
    let id = add(&context, "openapi", &account.file()).unwrap();
    block_on(mark(&context, id, None, &may(&context, id, Act::Leaked))).unwrap();
    block_on(remove::identity(
        &context,
        id,
        &may(&context, id, Act::Remove),
        false,
    ))
    .unwrap();
    account.secrets = vec![
        "new-client-secret".to_owned(),
        "leaked-client-secret".to_owned(),
    ];
    assert_refused(add(&context, "both", &account.file()));
    account.client_id = "another-client".to_owned();
    assert_refused(add(&context, "another", &account.file()));
    account.secrets.pop();
    add(&context, "new", &account.file()).unwrap();
}

#[test]
fn marking_a_key_affects_every_identity_with_it() {
    let context = context();
    let first = add(&context, "stage", &account().file()).unwrap();
    let twin = ServiceAccount::new("p7-e7", 0, account().not_after);
    let twin = add(&context, "twin", &twin.file()).unwrap();
    let list = block_on(mark(
        &context,
        first,
        None,
        &may(&context, first, Act::Leaked),
    ))
    .unwrap();
    assert!(list.marked && list.active, "marking is no outage");
    let index = context.read_index().unwrap();
    for id in [first, twin] {
        assert!(index.identity(id).unwrap().1.signs_in_leaked());
        assert_refused(block_on(export_credential::adobe_json(
            &context,
            id,
            &may(&context, id, Act::Credential),
        )));
    }
    assert!(block_on(look(&context, twin, None)).unwrap().marked);
}

#[test]
fn damaged_mark_still_counts_as_leaked() {
    let (context, id) = leaked();
    let digest = context.storage.leaked_keys().unwrap()[0];
    let mut store = crate::storage::Memory::default();
    let name = ItemName::leaked_key(&digest);
    crate::storage::Backend::set(&mut store, &name, &Secret::from("damaged")).unwrap();
    let storage = Storage::over("memory", Box::new(store));
    assert!(storage.is_leaked(&[digest]).unwrap());
    assert!(context.storage.credential(id, 1).unwrap().unwrap().leaked);
}
