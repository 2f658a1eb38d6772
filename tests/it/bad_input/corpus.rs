//! The corpus of bad inputs: for each one the error code and a word that the message must contain.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    CERTIFICATE, CLIENT, END, ID, IMS, KEY, ORG, SCOPES, SECRET, account, good, oauth, pem, pkcs8,
    token, workspace,
};

pub fn all() -> Vec<Bad> {
    [
        spoilt_fields(),
        spoilt_keys(),
        spoilt_json(),
        other_texts(),
        binary_files(),
        other_json(),
        spoilt_workspaces(),
        spoilt_oauth(),
        spoilt_tokens(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn jwt(header: &Value, payload: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = URL_SAFE_NO_PAD.encode([7; 256]);
    format!("{}.{}.{signature}", encode(header), encode(payload))
}

/// One thing to hand in, with the code it must give and a word its problem must contain (a field's path, mostly).
pub struct Bad {
    pub code: &'static str,
    pub mentions: String,
    pub input: Vec<u8>,
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
            json!("planted\u{202e}"),
            json!("planted".repeat(1000)),
        ] {
            spoil("field-bad", path, value);
        }
        // A secret may contain any printable character.
        if path != SECRET {
            spoil("field-bad", path, json!("planted value"));
            spoil("field-bad", path, json!("plantéd"));
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
    spoil("key-bad", KEY, pem("RSA PUBLIC KEY", b"planted"));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", b"planted"));
    spoil("key-bad", KEY, pem("PRIVATE KEY", b"planted"));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", &[]));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", &[0x30; 9000]));
    spoil("key-bad", KEY, pem("RSA PRIVATE KEY", pkcs8()));
    let weak = include_bytes!("../../../crates/simulator/assets/keys/weak-key-1024.der");
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
        bad("input-empty", "empty", ""),
        bad("input-empty", "empty", " \r\n\t "),
        bad("input-empty", "empty", "\u{feff}"),
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

fn other_texts() -> Vec<Bad> {
    let key = good().text(KEY).to_owned();
    let certificate = good().text(CERTIFICATE).to_owned();
    let kind = "input-wrong-kind";
    vec![
        bad(kind, "only a private key", key.clone()),
        bad(kind, "only a private key", pem("PRIVATE KEY", pkcs8())),
        bad(kind, "encrypted", pem("ENCRYPTED PRIVATE KEY", b"planted")),
        bad(kind, "only a certificate", certificate.clone()),
        bad(
            kind,
            "private key and a certificate",
            format!("{key}{certificate}"),
        ),
        bad(
            kind,
            "private key and a certificate",
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
            "field-missing",
            "scopes",
            "CLIENT_ID=planted\nCLIENT_SECRET=planted\n",
        ),
        bad(
            kind,
            "settings",
            "kind: \"API\"\nversion: 1\ndata: planted\n",
        ),
        bad(kind, "base64", STANDARD.encode("{\"planted\": \"planted\"")),
    ]
}

fn binary_files() -> Vec<Bad> {
    let binary = "input-not-text";
    vec![
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
        bad(binary, "picture", vec![0xff, 0xd8, 0xff, 0xe0, 0]),
        bad(binary, "PDF", b"%PDF-1.7\n\xff\xff".to_vec()),
        bad(binary, "7-Zip", b"7z\xbc\xaf\x27\x1c".to_vec()),
        bad(binary, ".p12", vec![0x30, 0x80, 2, 1, 3, 0x30, 0x80, 0xff]),
        bad(binary, "Office", vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1]),
        bad(binary, "neither UTF-8 nor UTF-16", vec![0xff, 0, 0xc3]),
    ]
}

fn other_json() -> Vec<Bad> {
    let kind = "input-wrong-kind";
    vec![
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
            "jwt-credential-discontinued",
            "2025",
            r#"{"CLIENT_SECRET":"planted","ORG_ID":"planted","API_KEY":"planted","PUBLIC_KEYS_WITH_EXPIRY":{}}"#,
        ),
        bad(
            "jwt-credential-discontinued",
            "2025",
            r#"{"client_id":"planted","client_secret":"planted","meta_scopes":["planted"],"private_key":"planted"}"#,
        ),
    ]
}

fn spoilt_workspaces() -> Vec<Bad> {
    let kind = "input-wrong-kind";
    vec![
        bad(
            "jwt-credential-discontinued",
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
    spoil("field-bad", "CLIENT_SECRETS", json!(vec!["planted"; 11]));
    spoil("field-bad", "SCOPES", json!([]));
    spoil("field-bad", "SCOPES", json!(vec!["planted"; 101]));
    spoil("field-bad", "ORG_ID", json!("planted\u{7}"));
    spoil("field-bad", "TECHNICAL_ACCOUNT_ID", json!(5));
    let mut second = oauth();
    second["CLIENT_SECRETS"] = json!(["fine", "planted\nplanted"]);
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
        bad(unknown, "not recognised", "planted"),
        bad(unknown, "not recognised", "planted.planted.planted"),
        bad(unknown, "not recognised", "eyJ.eyJ.eyJ"),
        bad(unknown, "not recognised", "Bearer"),
        bad(
            unknown,
            "not recognised",
            "Authorization: Basic cGxhbnRlZDpwbGFudGVk",
        ),
        bad(unknown, "spaces", format!("{good} {good}")),
        bad(unknown, "several", format!("{good}\n{good}")),
        bad(unknown, "spaces", format!("my token is {good}")),
        bad(unknown, "not recognised", good.replace('.', "-.") + "!"),
        bad(unknown, "not recognised", good.replacen('e', "é", 1)),
        bad("token-cut-off", "something else", format!("{good}\u{0007}")),
        bad(unknown, "not recognised", good.split_once('.').unwrap().1),
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
        bad(unknown, "not recognised", claims(json!(["planted"]))),
        bad(
            unknown,
            "not recognised",
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

fn inner() -> Value {
    json!({"oauth_server_to_server": {
        "client_id": "planted1", "client_secrets": ["planted2"], "scopes": ["openid"],
        "technical_account_email": "a@techacct.adobe.com", "technical_account_id": "b@techacct.adobe.com",
    }})
}
