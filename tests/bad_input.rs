//! What happens with every file and token that is not quite right? A problem that names the field and the next step and
//! shows no value, never a panic; and every good variant of the same is read.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use aemkeys::credential::service_credentials::Verdict;
use aemkeys::credential::{
    Credential, Imported, Kind, Problem, Secret, ServiceCredentials, detect,
};
use aemkeys::simulator::fixtures::{self, OauthAccount, ServiceAccount};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::ServiceCredentialsFile;

const SECRET: &str = "integration.technicalAccount.clientSecret";
const CLIENT: &str = "integration.technicalAccount.clientId";
const IMS: &str = "integration.imsEndpoint";
const KEY: &str = "integration.privateKey";
const CERTIFICATE: &str = "integration.publicKey";
const ID: &str = "integration.id";
const ORG: &str = "integration.org";
const SCOPES: &str = "integration.metascopes";
const END: &str = "integration.certificateExpirationDate";

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(days * 24)
}

fn account() -> ServiceAccount {
    ServiceAccount::new("p123-e1250", 0, now() + days(300))
}

fn good() -> ServiceCredentialsFile {
    ServiceCredentialsFile::of(&account())
}

fn oauth() -> Value {
    serde_json::from_slice(&OauthAccount::new("p1-e2", 7).file()).unwrap()
}

fn token() -> String {
    let person = fixtures::person(1, &["p1-e2"]);
    let token = fixtures::development_token(&person, now());
    String::from_utf8(token.expose().to_vec()).unwrap()
}

fn jwt(header: &Value, payload: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = URL_SAFE_NO_PAD.encode([7; 256]);
    format!("{}.{}.{signature}", encode(header), encode(payload))
}

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// The PKCS#8 form of the throw-away key that signs [`account`]'s certificate.
fn pkcs8() -> &'static [u8] {
    include_bytes!("../assets/demo/throwaway-key-1.der")
}

/// One thing to hand in, with the code it must give and a word its problem must contain (a field's path, mostly).
struct Bad {
    code: &'static str,
    mentions: String,
    input: Vec<u8>,
}

fn bad(code: &'static str, mentions: &str, input: impl Into<Vec<u8>>) -> Bad {
    Bad {
        code,
        mentions: mentions.to_owned(),
        input: input.into(),
    }
}

fn spoilt_fields() -> Vec<Bad> {
    let mut all = Vec::new();
    let mut spoil = |code, path: &str, value: Value| {
        all.push(bad(code, path, good().set(path, value).bytes()));
    };
    for path in [SECRET, CLIENT, IMS, ID, ORG] {
        for value in [
            json!(""),
            json!("  "),
            json!(5),
            json!(["planted"]),
            json!({"planted": 1}),
            json!("planted\r\nHost: planted.example.com"),
            json!("planted\u{0}"),
            json!("planted\u{1b}[31m"),
            json!("planted value"),
            json!("plantéd"),
            json!("planted\u{202e}"),
            json!("planted".repeat(1000)),
        ] {
            spoil("field-bad", path, value);
        }
        spoil("field-missing", path, Value::Null);
    }
    for host in [
        "https://planted.adobelogin.com",
        "planted.adobelogin.com/",
        "planted.adobelogin.com/ims",
        "planted.adobelogin.com:8443",
        "planted.adobelogin.com:443",
        "user@planted.adobelogin.com",
        "https://user:planted@adobelogin.com",
        "planted.adobelogin.com.",
        "planted_x.adobelogin.com",
        "planted",
        "127.0.0.1",
        "0x7f.1",
        "[::1]",
        "planted.com?.adobelogin.com",
        "planted.com#.adobelogin.com",
        "planted.com\\.adobelogin.com",
        "planted%2ecom",
    ] {
        spoil("field-bad", IMS, json!(host));
    }
    spoil("field-bad", ORG, json!("1234567890ABCDEF12345678@Planted"));
    spoil("field-bad", ID, json!("planted@AdobeOrg"));
    spoil(
        "field-bad",
        ID,
        json!("4a1b0000-0000-4000-8000-00000planted@techacct.adobe.com"),
    );
    for value in [
        json!(7),
        json!({"planted": true}),
        json!("ent_aem planted;x"),
        json!("ent_aem\r\nplanted"),
        json!([1]),
        json!("planted,".repeat(60)),
    ] {
        spoil("field-bad", SCOPES, value);
    }
    spoil("field-bad", KEY, json!(1));
    spoil("field-bad", KEY, json!(""));
    spoil("field-bad", CERTIFICATE, json!(["planted"]));
    all
}

