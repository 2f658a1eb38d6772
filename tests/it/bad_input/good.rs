//! Valid variants of the inputs: how they are read, checked and stored.

use aemkeys_core::credential::CheckVerdict as Verdict;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{
    Code, Credential, Imported, Kind, Secret, ServiceCredentials, detect,
};
use aemkeys_simulator::fixtures::{self, OauthAccount, ServiceAccount};
use serde_json::{Value, json};

use super::credentials_file::ServiceCredentialsFile;
use super::{
    CERTIFICATE, END, ID, IMS, KEY, SCOPES, SECRET, account, days, good, now, oauth, pem, pkcs8,
    token, workspace,
};

/// What is read, after it was stored and read again.
fn service(input: &[u8]) -> ServiceCredentials {
    let read = match detect(input).unwrap() {
        Imported::Service(service) => Credential::Service(*service),
        other => panic!("not service credentials: {other:?}"),
    };
    let back = Credential::decode(&read.encode()).unwrap();
    assert_eq!(back.facts(), read.facts());
    match back {
        Credential::Service(service) => service,
        Credential::Oauth(oauth) => panic!("another kind: {oauth:?}"),
    }
}

/// As an 80 column terminal gives it back when it is copied.
fn wrapped(text: &str, line_end: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = characters.chunks(80).map(String::from_iter).collect();
    lines.join(line_end)
}

fn variants(file: &ServiceCredentialsFile) -> Vec<(&'static str, Vec<u8>)> {
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
    vec![
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
        (
            "wrapped by a terminal",
            wrapped(&file.json().to_string(), "\n").into(),
        ),
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
    ]
}

#[test]
fn reads_every_valid_form_of_service_credentials() {
    let file = good();
    let expected = service(&file.bytes()).facts();
    for (name, input) in variants(&file) {
        let read = service(&input);
        assert_eq!(read.facts(), expected, "{name}");
        assert_eq!(
            read.client_secret,
            Secret::from(file.text(SECRET)),
            "{name}"
        );
        let verdicts: Vec<Verdict> = read
            .checks(now(), &Thresholds::default())
            .iter()
            .map(|check| check.verdict)
            .collect();
        assert!(
            verdicts.iter().all(|verdict| *verdict == Verdict::Fine),
            "{name}: {:?}",
            read.checks(now(), &Thresholds::default())
        );
    }
    assert_eq!(expected.not_after, Some(now() + days(300)));
    assert_eq!(expected.scopes, ["ent_aem_cloud_api"]);
}

#[test]
fn finds_the_environment_in_every_form_of_client_id() {
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
fn uses_the_declared_expiry_without_a_certificate() {
    let end = "2027-02-14T07:35:37Z".parse().unwrap();
    for value in [
        json!("2027-02-14T07:35:37.000Z"),
        json!("2027-02-14T08:35:37+01:00"),
        json!(1_802_590_537_000_i64),
        json!(1_802_590_537),
        json!("1802590537"),
    ] {
        let read = service(&good().without(CERTIFICATE).set(END, value).bytes());
        assert_eq!(read.facts().not_after, Some(end));
    }
    let last = "9999-12-30T22:00:00Z".parse().unwrap();
    for value in [
        json!("9999-12-30T22:00:00.999Z"),
        json!("9999-12-31T12:00:00.000Z"),
        json!("9999-12-31T23:59:59Z"),
    ] {
        let read = service(&good().without(CERTIFICATE).set(END, value).bytes());
        assert_eq!(read.facts().not_after, Some(last));
    }
    for empty in [
        good().set(CERTIFICATE, Value::Null),
        good().set(CERTIFICATE, ""),
        good().without(CERTIFICATE),
    ] {
        let read = service(&empty.without(END).bytes());
        assert_eq!(read.facts().not_after, None);
        assert!(
            read.checks(now(), &Thresholds::default())
                .iter()
                .any(|check| check.verdict == Verdict::Unknown)
        );
    }
}

#[test]
fn accepts_ids_and_scopes_up_to_their_limits() {
    let id = "4A1BD0C2-F775@techacct.adobe.com";
    let read = service(&good().set(ID, id).bytes());
    assert_eq!(read.technical_account_id, id);
    let scopes = |count: usize| vec!["ent_aem_cloud_api"; count].join(",");
    let read = service(&good().set(SCOPES, scopes(50)).bytes());
    assert_eq!(read.metascopes.len(), 50);
    let problem = detect(&good().set(SCOPES, scopes(51)).bytes()).unwrap_err();
    assert_eq!(problem.code, Code::FieldBad);
}

/// What is true of a file without making it unreadable.
#[test]
fn checks_report_parts_that_do_not_match() {
    let other = ServiceCredentialsFile::of(&account().key(1));
    let mut renamed = account();
    renamed.client_id = "cm-p9-e9-integration-0".into();
    let renamed = ServiceCredentialsFile::of(&renamed);
    let ending = |days_left| ServiceAccount::new("p123-e1250", 0, now() + days(days_left)).file();
    for (input, verdict, said) in [
        (
            good().set(CERTIFICATE, other.text(CERTIFICATE)).bytes(),
            Verdict::Wrong,
            "privateKey does not match",
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
            ending(26),
            Verdict::Warning,
            "18 Dec 2026, in 26 days: rotate soon",
        ),
        (
            ending(-3),
            Verdict::Warning,
            "expired 19 Nov 2026, 3 days ago",
        ),
        (ending(400), Verdict::Warning, "not valid before"),
    ] {
        let checks = service(&input).checks(now(), &Thresholds::default());
        let found = checks.iter().find(|check| check.text.contains(said));
        assert_eq!(
            found.map(|check| check.verdict),
            Some(verdict),
            "{said}: {checks:?}"
        );
    }
}

#[test]
fn reads_every_valid_form_of_an_oauth_credential() {
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
fn reads_every_valid_form_of_a_pasted_token() {
    let bare = token();
    let json = json!({"ok": true, "statusCode": 200, "accessToken": bare}).to_string();
    let (head, tail) = bare.split_at(80);
    let wrapped_json = wrapped(&json, "\r\n");
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
fn a_stored_credential_is_compact_and_complete() {
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
        let compact = credential.encode();
        assert!(
            (1500..=2300).contains(&compact.len()),
            "{name}: {}",
            compact.len()
        );
        let back = Credential::decode(&compact).unwrap();
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
    let back = Credential::decode(&mixed.encode()).unwrap();
    assert_eq!(back.facts(), mixed.facts());

    let Imported::Oauth(read) = detect(oauth().to_string().as_bytes()).unwrap() else {
        panic!("not an OAuth credential");
    };
    let credential = Credential::Oauth(*read);
    let back = Credential::decode(&credential.encode()).unwrap();
    assert_eq!(back.kind(), Kind::OauthServerToServer);
    assert_eq!(back.facts(), credential.facts());
}
