//! Tests that the simulator refuses what IMS and AEM refuse. They send raw bytes, independent of the HTTP client of aemkeys.

mod aem;
mod files;
mod ims;
mod server;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::fixtures::{self, OauthAccount, ServiceAccount};
use crate::keys::ThrowawayKey;
use crate::*;
use aemkeys_core::credential::CheckVerdict;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{Imported, Secret, detect};

const IMS: &str = "ims-na1.adobelogin.com";
const AUTHOR: &str = "author-p123-e1250.adobeaemcloud.com";
const PUBLISH: &str = "publish-p123-e1250.adobeaemcloud.com";
const WHO_AM_I: &str = "/libs/granite/security/currentuser.json?props=memberOf";

fn now() -> Timestamp {
    "2026-11-22T14:03:00Z".parse().unwrap()
}

fn account() -> ServiceAccount {
    ServiceAccount::new("p123-e1250", 0, now() + SignedDuration::from_hours(24 * 26))
}

fn started() -> Simulator {
    Simulator::start(SimulatorConfiguration::at(now()).client(account().client())).unwrap()
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends a request. Returns `None` if the connection is closed without a response.
fn ask(
    simulator: &Simulator,
    method: &str,
    host: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Option<Answer> {
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    let _cut = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

fn post(simulator: &Simulator, host: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let headers = "content-type: application/x-www-form-urlencoded\r\n";
    ask(simulator, "POST", host, path, headers, &body).unwrap()
}

fn get(simulator: &Simulator, host: &str, path: &str, token: &str) -> Answer {
    let headers = if token.is_empty() {
        String::new()
    } else {
        format!("authorization: Bearer {token}\r\n")
    };
    ask(simulator, "GET", host, path, &headers, "").unwrap()
}

fn text(token: &Secret) -> &str {
    std::str::from_utf8(token.expose()).unwrap()
}

fn refused(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    (
        answer.status,
        body["error"].as_str().unwrap().to_owned(),
        body["error_description"].as_str().unwrap().to_owned(),
    )
}