fn spoilt_keys() -> Vec<Bad> {
    let mut all = Vec::new();
    let mut spoil = |code, path: &str, value: String| {
        all.push(bad(code, path, good().set(path, value).bytes()));
    };
    let key = good().text(KEY).to_owned();
    let certificate = good().text(CERTIFICATE).to_owned();
    let elliptic = rcgen::KeyPair::generate().unwrap();
    spoil("key-bad", KEY, "planted".into());
    spoil("key-bad", KEY, certificate.clone());
    spoil("key-bad", KEY, key[..key.len() / 2].to_owned());
    spoil("key-bad", KEY, key.replacen("BEGIN RSA", "BEGIN", 1));
    spoil("key-bad", KEY, key.replace("RSA PRIVATE", "PRIVATE"));
    spoil("key-bad", KEY, key.replacen("MII", "M**", 1));
    spoil("key-bad", KEY, key.replacen("MII", "MIIplanted", 1));
    spoil("key-bad", KEY, key.replacen("MII", "", 1));
    spoil("key-bad", KEY, key.replace('\n', "\n> "));
    spoil(
        "key-bad",
        KEY,
        pem("PRIVATE KEY", &elliptic.serialize_der()),
    );
    spoil("key-bad", KEY, pem("EC PRIVATE KEY", b"planted"));
    spoil("key-bad", KEY, pem("OPENSSH PRIVATE KEY", b"planted"));
    spoil("key-bad", KEY, pem("PUBLIC KEY", b"planted"));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", b"planted"));
    spoil("key-bad", KEY, pem("PRIVATE KEY", b"planted"));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", &[]));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", &[0x30; 9000]));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", pkcs8()));
    let weak = include_bytes!("../assets/demo/weak-key-1024.der");
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", weak));
    let mut swapped = pkcs8().to_vec();
    // Within the first prime: the numbers no longer fit each other.
    swapped[620] ^= 0x55;
    spoil("key-bad", KEY, pem("PRIVATE KEY", &swapped));
    spoil(
        "key-encrypted",
        KEY,
        pem("ENCRYPTED PRIVATE KEY", b"planted"),
    );
    let old_style = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nplanted\n-----END RSA PRIVATE KEY-----";
    spoil("key-encrypted", KEY, old_style.into());

    spoil("certificate-bad", CERTIFICATE, "planted".into());
    spoil("certificate-bad", CERTIFICATE, key);
    spoil(
        "certificate-bad",
        CERTIFICATE,
        pem("PUBLIC KEY", b"planted"),
    );
    spoil(
        "certificate-bad",
        CERTIFICATE,
        pem("CERTIFICATE", b"planted"),
    );
    spoil("certificate-bad", CERTIFICATE, pem("CERTIFICATE", &[]));
    spoil(
        "certificate-bad",
        CERTIFICATE,
        certificate[..certificate.len() - 60].to_owned(),
    );
    let mut longer = account().certificate();
    longer.push(0);
    spoil("certificate-bad", CERTIFICATE, pem("CERTIFICATE", &longer));
    all
}

