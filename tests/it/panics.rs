//! Panics with secrets in memory, each in a process of its own, with the most verbose log and full backtraces. Its output and
//! every file it left are searched for the secrets.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "panicking is what is tried here")]

use std::path::{Path, PathBuf};
use std::process::Command;

use aemkeys::app::{Clock, demo_context, harden, start_log};
use aemkeys::platform::Configuration;
use aemkeys::platform::configuration::StorageKind;
use aemkeys::storage::{
    Backend, CredentialItem, IndexFile, ItemName, PassphraseSource, Storage, StorageError,
    StorageOptions,
};
use aemkeys::tui::message::{Event, Message};
use aemkeys::tui::{App, Settings, update::update};
use aemkeys_core::credential::{AccessToken, Credential, Imported, Secret, detect};
use aemkeys_core::environment::HostName;
use aemkeys_core::http::{
    Body, FormValue, Http, HttpOptions, Limits, ProxySettings, Recipient, Request,
};
use aemkeys_core::ims;
use aemkeys_simulator::Simulator;
use aemkeys_simulator::fixtures::{self, OauthAccount, ServiceAccount};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Set only by the test below: this program is then the one that panics.
const CHILD: &str = "AEMKEYS_TEST_PANICS";
const PLANTED: &str = "planted-4711-secret";

