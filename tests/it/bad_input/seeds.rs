//! The seeds of the fuzz targets: the corpus and the demo's items, one folder for each target in `fuzz/`.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};

use aemkeys::app::Clock;
use aemkeys::storage::{Backend, ItemName, Storage, StorageError};
use aemkeys_core::credential::Secret;

use super::{corpus, good, oauth, token};

/// Magic, version, kind, uuid, revision and length of an envelope; and the checksum at its end.
const HEADER: usize = 30;
const CHECKSUM: usize = 8;

/// Hands on what is written to it.
struct Recorder {
    written: Sender<Vec<u8>>,
    last: Vec<u8>,
}

impl Backend for Recorder {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        let is_mark = matches!(item, ItemName::LeakedKey(_));
        Ok((!is_mark).then(|| Secret::new(self.last.clone())))
    }

    fn set(&mut self, _: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.last = value.expose().to_vec();
        self.written.send(self.last.clone()).unwrap();
        Ok(())
    }

    fn delete(&mut self, _: &ItemName) -> Result<bool, StorageError> {
        Ok(false)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        Ok(Vec::new())
    }
}

/// What is inside the envelopes of all the demo's items.
fn payloads(demo: &Storage) -> Vec<Vec<u8>> {
    let (written, read) = channel();
    let recorder = Recorder {
        written,
        last: Vec::new(),
    };
    let copy = Storage::over("recorder", Box::new(recorder));
    for item in demo.items().unwrap() {
        match item {
            ItemName::Environment(id) => copy
                .put_environment(&demo.environment(id).unwrap().unwrap())
                .unwrap(),
            ItemName::Credential(id, revision) => copy
                .put_credential(id, &demo.credential(id, revision).unwrap().unwrap())
                .unwrap(),
            ItemName::Token(id) => copy
                .put_token(id, &demo.token(id).unwrap().unwrap())
                .unwrap(),
            ItemName::ReplacedToken(_) | ItemName::Probe(_) | ItemName::LeakedKey(_) => {}
        }
    }
    read.try_iter()
        .map(|value| value[HEADER..value.len() - CHECKSUM].to_vec())
        .collect()
}

fn write(folder: &Path, target: &str, seeds: impl IntoIterator<Item = Vec<u8>>) {
    let folder = folder.join(target);
    std::fs::create_dir_all(&folder).unwrap();
    let mut count = 0;
    for (number, seed) in seeds.into_iter().enumerate() {
        std::fs::write(folder.join(number.to_string()), seed).unwrap();
        count += 1;
    }
    assert!(count > 1, "{target} has nothing to start from");
}

/// Into the folder `FUZZ_SEEDS`, as `fuzz/run` asks; without it into one that is gone afterwards.
#[test]
fn writes_fuzzing_seeds_from_the_corpus() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("FUZZ_SEEDS");
    let folder = folder
        .as_ref()
        .map_or(temporary.path(), |folder| Path::new(folder));
    let credentials = || {
        let good = [good().bytes(), oauth().to_string().into_bytes()];
        corpus::all().into_iter().map(|bad| bad.input).chain(good)
    };
    write(folder, "credential", credentials());
    let claims = [
        r#"{"type":"access_token","created_at":"1700000000000","expires_in":"86400000","user_id":"x@techacct.adobe.com","client_id":"cm-p1-e2","scope":"openid,AdobeID"}"#,
        r#"{"created_at":1e99,"expires_in":-1,"exp":9223372036854775807,"iat":"no","scope":["a"]}"#,
    ];
    let tokens = credentials().filter(|input| !input.starts_with(b"{"));
    write(
        folder,
        "token_claims",
        tokens.chain(claims.map(|text| text.as_bytes().to_vec())),
    );
    let answers = [
        format!(r#"{{"token_type":"bearer","access_token":"{}","expires_in":86399999}}"#, token()),
        r#"{"error":"invalid_token","error_description":"Could not match JWT signature to any of the bindings"}"#.to_owned(),
        r#"{"access_token":"a\r\nb"}"#.to_owned(),
        "<html>".to_owned(),
    ];
    let heads = [[0, 0], [0, 8], [6, 0], [6, 4], [7, 1], [5, 2], [9, 1]];
    let answers = answers
        .iter()
        .flat_map(|body| heads.map(|head| [&head[..], body.as_bytes()].concat()));
    write(folder, "ims_answer", answers);
    let demo = aemkeys::cli::demo::start(Clock::real()).unwrap();
    write(folder, "envelope", payloads(&demo.context.storage));
    let index = serde_json::to_vec(&demo.context.read_index().unwrap()).unwrap();
    write(
        folder,
        "index",
        [index, b"{}".to_vec(), b"{\"version\":99}".to_vec()],
    );
    let configuration = "storage = \"file\"\npassphrase_command = [\"pass\", \"x\"]\nca_file = \"/x\"\nclipboard_clear_seconds = 30\nclipboard = \"x11\"\ntheme = \"dark\"\nglyphs = \"ascii\"\nmotion = \"off\"\nmouse = \"on\"\ntitle = \"off\"\n[thresholds]\n[keys]\ncopy = [\"y\", \"ctrl-c\"]\nquit = \"q\"\n";
    write(
        folder,
        "configuration",
        [
            configuration.into(),
            aemkeys::tui::keymap::default_file().into_bytes(),
        ],
    );
    let keys = [
        &[
            220, 9, b'{', b'"', b'a', b'"', b':', b'1', b'}', b'\n', b'x', 10, 20,
        ][..],
        &[1, 2, 3, 4, 5, 241, 80, 48, 100, 226, 10, 10],
        &(0..=255).collect::<Vec<u8>>(),
    ];
    write(folder, "keys", keys.map(<[u8]>::to_vec));
}
