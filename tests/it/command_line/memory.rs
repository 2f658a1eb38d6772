//! The memory of a process a second after it used a secret. Everything mapped and readable is searched for the private key, as
//! DER and as PEM, and for the client secret.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use aemkeys_core::credential::{Imported, detect};

use crate::support::dashboard::Dashboard;
use crate::support::sandbox::Sandbox;

/// A part of a secret that is looked for, and what it is called.
type Part = (&'static str, Vec<u8>);

/// The key in both forms and the client secret, cut so that a part of a copy is found too.
fn parts(file: &[u8]) -> Vec<Part> {
    let json: serde_json::Value = serde_json::from_slice(file).unwrap();
    let integration = &json["integration"];
    let pem = integration["privateKey"].as_str().unwrap();
    let secret = integration["technicalAccount"]["clientSecret"]
        .as_str()
        .unwrap();
    let Imported::Service(service) = detect(file).unwrap() else {
        panic!("not service credentials");
    };
    // From here on the DER holds what is not in the public key: exponent and primes.
    let der = service.private_key.der().expose();
    let private = &der[der.len() / 3..];
    let mut parts: Vec<Part> = vec![("the client secret", secret.as_bytes().to_vec())];
    let chunks = private.chunks_exact(24);
    parts.extend(chunks.map(|chunk| ("the key's DER", chunk.to_vec())));
    let lines: Vec<&str> = pem
        .lines()
        .map(str::trim)
        .filter(|line| line.len() == 64)
        .collect();
    let private = &lines[lines.len() / 3..];
    assert!(private.len() > 10);
    parts.extend(
        private
            .iter()
            .map(|line| ("the key's PEM", line.as_bytes().to_vec())),
    );
    parts
}

/// Where in the memory of the process each part is, by name of the mapping. `None` where reading is not permitted.
fn found(id: u32, parts: &[Part]) -> Option<Vec<(&'static str, String)>> {
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).ok()?;
    let memory = File::open(format!("/proc/{id}/mem")).ok()?;
    let mut found = Vec::new();
    let mut searched = 0;
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        let place = words.nth(3).unwrap_or("unnamed");
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let start = u64::from_str_radix(start, 16).unwrap();
        let end = u64::from_str_radix(end, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        if memory.read_exact_at(&mut bytes, start).is_err() {
            continue;
        }
        searched += bytes.len();
        for (name, part) in parts {
            for at in positions(&bytes, part) {
                let at = start + u64::try_from(at).unwrap();
                found.push((*name, format!("{place} {at:x}")));
            }
        }
    }
    (searched > 1024 * 1024).then_some(found)
}

fn positions(bytes: &[u8], part: &[u8]) -> Vec<usize> {
    let first = part[0];
    let mut positions = Vec::new();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if bytes[at..].starts_with(part) {
            positions.push(at);
        }
        from = at + 1;
    }
    positions
}

/// `None`, said, where the system does not let us read: as another user, or under a stricter rule for debuggers.
fn left(dashboard: &Dashboard, parts: &[Part]) -> Option<Vec<(&'static str, String)>> {
    std::thread::sleep(Duration::from_secs(1));
    let left = found(dashboard.id(), parts);
    if left.is_none() {
        println!("skipped: the memory of a process cannot be read here");
    }
    left
}

fn dashboard(sandbox: &Sandbox) -> Dashboard {
    let mut command = sandbox.command(&[]);
    command.env("AEMKEYS_ALLOW_DEBUG", "1");
    Dashboard::start(&command)
}

#[test]
fn after_an_exchange_nothing_of_key_and_secret_is_left() {
    let sandbox = Sandbox::new();
    let file = std::fs::read(sandbox.file("wknd-stage/")).unwrap();
    sandbox.add("wknd-stage/", "stage");
    let mut dashboard = dashboard(&sandbox);
    dashboard.wait_for("wknd-stage");
    dashboard.send("x");
    dashboard.wait_for("new token");
    let Some(left) = left(&dashboard, &parts(&file)) else {
        return;
    };
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn after_a_file_was_added_nothing_of_key_and_secret_is_left() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("wknd-stage/");
    let file = std::fs::read(&path).unwrap();
    let mut dashboard = dashboard(&sandbox);
    dashboard.wait_for("aemkeys");
    dashboard.send("a");
    dashboard.wait_for("Add");
    dashboard.paste(path.to_str().unwrap());
    dashboard.send("\r");
    dashboard.wait_for("Recognised");
    dashboard.send("\r");
    dashboard.wait_for("new token");
    let Some(left) = left(&dashboard, &parts(&file)) else {
        return;
    };
    assert!(left.is_empty(), "{left:#?}");
}

/// The library that reads the terminal keeps what it read last in a buffer that nobody else reaches: one copy, and the
/// end of it once more in the block it was read in. Ours are gone. This is also how we know that the search finds things.
#[test]
fn after_a_paste_only_the_terminals_reader_has_it() {
    let sandbox = Sandbox::new();
    let file = std::fs::read(sandbox.file("wknd-stage/")).unwrap();
    let parts = parts(&file);
    let mut dashboard = dashboard(&sandbox);
    dashboard.wait_for("aemkeys");
    dashboard.paste(std::str::from_utf8(&file).unwrap());
    dashboard.wait_for("Recognised");
    dashboard.send("\r");
    dashboard.wait_for("untyped is treated as production");
    dashboard.send("\r");
    dashboard.wait_for("new token");
    let Some(left) = left(&dashboard, &parts) else {
        return;
    };
    assert!(left.len() > 10, "the search finds nothing: {left:#?}");
    for (name, part) in &parts {
        let copies = self::found(dashboard.id(), &[(name, part.clone())]).unwrap();
        let most = if *name == "the key's DER" { 0 } else { 2 };
        assert!(copies.len() <= most, "{copies:#?}");
    }
    println!("{} parts in the reader's buffers", left.len());
}
