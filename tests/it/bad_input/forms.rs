//! Which forms of a credential are read, and which other inputs are refused by their right name?

use aemkeys_core::credential::{Credential, Imported, Problem, Secret, detect};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{CERTIFICATE, CLIENT, KEY, SCOPES, SECRET, good, oauth, pem, token};

fn credential(text: &str) -> Result<Credential, Problem> {
    match detect(text.as_bytes())? {
        Imported::Service(service) => Ok(Credential::Service(*service)),
        Imported::Oauth(oauth) => Ok(Credential::Oauth(*oauth)),
        Imported::DevelopmentToken(_) => panic!("a token: {text}"),
    }
}

fn client() -> Value {
    json!({
        "client_id": "0a1b2c3d", "client_secret": "p8e-planted one", "org_id": "12AB@AdobeOrg",
        "scopes": ["openid", "aem.folders"],
    })
}

#[test]
fn oauth_credentials_are_read_as_tools_write_them() {
    let client = client();
    let with = |name: &str, value: Value| {
        let mut file = client.clone();
        file[name] = value;
        file
    };
    let without_secret = |name: &str, value: Value| {
        let mut file = with(name, value);
        file.as_object_mut().unwrap().remove("client_secret");
        file
    };
    let quoted = client.to_string().replace('"', "\\\"");
    for text in [
        client.to_string(),
        with("client_secret", json!(["p8e-planted one"])).to_string(),
        without_secret("client_secrets", json!("p8e-planted one")).to_string(),
        without_secret("secret", json!("p8e-planted one")).to_string(),
        with("scopes", json!("openid,aem.folders")).to_string(),
        with("environment", json!("prod")).to_string(),
        format!("IMS_OAUTH_S2S={client}\n"),
        format!("# comment\nOTHER=1\nexport IMS_OAUTH_S2S='{client}'\n"),
        format!("IMS_OAUTH_S2S=\"{quoted}\"\n"),
        "IMS_OAUTH_S2S_CLIENT_ID=0a1b2c3d\nIMS_OAUTH_S2S_CLIENT_SECRET='p8e-planted one'\nIMS_OAUTH_S2S_ORG_ID=12AB@AdobeOrg\nIMS_OAUTH_S2S_SCOPES=[\"openid\",\"aem.folders\"]\n".to_owned(),
        "client_id: 0a1b2c3d\nclient_secret: p8e-planted one\norg_id: 12AB@AdobeOrg\nscopes: openid, aem.folders\n".to_owned(),
        "{\n  client_id: '0a1b2c3d',\n  client_secrets: [ 'p8e-planted one' ],\n  ims_org_id: '12AB@AdobeOrg',\n  scopes: [ 'openid', 'aem.folders', ],\n}".to_owned(),
        json!({"ims": {"contexts": {"mine": client, "$current": "mine"}}}).to_string(),
        json!({"ARN": "arn:aws:x", "SecretString": client.to_string()}).to_string(),
        json!({"request_id": "1", "data": {"data": client, "metadata": {"version": 1}}}).to_string(),
        json!({"value": client.to_string(), "id": "https://x.vault.azure.net/secrets/y"}).to_string(),
        json!({"kind": "Secret", "data": {"aem.json": STANDARD.encode(client.to_string())}}).to_string(),
        format!("apiVersion: v1\nkind: Secret\ndata:\n  aem.json: {}\n", STANDARD.encode(client.to_string())),
        format!("kind: Secret\nstringData:\n  aem.json: |\n    {client}\n"),
        STANDARD.encode(client.to_string()),
        Value::String(client.to_string()).to_string(),
    ] {
        let Credential::Oauth(read) = credential(&text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")) else {
            panic!("{text}");
        };
        assert_eq!(read.client_id, "0a1b2c3d", "{text}");
        assert_eq!(read.client_secrets, [Secret::from("p8e-planted one")], "{text}");
        assert_eq!(read.scopes, ["openid", "aem.folders"], "{text}");
        assert_eq!(read.org.as_deref(), Some("12AB@AdobeOrg"), "{text}");
        assert_eq!(read.ims_host, "ims-na1.adobelogin.com", "{text}");
    }
}