type Way = (&'static str, fn(&Path));

/// Each must panic, on whichever thread.
const WAYS: &[Way] = &[
    ("a damaged file that was expected to be good", |_| {
        let mut file = file();
        file.truncate(file.len() - 40);
        drop(detect(&file).unwrap());
    }),
    ("a good file that was expected to be bad", |_| {
        drop(detect(&file()).unwrap_err());
    }),
    ("an OAuth file that was expected to be bad", |_| {
        drop(detect(&oauth_file()).unwrap_err());
    }),
    ("a token that was expected to be bad", |_| {
        drop(AccessToken::from_pasted(&token()).unwrap_err());
    }),
    ("a secret in the message", |_| {
        panic!(
            "{:?} and {:#?}",
            Secret::from(PLANTED),
            [Secret::from(PLANTED)]
        );
    }),
    ("two secrets that differ", |_| {
        assert_eq!(Secret::from(PLANTED), Secret::from(token()));
    }),
    ("a private key in the message", |_| {
        panic!("{:?}", service())
    }),
    ("beyond the end of a secret", |_| {
        let secret = Secret::from(PLANTED);
        let beyond = secret.len();
        assert_ne!(secret.expose()[beyond], 0);
    }),
    ("a stored credential that was expected to be none", |_| {
        let item = CredentialItem {
            revision: 1,
            candidate: false,
            leaked: false,
            added_at: Timestamp::now(),
            credential: service(),
        };
        let storage = Storage::in_memory();
        storage.put_credential(Uuid::nil(), &item).unwrap();
        panic!("{:?}", storage.credential(Uuid::nil(), 1));
    }),
    ("a storage that panics as it writes", |_| {
        let item = CredentialItem {
            revision: 1,
            candidate: false,
            leaked: false,
            added_at: Timestamp::now(),
            credential: service(),
        };
        let storage = Storage::over("panics", Box::new(Panics));
        storage.put_credential(Uuid::nil(), &item).unwrap();
    }),
    ("a storage that panics as it reads", |_| {
        drop(
            Storage::over("panics", Box::new(Panics))
                .token(Uuid::nil())
                .unwrap(),
        );
    }),
    ("a passphrase that is asked for", |home| {
        let storage = Storage::open(StorageOptions {
            storage: StorageKind::File,
            may_prompt: true,
            data_dir: home.to_owned(),
            state_dir: home.to_owned(),
            passphrase: PassphraseSource::Ask(|_| {
                let typed = Secret::from(PLANTED);
                panic!("asked, {typed:?}")
            }),
        });
        storage.probe().unwrap();
    }),
    ("a passphrase that is wrong", |home| {
        let open = |word: &str| {
            Storage::open(StorageOptions {
                storage: StorageKind::File,
                may_prompt: false,
                data_dir: home.to_owned(),
                state_dir: home.to_owned(),
                passphrase: PassphraseSource::Command(vec!["echo".into(), word.into()]),
            })
        };
        open(PLANTED).probe().unwrap();
        open("another-4711-secret").probe().unwrap();
    }),
    ("a request that is refused", |_| {
        let foreign = Request {
            recipient: Recipient::ims(HostName::parse("evil.example").unwrap(), &[]),
            ..request()
        };
        let sent = wait(Http::new(HttpOptions::default()).send(foreign, Timestamp::now()));
        assert_eq!(sent.map(|answer| answer.status).unwrap(), 200);
    }),
    ("a proxy with a password that is refused", |_| {
        let http = Http::new(HttpOptions {
            ca_file: None,
            proxy: Some(ProxySettings {
                url: Some(format!("http://anna:{PLANTED}@127.0.0.1:1")),
                exceptions: None,
            }),
        });
        let sent = wait(http.send(request(), Timestamp::now()));
        assert_eq!(sent.map(|answer| answer.status).unwrap(), 200);
    }),
    ("an exchange that was expected to fail", |_| {
        let (simulator, now) = simulator();
        let http = Http::to_simulator(simulator.address());
        drop(wait(ims::exchange(&http, &service(), &[], now)).unwrap_err());
    }),
    ("an exchange that is refused", |_| {
        let (simulator, now) = simulator();
        let http = Http::to_simulator(simulator.address());
        let Credential::Service(mut other) = service() else {
            return;
        };
        other.client_secret = Secret::from(PLANTED);
        drop(wait(ims::exchange(&http, &Credential::Service(other), &[], now)).unwrap());
    }),
    ("a thread of the storage that holds a token", |_| {
        let (simulator, _) = simulator();
        let context = demo_context(simulator.address(), Clock::real());
        let held = Secret::from(token());
        let call =
            context.storage(move |_| -> Result<(), StorageError> { panic!("with {held:?}") });
        wait(call).unwrap();
    }),
    ("a paste, and what becomes of it", |_| {
        let now = Timestamp::now();
        let list = IndexFile::in_memory().read().unwrap();
        let mut model = App::new(list, Settings::default(), now);
        let text = String::from_utf8(file()).unwrap();
        let message = Message {
            at: now,
            event: Event::Paste(text.into()),
        };
        let before = format!("{message:?}");
        let effects = update(&mut model, message);
        assert!(!effects.is_empty());
        panic!("{before} {effects:?} {:?}", model.pages);
    }),
    ("a list with a secret where none belongs", |home| {
        let list = format!(r#"{{"version":1,"environments":"{PLANTED}"}}"#);
        std::fs::write(home.join("index.json"), list).unwrap();
        let read = IndexFile::new(home, home).read();
        std::fs::remove_file(home.join("index.json")).unwrap();
        drop(read.unwrap());
    }),
    ("settings with a secret where none belongs", |_| {
        let text = format!("passphrase_command = \"echo {PLANTED}\"\nca_file = [\"{PLANTED}\"]");
        drop(Configuration::parse(&text).unwrap());
    }),
    ("a token item that was expected to be none", |_| {
        let parsed = AccessToken::from_pasted(&token()).unwrap();
        panic!("{parsed:?} {:?}", parsed.facts(Timestamp::now()));
    }),
];

struct Panics;

impl Backend for Panics {
    fn get(&mut self, _: &ItemName) -> Result<Option<Secret>, StorageError> {
        let found = Secret::from(PLANTED);
        panic!("while reading {found:?}")
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        panic!("while writing {item:?} {value:?}")
    }

    fn delete(&mut self, _: &ItemName) -> Result<bool, StorageError> {
        Ok(false)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        Ok(Vec::new())
    }
}

fn account() -> ServiceAccount {
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    ServiceAccount::new("p123-e1250", 0, end)
}

fn file() -> Vec<u8> {
    account().file()
}

fn oauth_file() -> Vec<u8> {
    OauthAccount::new("p123-e1250", 1).file()
}

fn token() -> String {
    let token =
        fixtures::development_token(&fixtures::person(1, &["p1-e2"]), Timestamp::UNIX_EPOCH);
    String::from_utf8(token.expose().to_vec()).unwrap()
}

fn service() -> Credential {
    match detect(&file()).unwrap() {
        Imported::Service(service) => Credential::Service(*service),
        _ => panic!("not service credentials"),
    }
}

fn simulator() -> (Simulator, Timestamp) {
    let now = Timestamp::now();
    let configuration =
        aemkeys_simulator::SimulatorConfiguration::at(now).client(account().client());
    (Simulator::start(configuration).unwrap(), now)
}

fn request() -> Request {
    Request {
        method: "POST".into(),
        recipient: Recipient::ims(HostName::parse("ims-na1.adobelogin.com").unwrap(), &[]),
        path_and_query: format!("/ims?x={PLANTED}"),
        headers: vec![],
        bearer: Some(Secret::from(token())),
        body: Body::Form(vec![("client_secret", FormValue::Secret(PLANTED.into()))]),
        limits: Limits {
            tries: 1,
            ..Limits::EXCHANGE
        },
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
}

/// Not a test: what runs in the process that panics.
#[test]
fn panicking_inside() {
    let Ok(number) = std::env::var(CHILD) else {
        return;
    };
    harden();
    start_log(false);
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let (_, panic) = WAYS[number.parse::<usize>().unwrap()];
    panic(&home);
}

#[test]
fn no_panic_shows_a_secret() {
    assert!(WAYS.len() >= 20);
    let mut secrets = vec![PLANTED.to_owned(), "another-4711-secret".to_owned()];
    secrets.extend(token().split('.').map(str::to_owned));
    for file in [file(), oauth_file()] {
        let text = String::from_utf8(file).unwrap().replace("\\r\\n", "\n");
        // Lines of keys and certificates, and whatever else is long, without what the name of a client begins with.
        let long = text.split(['"', '\n']).filter(|part| part.len() >= 60);
        secrets.extend(long.map(str::to_owned));
    }
    secrets.push("simulated-secret-of".to_owned());
    assert!(secrets.len() > 30);
    for (number, (name, _)) in WAYS.iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "panics::panicking_inside",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(CHILD, number.to_string())
            .env("HOME", home.path())
            .env("AEMKEYS_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{name}: it did not panic");
        assert!(
            said.contains("panicked at") && said.contains("stack backtrace"),
            "{name}: {said}"
        );
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&texts_under(home.path()));
        for secret in &secrets {
            assert!(
                !said.contains(secret.as_str()),
                "{name}: {secret} in {said}"
            );
        }
        assert!(!home.path().join("core").exists(), "{name}: a core dump");
    }
    println!("{} panics, nothing told", WAYS.len());
}

fn texts_under(folder: &Path) -> String {
    let mut texts = String::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts.push_str(&texts_under(&path));
        } else {
            texts.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
    texts
}
