//! Hostile servers, files and pipes: the binary ends, uses little memory and reports the right error.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use crate::support::gzip_bomb::gzip_of_zeros;
use crate::support::https_mock::{HttpsMock, Oddity, Reply};
use crate::support::no_session::NO_SESSION;
use crate::support::sandbox::{Ran, Sandbox, binary};

const MIB: u64 = 1024 * 1024;
/// The unoptimised binary needs about half of this by itself.
const SMALL: u64 = 64 * MIB;
/// In the tokens that are handed out here, and in what a server adds to see whether it is repeated.
const PLANTED: &str = "planted-4711";

/// The command's end, and the most memory it ever had: the kernel's own figure, which only grows.
fn measured(mut command: Command, input_mebibytes: usize) -> (Ran, u64) {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    thread::spawn(move || {
        let block = vec![b'x'; 1024 * 1024];
        // A reader that has had enough is what is hoped for.
        (0..input_mebibytes).try_for_each(|_| pipe.write_all(&block))
    });
    let id = child.id();
    let watch = thread::spawn(move || {
        let begun = Instant::now();
        let mut peak = 0;
        while let Some(now) = high_water(id) {
            peak = now;
            if begun.elapsed() > Duration::from_mins(2) {
                let _ended = Command::new("kill").args(["-9", &id.to_string()]).status();
                return None;
            }
            thread::sleep(Duration::from_millis(1));
        }
        Some(peak)
    });
    let ran = Ran::of(child.wait_with_output().unwrap());
    let peak = watch.join().unwrap();
    (ran, peak.expect("it ends by itself"))
}

/// `None` once it has ended: a zombie has no memory.
fn high_water(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// `aemkeys token --file` against this server, errors as JSON.
fn exchange(mock: &HttpsMock) -> (Ran, u64) {
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    let file = mock.directory().join("credential.json");
    std::fs::write(&file, ServiceAccount::new("p123-e1250", 0, end).file()).unwrap();
    let mut command = Command::new(binary());
    command
        .args(["token", "--format", "json", "--file"])
        .arg(&file)
        .env_clear()
        .envs(NO_SESSION)
        .env("HOME", mock.directory())
        .env("HTTPS_PROXY", mock.proxy_url())
        .env("SSL_CERT_FILE", mock.ca_file())
        .env("AEMKEYS_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    measured(command, 0)
}

/// The refusal's code; the words of the error are checked to hold neither what was sent nor what came.
#[track_caller]
fn refused(mock: &HttpsMock) -> String {
    let (ran, peak) = exchange(mock);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(peak < SMALL, "{} MiB", peak / MIB);
    println!("refused with {} MiB at most", peak / MIB);
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    let error = &error["error"];
    for field in ["message", "next_step"] {
        assert!(error[field].is_string(), "{ran:?}");
    }
    let said = format!("{}{}", ran.out, ran.err);
    for secret in [PLANTED, "simulated-secret-of", "eyJ", "\u{1b}"] {
        assert!(!said.contains(secret), "{said}");
    }
    error["code"].as_str().unwrap().to_owned()
}

fn raw(
    head: &'static str,
    body: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + Clone + 'static,
) -> HttpsMock {
    HttpsMock::start(move |_| {
        let body = body.clone();
        Reply::raw(move |out| {
            out.write_all(head.as_bytes())?;
            body(out)
        })
    })
}

fn json(body: &'static str) -> HttpsMock {
    HttpsMock::start(move |_| Reply::json(200, body))
}

#[test]
fn cuts_endless_and_oversized_answers() {
    let block = [b'x'; 16 * 1024];
    let endless = raw("HTTP/1.1 200 OK\r\n\r\n", move |out| {
        loop {
            out.write_all(&block)?;
        }
    });
    assert_eq!(refused(&endless), "ims-answer-unusable");
    let claimed = raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n",
        move |out| (0..65_536).try_for_each(|_| out.write_all(&block)),
    );
    assert_eq!(refused(&claimed), "ims-answer-unusable");
    let only_claimed = raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n{",
        |_| Ok(()),
    );
    assert_eq!(refused(&only_claimed), "connection-broken");
    // Written in large pieces: a TLS record for each chunk would take longer than IMS has.
    let many = b"1\r\nx\r\n".repeat(2000);
    let chunks = raw(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        move |out| {
            loop {
                out.write_all(&many)?;
            }
        },
    );
    assert_eq!(refused(&chunks), "ims-answer-unusable");
    let extensions = raw(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
        move |out| {
            loop {
                out.write_all(&block)?;
            }
        },
    );
    assert_eq!(refused(&extensions), "connection-broken");
}

#[test]
fn a_gzip_bomb_takes_little_memory() {
    let bomb = gzip_of_zeros(256);
    assert!(bomb.len() < 2 * 1024 * 1024);
    let mock =
        HttpsMock::start(move |_| Reply::new(200, &[("content-encoding", "gzip")], bomb.clone()));
    assert_eq!(refused(&mock), "ims-answer-unusable");
}

#[test]
fn refuses_endless_headers() {
    let many = raw("HTTP/1.1 200 OK\r\n", |out| {
        let mut head = String::new();
        for number in 0..10_000 {
            write!(head, "x-{number}: y\r\n").unwrap();
        }
        out.write_all(head.as_bytes())?;
        out.write_all(b"content-length: 0\r\n\r\n")
    });
    assert_eq!(refused(&many), "connection-broken");
    let endless = raw("HTTP/1.1 200 OK\r\nx: ", |out| {
        loop {
            out.write_all(&[b'y'; 1024])?;
        }
    });
    assert_eq!(refused(&endless), "connection-broken");
}

#[test]
fn early_hints_are_skipped() {
    let hinted = raw(
        "HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"access_token\":\"planted-4711\"}",
        |_| Ok(()),
    );
    let (ran, _) = exchange(&hinted);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains(PLANTED));
}