#[test]
fn an_oauth_credential_names_its_ims() {
    let of = |name: &str, value: &str| {
        let mut file = client();
        file[name] = json!(value);
        credential(&file.to_string())
    };
    for (name, value) in [
        ("env", "stage"),
        ("env", "STG"),
        ("environment", "stage"),
        ("imsEndpoint", "ims-na1-stg1.adobelogin.com"),
        ("IMS_ENDPOINT", "https://ims-na1-stg1.adobelogin.com/"),
    ] {
        let read = of(name, value).unwrap();
        assert_eq!(
            read.facts().ims_host,
            "ims-na1-stg1.adobelogin.com",
            "{name}"
        );
        let again = credential(std::str::from_utf8(read.to_adobe_json().expose()).unwrap());
        assert_eq!(again.unwrap().facts(), read.facts(), "{name}");
    }
    for (name, value) in [
        ("env", "qa"),
        ("environment", "planted"),
        ("imsEndpoint", "planted"),
    ] {
        let problem = of(name, value).unwrap_err();
        assert!(problem.message.contains(name), "{problem:?}");
        assert!(!format!("{problem:?}").contains("planted"), "{problem:?}");
    }
}

#[test]
fn service_credentials_are_read_from_settings() {
    let file = good();
    let text = |path: &str| file.text(path).to_owned();
    let key = text(KEY);
    let settings = |key: &str| {
        format!(
            "LOG=debug\nIMS_ENDPOINT={}\nMETASCOPES={}\nTECHNICAL_ACCOUNT_CLIENT_ID={}\nTECHNICAL_ACCOUNT_CLIENT_SECRET={}\nTECHNICAL_ACCOUNT_ID={}\nTECHNICAL_ACCOUNT_EMAIL={}\nORG={}\nPRIVATE_KEY={key}\n",
            text(super::IMS),
            text(SCOPES),
            text(CLIENT),
            text(SECRET),
            text(super::ID),
            text("integration.email"),
            text(super::ORG),
        )
    };
    let expected = credential(
        &file
            .clone()
            .without(CERTIFICATE)
            .without(super::END)
            .json()
            .to_string(),
    )
    .unwrap();
    for key in [
        format!("\"{}\"", key.replace("\r\n", "\\n")),
        format!("\"{}\"", key.replace("\r\n", "\n")),
        format!("'{key}'"),
        key.replace("\r\n", "\n"),
        key.replace("\r\n", "\\r\\n"),
    ] {
        let read = credential(&settings(&key)).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(read.facts(), expected.facts());
    }
    // A part of it is named for what it is.
    let problem = credential(&settings("\"\"")).unwrap_err();
    assert!(
        !format!("{problem:?}").contains("only a private key"),
        "{problem:?}"
    );
}

#[test]
fn metascopes_count_by_their_names() {
    let url = |name: &str| format!("https://ims-na1.adobelogin.com/s/{name}");
    for written in [
        json!(url("ent_a")),
        json!([url("ent_a")]),
        json!(format!("{}/", url("ent_a"))),
        json!("ent_a"),
    ] {
        let read = credential(&good().set(SCOPES, written).json().to_string()).unwrap();
        assert_eq!(read.facts().scopes, ["ent_a"]);
    }
    let both = format!("ent_b,{}", url("ent_a"));
    let read = credential(&good().set(SCOPES, both).json().to_string()).unwrap();
    assert_eq!(read.facts().scopes, ["ent_b", "ent_a"]);
    for empty in [
        json!(""),
        json!([]),
        json!(" , "),
        json!(url("")),
        json!("https://ims-na1.adobelogin.com/x"),
    ] {
        let problem = credential(&good().set(SCOPES, empty).json().to_string()).unwrap_err();
        assert_eq!(problem.message, "integration.metascopes cannot be used");
    }
}

#[test]
fn a_bare_public_key_is_no_obstacle() {
    let spki = |key: &[u8]| pem("PUBLIC KEY", key);
    let text = good()
        .without(super::END)
        .set(CERTIFICATE, spki(b"x"))
        .json()
        .to_string();
    let read = credential(&text).unwrap();
    assert_eq!(read.facts().not_after, None);
}