fn spoilt_json() -> Vec<Bad> {
    let whole = String::from_utf8(good().bytes()).unwrap();
    let sample = whole.replace("\\r\\n", "\\r\\REDACTED");
    let twice = whole.replacen(r#""org":"#, r#""org": "planted", "org":"#, 1);
    let nested = format!("{{\"a\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    let deep = whole.replacen(
        r#""org":"#,
        &format!(r#""x": {}{}, "org":"#, "[".repeat(33), "]".repeat(33)),
        1,
    );
    let mut utf16_cut: Vec<u8> = vec![0xff, 0xfe];
    utf16_cut.extend(whole.encode_utf16().flat_map(u16::to_le_bytes));
    utf16_cut.pop();
    let mut latin1 = whole.clone().into_bytes();
    latin1[20] = 0xe9;
    let redacted = good().set(SECRET, "REDACTED").bytes();
    vec![
        bad("input-empty", "nothing", ""),
        bad("input-empty", "nothing", " \r\n\t "),
        bad("input-empty", "nothing", "\u{feff}"),
        bad("documentation-sample", "sample", sample),
        bad("documentation-sample", "sample", redacted),
        bad("json-duplicate-key", "line", twice),
        bad("json-too-deep", "deep", nested),
        bad("json-too-deep", "deep", deep),
        bad("json-too-deep", "deep", "[".repeat(100_000)),
        bad(
            "json-incomplete",
            "missing",
            &whole.as_bytes()[..whole.len() / 2],
        ),
        bad(
            "json-incomplete",
            "missing",
            &whole.as_bytes()[..whole.len() - 2],
        ),
        bad("json-incomplete", "missing", "{"),
        bad("json-invalid", "line", format!("{whole} planted")),
        bad("json-invalid", "line", format!("{whole}{whole}")),
        bad("json-invalid", "line", whole.replace('"', "'")),
        bad("json-invalid", "curly", whole.replace('"', "“")),
        bad("json-invalid", "line", whole.replacen(',', "", 1)),
        bad(
            "json-invalid",
            "line",
            format!("{{// planted\n{}", &whole[1..]),
        ),
        bad("json-invalid", "line", r#"{"planted": planted}"#),
        bad("input-not-text", "UTF-8", latin1),
        bad("input-not-text", "text", utf16_cut),
        bad("input-not-text", "text", "{\"planted\": \"\0\"}"),
        bad("input-too-large", "MiB", vec![b' '; 1024 * 1024 + 1]),
        bad("input-not-recognised", "list", format!("[{whole}]")),
        bad("input-not-recognised", "one", "[]"),
        bad("input-not-recognised", "none", "{}"),
        bad("input-not-recognised", "none", r#"{"planted":"planted"}"#),
        bad(
            "input-wrong-kind",
            "brace",
            whole
                .trim_start_matches(['{', ' ', '\n'])
                .replacen("\"ok\": true,\n  ", "", 1)
                .trim_start()
                .to_owned(),
        ),
        bad("field-bad", "integration", r#"{"integration":"planted"}"#),
        bad("field-bad", "integration", r#"{"integration":[]}"#),
        bad("field-missing", "technicalAccount", r#"{"integration":{}}"#),
        bad("field-missing", "clientId", good().without(CLIENT).bytes()),
        bad(
            "field-missing",
            "technicalAccount",
            good().without("integration.technicalAccount").bytes(),
        ),
        bad("field-missing", SCOPES, good().without(SCOPES).bytes()),
        bad("field-missing", KEY, good().without(KEY).bytes()),
        bad(
            "field-bad",
            END,
            good().without(CERTIFICATE).set(END, "planted").bytes(),
        ),
    ]
}

fn other_things() -> Vec<Bad> {
    let key = good().text(KEY).to_owned();
    let certificate = good().text(CERTIFICATE).to_owned();
    let kind = "input-wrong-kind";
    let binary = "input-not-text";
    vec![
        bad(kind, "private key alone", key.clone()),
        bad(kind, "private key alone", pem("PRIVATE KEY", pkcs8())),
        bad(kind, "encrypted", pem("ENCRYPTED PRIVATE KEY", b"planted")),
        bad(kind, "certificate alone", certificate.clone()),
        bad(kind, "without the rest", format!("{key}{certificate}")),
        bad(
            kind,
            "without the rest",
            format!("Bag Attributes\n  x: 1\n{certificate}{key}"),
        ),
        bad(kind, "request", pem("CERTIFICATE REQUEST", b"planted")),
        bad(kind, "public key", pem("PUBLIC KEY", b"planted")),
        bad(
            kind,
            "another program",
            pem("OPENSSH PRIVATE KEY", b"planted"),
        ),
        bad(kind, "SSH", "ssh-rsa AAAAplanted me@planted"),
        bad(kind, "web page", "<!DOCTYPE html><title>planted</title>"),
        bad(kind, "web page", "\n<html><body>planted</body></html>"),
        bad(kind, "XML", "<?xml version='1.0'?><planted/>"),
        bad(kind, "rich text", "{\\rtf1\\ansi planted}"),
        bad(
            kind,
            "command",
            format!(
                "curl -H 'Authorization: Bearer {}' https://planted",
                token()
            ),
        ),
        bad(
            kind,
            "settings",
            "CLIENT_ID=planted\nCLIENT_SECRET=planted\n",
        ),
        bad(
            kind,
            "settings",
            "kind: \"API\"\nversion: 1\ndata: planted\n",
        ),
        bad(kind, "base64", STANDARD.encode(good().bytes())),
        bad(binary, "zip", b"PK\x03\x04planted\xff".to_vec()),
        bad(binary, "compressed", vec![0x1f, 0x8b, 8, 0, 0xff]),
        bad(
            binary,
            ".p12",
            vec![0x30, 0x82, 9, 0x80, 2, 1, 3, 0x30, 0x82, 0xff],
        ),
        bad(binary, "Java", vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]),
        bad(binary, "certificate", account().certificate()),
        bad(binary, "key", pkcs8()),
        bad(binary, "picture", b"\x89PNG\r\n\x1a\n\0\0".to_vec()),
        bad(
            kind,
            "Google",
            r#"{"type":"service_account","private_key":"planted","client_id":"planted"}"#,
        ),
        bad(
            kind,
            "Cloud Manager",
            r#"{"_links":{},"_embedded":{"programs":["planted"]}}"#,
        ),
        bad(
            kind,
            "about a token",
            r#"{"valid":true,"token":{"planted":1}}"#,
        ),
        bad(kind, "refresh", r#"{"refresh_token":"planted"}"#),
        bad(kind, "assertion", r#"{"jwt_token":"planted"}"#),
        bad(kind, "about a user", r#"{"authorizableId":"planted"}"#),
        bad(
            kind,
            "Postman",
            r#"{"info":{"_postman_id":"planted"},"item":[]}"#,
        ),
        bad(kind, "JWK", r#"{"kty":"RSA","n":"planted"}"#),
        bad(
            kind,
            "list of environments",
            r#"{"version":1,"environments":["planted"]}"#,
        ),
        bad(kind, "sign in", r#"{"oauth_web":{"client_id":"planted"}}"#),
        bad(
            "input-is-error",
            "error",
            r#"{"error":"invalid_token","error_description":"planted"}"#,
        ),
        bad(
            "input-is-error",
            "error",
            r#"{"ok":false,"statusCode":403,"message":"planted"}"#,
        ),
        bad(
            "jwt-credential-ended",
            "2025",
            r#"{"CLIENT_SECRET":"planted","ORG_ID":"planted","API_KEY":"planted","PUBLIC_KEYS_WITH_EXPIRY":{}}"#,
        ),
        bad(
            "jwt-credential-ended",
            "2025",
            r#"{"client_id":"planted","client_secret":"planted","meta_scopes":["planted"],"private_key":"planted"}"#,
        ),
        bad(
            "jwt-credential-ended",
            "2025",
            workspace(&json!([{"jwt":{"client_id":"planted"}}])).to_string(),
        ),
        bad(
            kind,
            "project.workspace.details",
            workspace(&json!([{"api_key":{"client_id":"planted"}}])).to_string(),
        ),
        bad(
            kind,
            "project.workspace.details",
            workspace(&json!([])).to_string(),
        ),
        bad(
            "field-bad",
            "project.workspace.details.credentials",
            workspace(&json!("planted")).to_string(),
        ),
        bad(
            "several-credentials",
            "2",
            workspace(&json!([inner(), inner()])).to_string(),
        ),
        bad(
            "field-missing",
            "project.workspace",
            r#"{"project":{"name":"planted"}}"#,
        ),
    ]
}

fn inner() -> Value {
    json!({"oauth_server_to_server": {
        "client_id": "planted1", "client_secrets": ["planted2"], "scopes": ["openid"],
        "technical_account_email": "a@techacct.adobe.com", "technical_account_id": "b@techacct.adobe.com",
    }})
}

fn workspace(credentials: &Value) -> Value {
    json!({"project": {
        "org": {"ims_org_id": "1234@AdobeOrg"},
        "workspace": {"details": {"credentials": credentials}},
    }})
}

fn spoilt_oauth() -> Vec<Bad> {
    let mut all = Vec::new();
    let mut spoil = |code, name: &str, value: Value| {
        let mut file = oauth();
        file[name] = value;
        all.push(bad(code, name, file.to_string()));
    };
    spoil("field-missing", "CLIENT_ID", Value::Null);
    spoil("field-missing", "CLIENT_SECRETS", Value::Null);
    spoil("field-missing", "SCOPES", Value::Null);
    spoil("field-bad", "CLIENT_ID", json!("planted\nplanted"));
    spoil("field-bad", "CLIENT_ID", json!(["planted"]));
    spoil("field-bad", "CLIENT_SECRETS", json!([]));
    spoil("field-bad", "CLIENT_SECRETS", json!("planted"));
    spoil("field-bad", "CLIENT_SECRETS", json!(vec!["planted"; 11]));
    spoil("field-bad", "SCOPES", json!([]));
    spoil("field-bad", "SCOPES", json!(vec!["planted"; 101]));
    spoil("field-bad", "ORG_ID", json!("planted\u{7}"));
    spoil("field-bad", "TECHNICAL_ACCOUNT_ID", json!(5));
    let mut second = oauth();
    second["CLIENT_SECRETS"] = json!(["fine", "planted planted"]);
    all.push(bad("field-bad", "CLIENT_SECRETS[1]", second.to_string()));
    let mut in_workspace = inner();
    in_workspace["oauth_server_to_server"]["client_id"] = json!("planted planted");
    all.push(bad(
        "field-bad",
        "project.workspace.details.credentials[0].oauth_server_to_server.client_id",
        workspace(&json!([in_workspace])).to_string(),
    ));
    all
}

fn spoilt_tokens() -> Vec<Bad> {
    let good = token();
    let claims = |payload: Value| jwt(&json!({"alg": "RS256"}), &payload);
    let wrong = "token-wrong-kind";
    let unknown = "input-not-recognised";
    vec![
        bad(unknown, "neither", "planted"),
        bad(unknown, "neither", "planted.planted.planted"),
        bad(unknown, "neither", "eyJ.eyJ.eyJ"),
        bad(unknown, "neither", "Bearer"),
        bad(
            unknown,
            "neither",
            "Authorization: Basic cGxhbnRlZDpwbGFudGVk",
        ),
        bad(unknown, "spaces", format!("{good} {good}")),
        bad(unknown, "several", format!("{good}\n{good}")),
        bad(unknown, "spaces", format!("my token is {good}")),
        bad(unknown, "neither", good.replace('.', "-.") + "!"),
        bad(unknown, "neither", good.replacen('e', "é", 1)),
        bad("token-cut-off", "pasted with it", format!("{good}\u{0007}")),
        bad(unknown, "neither", good.split_once('.').unwrap().1),
        bad(
            "token-cut-off",
            "missing",
            &good.as_bytes()[..good.len() - 30],
        ),
        bad("token-cut-off", "missing", format!("{good}\nplanted")),
        bad(unknown, "longer", format!("{good}{}", "A".repeat(20_000))),
        bad(wrong, "refresh", claims(json!({"type": "refresh_token"}))),
        bad(wrong, "id token", claims(json!({"type": "id_token"}))),
        bad(wrong, "another kind", claims(json!({"type": "planted"}))),
        bad(
            wrong,
            "assertion",
            claims(
                json!({"iss": "planted@AdobeOrg", "sub": "planted", "aud": "planted", "exp": 1}),
            ),
        ),
        bad(wrong, "type", claims(json!({"sub": "planted"}))),
        bad(unknown, "neither", claims(json!(["planted"]))),
        bad(
            unknown,
            "neither",
            jwt(&json!({"typ": "JWT"}), &json!({"type": "access_token"})),
        ),
        bad(
            wrong,
            "accessToken",
            json!({"ok": true, "accessToken": claims(json!({"type": "refresh_token"}))})
                .to_string(),
        ),
        bad(
            unknown,
            "accessToken",
            json!({"accessToken": "planted"}).to_string(),
        ),
        bad(
            "field-bad",
            "accessToken",
            json!({"accessToken": ""}).to_string(),
        ),
        bad(
            "field-bad",
            "access_token",
            json!({"access_token": {"planted": 1}}).to_string(),
        ),
    ]
}

/// Values nobody may see in an error, and what a test has planted.
fn forbidden() -> Vec<String> {
    let file = good();
    let mut values = vec!["planted".to_owned(), "plantéd".to_owned()];
    for path in [SECRET, ID, ORG, "integration.email"] {
        values.push(file.text(path).to_owned());
    }
    for path in [KEY, CERTIFICATE] {
        let lines = file.text(path).lines();
        values.extend(
            lines
                .filter(|line| !line.starts_with('-'))
                .map(|line| line[..16.min(line.len())].to_owned()),
        );
    }
    values.extend(token().split('.').map(|part| part[..20].to_owned()));
    values
}

#[test]
fn every_bad_input_is_told_with_its_place_and_a_next_step_and_without_a_value() {
    let corpus: Vec<Bad> = [
        spoilt_fields(),
        spoilt_keys(),
        spoilt_json(),
        other_things(),
        spoilt_oauth(),
        spoilt_tokens(),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert!(corpus.len() >= 100, "{}", corpus.len());
    let forbidden = forbidden();
    let mut wrong = Vec::new();
    for case in &corpus {
        let shown: String = String::from_utf8_lossy(&case.input)
            .chars()
            .take(60)
            .collect();
        let mut complain = |what: &str, problem: Option<&Problem>| {
            wrong.push(format!(
                "{} ({}) {shown:?}: {what}: {problem:?}",
                case.code, case.mentions
            ));
        };
        let Err(problem) = detect(&case.input) else {
            complain("was read", None);
            continue;
        };
        let said = format!("{problem} {problem:?}");
        if problem.code != case.code {
            complain("another code", Some(&problem));
        }
        if !said.contains(&case.mentions) {
            complain("does not mention it", Some(&problem));
        }
        if problem.cause.is_none() || problem.next_step.is_none() {
            complain("no cause or no next step", Some(&problem));
        }
        if forbidden.iter().any(|value| said.contains(value.as_str())) {
            complain("shows a value", Some(&problem));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn service(input: &[u8]) -> ServiceCredentials {
    match detect(input).unwrap() {
        Imported::Service(service) => *service,
        other => panic!("not service credentials: {other:?}"),
    }
}

#[test]
fn every_good_variant_of_service_credentials_is_read_alike() {
    let file = good();
    let whole = String::from_utf8(file.bytes()).unwrap();
    let (key, certificate) = (file.text(KEY).to_owned(), file.text(CERTIFICATE).to_owned());
    let both = |change: &dyn Fn(&str) -> String| {
        file.clone()
            .set(KEY, change(&key))
            .set(CERTIFICATE, change(&certificate))
            .bytes()
    };
    let utf16 = |mark: bool, unit: fn(u16) -> [u8; 2]| {
        let mark = if mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{whole}");
        text.encode_utf16().flat_map(unit).collect::<Vec<u8>>()
    };
    let inner = file.json()["integration"].clone();
    let mut with_sibling = inner.clone();
    with_sibling["proxy"] = json!({"host": "proxy.example.com", "port": 8080});
    let variants: Vec<(&str, Vec<u8>)> = vec![
        ("as downloaded", file.bytes()),
        ("minified", file.json().to_string().into()),
        (
            "without ok and statusCode",
            file.clone().without("ok").without("statusCode").bytes(),
        ),
        ("unwrapped", inner.to_string().into()),
        ("unwrapped, with a proxy", with_sibling.to_string().into()),
        (
            "unknown keys",
            file.clone()
                .set("new", json!({"a": [1, null]}))
                .set("integration.new", true)
                .set("integration.technicalAccount.new", 1.5)
                .bytes(),
        ),
        ("LF", both(&|pem| pem.replace("\r\n", "\n"))),
        ("CR", both(&|pem| pem.replace("\r\n", "\r"))),
        ("spaces", both(&|pem| pem.replace("\r\n", " "))),
        ("nothing between", both(&|pem| pem.replace("\r\n", ""))),
        ("literal \\n", both(&|pem| pem.replace("\r\n", "\\n"))),
        ("literal \\r\\n", both(&|pem| pem.replace("\r\n", "\\r\\n"))),
        (
            "doubled backslashes",
            both(&|pem| pem.replace("\r\n", "\\\\r\\\\n")),
        ),
        ("no last newline", both(&|pem| pem.trim_end().to_owned())),
        ("indented", both(&|pem| pem.replace("\r\n", "\n    "))),
        (
            "PKCS#8",
            file.clone().set(KEY, pem("PRIVATE KEY", pkcs8())).bytes(),
        ),
        ("byte order mark", format!("\u{feff}{whole}").into()),
        ("UTF-16 little-endian", utf16(true, u16::to_le_bytes)),
        ("UTF-16 big-endian", utf16(true, u16::to_be_bytes)),
        ("UTF-16 without a mark", utf16(false, u16::to_le_bytes)),
        ("big-endian without a mark", utf16(false, u16::to_be_bytes)),
        ("Windows line ends", whole.replace('\n', "\r\n").into()),
        ("fenced", format!("```json\n{whole}\n```\n").into()),
        ("wrapped by a terminal", {
            let line = file.json().to_string();
            let characters: Vec<char> = line.chars().collect();
            characters
                .chunks(80)
                .map(|c| c.iter().collect::<String>())
                .collect::<Vec<_>>()
                .join("\n")
                .into()
        }),
        (
            "metascopes as a list",
            file.clone()
                .set(SCOPES, json!(["ent_aem_cloud_api"]))
                .bytes(),
        ),
        (
            "IMS in capitals",
            file.clone().set(IMS, "IMS-NA1.AdobeLogin.com").bytes(),
        ),
        (
            "a date of a new form",
            file.clone().set(END, "in a year").bytes(),
        ),
    ];
    let expected = service(&file.bytes()).facts();
    for (name, input) in variants {
        let read = service(&input);
        assert_eq!(read.facts(), expected, "{name}");
        assert_eq!(
            read.client_secret,
            Secret::from(file.text(SECRET)),
            "{name}"
        );
        let verdicts: Vec<Verdict> = read
            .checks(now())
            .iter()
            .map(|check| check.verdict)
            .collect();
        assert!(
            verdicts.iter().all(|verdict| *verdict == Verdict::Fine),
            "{name}: {:?}",
            read.checks(now())
        );
    }
    assert_eq!(expected.not_after, Some(now() + days(300)));
    assert_eq!(expected.scopes, ["ent_aem_cloud_api"]);
}

#[test]
fn client_ids_of_every_form_name_their_environment() {
    for (client_id, ids) in [
        ("cm-p123-e1234", Some("p123-e1234")),
        ("cm-p123-e1234-integration", Some("p123-e1234")),
        (
            "cm-p123-e1234-cmstg-integration-3",
            Some("p123-e1234-cmstg"),
        ),
        ("something-else", None),
    ] {
        let mut account = account();
        client_id.clone_into(&mut account.client_id);
        let read = service(&account.file());
        assert_eq!(read.cloud_ids().map(|ids| ids.to_string()).as_deref(), ids);
    }
}

#[test]
fn without_a_certificate_the_declared_end_counts() {
    let end = "2027-02-14T07:35:37Z".parse().unwrap();
    for value in [
        json!("2027-02-14T07:35:37.000Z"),
        json!("2027-02-14T08:35:37+01:00"),
        json!(1_802_590_537_000_i64),
    ] {
        let read = service(&good().without(CERTIFICATE).set(END, value).bytes());
        assert_eq!(read.facts().not_after, Some(end));
    }
    for empty in [
        good().set(CERTIFICATE, Value::Null),
        good().set(CERTIFICATE, ""),
        good().without(CERTIFICATE),
    ] {
        let read = service(&empty.without(END).bytes());
        assert_eq!(read.facts().not_after, None);
        assert!(
            read.checks(now())
                .iter()
                .any(|check| check.verdict == Verdict::Unknown)
        );
    }
}

/// What is true of a file without making it unreadable.
#[test]
fn parts_that_do_not_fit_are_told_by_the_checks() {
    let other = ServiceCredentialsFile::of(&account().key(1));
    let mut renamed = account();
    renamed.client_id = "cm-p9-e9-integration-0".into();
    let renamed = ServiceCredentialsFile::of(&renamed);
    let ending = |days_left| ServiceAccount::new("p123-e1250", 0, now() + days(days_left)).file();
    for (input, verdict, said) in [
        (
            good().set(CERTIFICATE, other.text(CERTIFICATE)).bytes(),
            Verdict::Wrong,
            "privateKey does not fit",
        ),
        (
            good().set(CERTIFICATE, renamed.text(CERTIFICATE)).bytes(),
            Verdict::Warning,
            "another client",
        ),
        (
            good().set(END, "2020-01-01T00:00:00Z").bytes(),
            Verdict::Warning,
            "certificateExpirationDate",
        ),
        (
            good().set(IMS, "ims.example.com").bytes(),
            Verdict::Warning,
            "not one of Adobe's",
        ),
        (
            good().set(IMS, "adobelogin.com.example.com").bytes(),
            Verdict::Warning,
            "not one of Adobe's",
        ),
        (
            good().set(SCOPES, "").bytes(),
            Verdict::Warning,
            "metascopes is empty",
        ),
        (
            ending(26),
            Verdict::Warning,
            "18 Dec 2026, in 26 d: renew soon",
        ),
        (ending(-3), Verdict::Warning, "expired 19 Nov 2026, 3 d ago"),
        (ending(400), Verdict::Warning, "valid only from"),
    ] {
        let checks = service(&input).checks(now());
        let found = checks.iter().find(|check| check.text.contains(said));
        assert_eq!(
            found.map(|check| check.verdict),
            Some(verdict),
            "{said}: {checks:?}"
        );
    }
}

#[test]
fn every_shape_of_an_oauth_credential_is_read_alike() {
    let account = OauthAccount::new("p1-e2", 7);
    let flat: Value = oauth();
    let mut single = flat.clone();
    single.as_object_mut().unwrap().remove("CLIENT_SECRETS");
    single["CLIENT_SECRET"] = json!(account.secrets[0]);
    let context = json!({
        "client_id": account.client_id, "client_secrets": account.secrets, "scopes": account.scopes,
        "technical_account_id": account.technical_account_id, "technical_account_email": account.email,
        "ims_org_id": account.org, "oauth_enabled": true,
    });
    let mut inner = context.clone();
    inner.as_object_mut().unwrap().remove("ims_org_id");
    let mut file = workspace(
        &json!([{"api_key": {}}, {"id": "1", "integration_type": "oauth_server_to_server", "oauth_server_to_server": inner}]),
    );
    file["project"]["org"]["ims_org_id"] = json!(account.org);
    for shape in [flat, single, context, file] {
        let Imported::Oauth(read) = detect(shape.to_string().as_bytes()).unwrap() else {
            panic!("not an OAuth credential");
        };
        assert_eq!(read.client_id, account.client_id);
        assert_eq!(
            read.client_secrets,
            [Secret::from(account.secrets[0].as_str())]
        );
        assert_eq!(read.scopes, account.scopes);
        assert_eq!(read.org.as_deref(), Some(account.org.as_str()));
        assert_eq!(
            read.technical_account_id.as_deref(),
            Some(account.technical_account_id.as_str())
        );
        assert_eq!(
            read.technical_account_email.as_deref(),
            Some(account.email.as_str())
        );
    }
}

#[test]
fn every_way_to_paste_a_token_gives_the_same() {
    let bare = token();
    let json = json!({"ok": true, "statusCode": 200, "accessToken": bare}).to_string();
    let (head, tail) = bare.split_at(80);
    let wrapped_json: String = json
        .as_bytes()
        .chunks(80)
        .map(|line| format!("{}\r\n", String::from_utf8_lossy(line)))
        .collect();
    for text in [
        bare.clone(),
        format!(" {bare}\n"),
        format!("Bearer {bare}"),
        format!("bearer   {bare}"),
        format!("Authorization: Bearer {bare}"),
        format!("authorization:bearer {bare}\r\n"),
        format!("\"{bare}\""),
        format!("'Bearer {bare}'"),
        format!("-H \"Authorization: Bearer {bare}\""),
        format!("{head}\n{tail}"),
        format!("{head}   \r\n  {tail}"),
        format!("{head}\r{tail}"),
        json.clone(),
        wrapped_json,
        format!("\u{feff}{json}"),
        format!("```\n{bare}\n```"),
        json!({"access_token": bare, "token_type": "bearer", "expires_in": 86_399_999}).to_string(),
        json!({"accessToken": format!("Bearer {bare}")}).to_string(),
        format!("\"accessToken\": \"{bare}\","),
        format!("accessToken:\"{bare}\""),
    ] {
        let Imported::DevelopmentToken(read) = detect(text.as_bytes()).unwrap() else {
            panic!("not a token");
        };
        assert_eq!(read.secret, Secret::from(bare.as_str()));
        assert_eq!(read.expires_at, Some(now() + days(1)));
    }
    // An expired one is read too: what that means is decided where it is used.
    let old = fixtures::development_token(&fixtures::person(1, &["p1-e2"]), now() - days(3));
    assert!(detect(old.expose()).is_ok());
}

#[test]
fn a_stored_credential_comes_back_whole_and_small() {
    let end = now() + days(300);
    for (name, file) in [
        ("usual", good()),
        (
            "long ids",
            ServiceCredentialsFile::of(&ServiceAccount::new("p1234567-e7654321-cmstg", 12, end)),
        ),
        (
            "many metascopes",
            good().set(
                SCOPES,
                "ent_aem_cloud_api,ent_aem_cloud_sdk,ent_cloudmgr_sdk",
            ),
        ),
    ] {
        let credential = Credential::Service(service(&file.bytes()));
        let compact = credential.to_compact();
        assert!(
            (1500..=2300).contains(&compact.len()),
            "{name}: {}",
            compact.len()
        );
        let back = Credential::from_compact(&compact).unwrap();
        assert_eq!(back.facts(), credential.facts(), "{name}");
        let (Credential::Service(a), Credential::Service(b)) = (&credential, &back) else {
            panic!("another kind");
        };
        assert_eq!(a.client_secret, b.client_secret);
        assert_eq!(a.private_key.der(), b.private_key.der());
        assert_eq!(a.certificate, b.certificate);
        assert_eq!(a.declared_not_after, b.declared_not_after);
    }
    // A certificate of another key cannot be shortened, and comes back all the same.
    let other = ServiceCredentialsFile::of(&account().key(1));
    let mixed = Credential::Service(service(
        &good().set(CERTIFICATE, other.text(CERTIFICATE)).bytes(),
    ));
    let back = Credential::from_compact(&mixed.to_compact()).unwrap();
    assert_eq!(back.facts(), mixed.facts());

    let Imported::Oauth(read) = detect(oauth().to_string().as_bytes()).unwrap() else {
        panic!("not an OAuth credential");
    };
    let credential = Credential::Oauth(*read);
    let back = Credential::from_compact(&credential.to_compact()).unwrap();
    assert_eq!(back.kind(), Kind::OauthServerToServer);
    assert_eq!(back.facts(), credential.facts());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_answered(input in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Err(problem) = detect(&input) {
            prop_assert!(problem.next_step.is_some());
        }
    }

    #[test]
    fn any_text_is_answered(input in "[\\PC\\s{}\\[\\]\":,]{0,200}") {
        if let Err(problem) = detect(input.as_bytes()) {
            prop_assert!(problem.next_step.is_some());
        }
    }

    /// A good file with bytes changed, taken out or doubled: read or told, never a panic, and no secret in the telling.
    #[test]
    fn a_damaged_file_is_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
        which in 0usize..3,
    ) {
        let mut input = match which {
            0 => good().bytes(),
            1 => oauth().to_string().into_bytes(),
            _ => json!({"accessToken": token()}).to_string().into_bytes(),
        };
        for (at, byte, change) in changes {
            let at = at.index(input.len());
            match change {
                0 => input[at] = byte,
                1 => { input.remove(at); }
                2 => input.insert(at, byte),
                _ => input.truncate(at.max(1)),
            }
        }
        if let Err(problem) = detect(&input) {
            prop_assert!(problem.next_step.is_some());
            let said = format!("{problem} {problem:?}");
            prop_assert!(!said.contains("simulated-secret"));
            prop_assert!(!said.contains("AdobeOrg@") && !said.contains("MII"));
        }
    }
}