#[test]
fn reports_a_reset_connection_as_broken() {
    for begun in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":\"planted-4711",
    ] {
        let mock = HttpsMock::start(|_| Reply::Reset(begun.as_bytes().to_vec()));
        assert_eq!(refused(&mock), "connection-broken", "{begun:?}");
    }
}

#[test]
fn distinguishes_certificate_and_proxy_errors() {
    for (oddity, code) in [
        (Oddity::BadChain, "tls-bad-certificate"),
        (Oddity::WrongName, "tls-wrong-name"),
        (Oddity::Expired, "tls-expired"),
        (Oddity::NoTls, "tls-not-spoken"),
        (Oddity::WantsCredentials("nobody"), "proxy-credentials"),
        (
            Oddity::Refuses("HTTP/1.1 403 Forbidden\r\ncontent-length: 12\r\n\r\nplanted-4711"),
            "proxy-refused-host",
        ),
    ] {
        let mock = HttpsMock::odd(oddity, |_| Reply::json(200, "{}"));
        assert_eq!(refused(&mock), code, "{oddity:?}");
        assert!(mock.requests().is_empty(), "{oddity:?}: a request was sent");
    }
}

#[test]
fn refuses_answers_without_a_valid_token() {
    for body in [
        r#"{"access_token":"planted-4711\r\nX-Header: y"}"#,
        r#"{"access_token":"planted-4711\n"}"#,
        r#"{"access_token":"planted-4711\u0000"}"#,
        r#"{"access_token":"planted-4711\u001b[2J"}"#,
        r#"{"access_token":"planted-4711 and more"}"#,
        r#"{"access_token":"pl\u00e4nted-4711"}"#,
        r#"{"access_token":4711}"#,
        r#"{"access_token":null}"#,
        r#"{"access_token":true}"#,
        r#"{"access_token":["planted-4711"]}"#,
        r#"{"access_token":{"planted-4711":1}}"#,
        r#"{"access_token":""}"#,
        r#"{"token":"planted-4711"}"#,
        "{}",
        "[]",
        "\"planted-4711\"",
        "planted-4711",
        "",
    ] {
        assert_eq!(refused(&json(body)), "ims-answer-unusable", "{body}");
    }
    let page = HttpsMock::start(|_| Reply::html(200, "<html>planted-4711</html>"));
    assert_eq!(refused(&page), "ims-answer-unusable");
    let page = HttpsMock::start(|_| Reply::json(200, "\n <!DOCTYPE html>planted-4711"));
    let (ran, _) = exchange(&page);
    ran.says("captive portal");
}

#[test]
fn refuses_64_mib_of_input() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-dev/", "dev");
    let big = sandbox.mock.directory().join("big.json");
    std::fs::write(&big, vec![b'{'; 64 * 1024 * 1024]).unwrap();
    let big = big.to_str().unwrap();
    let at = format!("@{big}");
    for (arguments, input) in [
        (&["add", big][..], 0),
        (&["token", "--file", big], 0),
        (&["call", "wknd-dev", "/x", "-X", "POST", "-d", &at], 0),
        (&["add", "-"], 64),
        (&["token", "--file", "-"], 64),
        (&["paste", "wknd-dev"], 64),
        (&["explain", "-"], 64),
    ] {
        let (ran, peak) = measured(sandbox.command(arguments), input);
        assert_eq!(ran.code, 65, "{arguments:?} {ran:?}");
        ran.says("1 MiB");
        // The passphrase file's key derivation alone takes 64 MiB.
        let most = if arguments[0] == "paste" || arguments[0] == "call" {
            SMALL + 64 * MIB
        } else {
            SMALL
        };
        assert!(peak < most, "{arguments:?}: {} MiB", peak / MIB);
        println!("{} with {} MiB at most", arguments[0], peak / MIB);
    }
}