#[test]
fn a_line_end_within_a_value_is_no_part_of_it() {
    let text = client().to_string().replace("openid", "open\nid");
    assert!(credential(&text).is_err());
    let raw_key = good().text(KEY).to_owned();
    let whole = good().json().to_string();
    let escaped = raw_key.replace("\r\n", "\\r\\n");
    assert!(credential(&whole.replace(&escaped, &raw_key)).is_ok());
}

#[test]
fn a_token_is_read_between_invisible_characters() {
    let bare = token();
    for text in [
        format!("\u{feff}\u{200b}{bare}\u{200b}"),
        format!("\u{a0}Bearer\u{a0}{bare}\u{a0}\u{2060}"),
        format!("\"\u{200d}{bare}\u{200c}\""),
    ] {
        let Imported::DevelopmentToken(read) = detect(text.as_bytes()).unwrap() else {
            panic!("{text:?}");
        };
        assert!(read.secret == Secret::from(bare.as_str()), "{text:?}");
    }
}

#[test]
fn other_inputs_are_refused_by_their_names() {
    let jwt = |payload: &str| {
        let encode = |text: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            encode(b"{\"alg\":\"RS256\"}"),
            encode(payload.as_bytes()),
            encode(&[7; 256])
        )
    };
    let login = json!({"token": token(), "expiry": 1});
    for (text, name) in [
        ("hlx_planted_0123456789_".to_owned(), "Edge Delivery"),
        ("authorization: token hlx_planted0123456789".to_owned(), "Edge Delivery"),
        (jwt("{\"iss\":\"https://admin.hlx.page/\",\"aud\":\"planted\",\"sub\":\"o/s\"}"), "Edge Delivery"),
        ("login-token=planted%3aplanted%3acrx.default".to_owned(), "cookie"),
        ("kind: \"API\"\nversion: \"1\"\ndata:\n  allowedClientIDs:\n    author:\n      - planted\n".to_owned(), "api.yaml"),
        (json!({"endpoint": "x", "amcOrgId": "planted", "techAccountId": "x", "privateKey": "planted", "clientId": "c", "clientSecret": "planted"}).to_string(), "ACS AEM Commons"),
        (json!({"client_credentials": {"client_id": "a", "client_secret": "planted"}, "service_principal_credentials": {"organization_id": "b"}}).to_string(), "PDF Services"),
        (json!({"web": {"client_id": "a", "client_secret": "planted", "token_uri": "b"}}).to_string(), "another provider"),
        (json!({"ims": {"contexts": {"cli": {"access_token": login, "refresh_token": login}}}}).to_string(), "aio's login"),
        (json!({"access_token": login, "refresh_token": login}).to_string(), "aio's login"),
        (pem("PUBLIC KEY", b"planted"), "only a public key"),
        (jwt("{\"type\":\"access_token\",\"created_at\":\"1700000000000\",\"expires_in\":\"-86400000\"}"), "negative"),
        (good().set(CLIENT, "cm-p1-e2/../planted").json().to_string(), "clientId"),
        (good().set(CLIENT, "cm-p1..planted").json().to_string(), ".."),
        (format!("{}\n{}", json!({"a": client()}), json!({"b": client()})), "JSON"),
        (json!([client(), client()]).to_string(), "list"),
        (json!({"a": client(), "b": client()}).to_string(), "more than one credential"),
        (format!("A={}\nB={}\n", client(), client()), "more than one credential"),
    ] {
        let problem = detect(text.as_bytes()).unwrap_err();
        let told = format!("{problem:?}");
        assert!(told.contains(name), "{text}: {told}");
        assert!(problem.next_step.is_some() && !told.contains("planted"), "{told}");
    }
}

#[test]
fn a_project_with_its_old_credential_beside_is_read_as_oauth() {
    let mut inner = oauth();
    inner = json!({
        "client_id": inner["CLIENT_ID"].take(), "client_secrets": inner["CLIENT_SECRETS"].take(),
        "scopes": inner["SCOPES"].take(),
    });
    let file = super::workspace(&json!([
        {"integration_type": "oauth_server_to_server_migrate", "oauth_server_to_server": inner},
        {"integration_type": "service", "jwt": {"client_id": "old", "client_secret": "old"}},
    ]));
    assert!(matches!(
        credential(&file.to_string()),
        Ok(Credential::Oauth(_))
    ));
}
