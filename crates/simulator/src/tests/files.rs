//! The files of the consoles, and the demo.

use super::*;

#[test]
fn files_have_the_format_of_the_consoles() {
    let file: Value = serde_json::from_slice(&account().file()).unwrap();
    let integration = &file["integration"];
    assert_eq!(
        integration["certificateExpirationDate"],
        "2026-12-18T14:03:00.000Z"
    );
    assert_eq!(
        integration["technicalAccount"]["clientId"],
        "cm-p123-e1250-integration-0"
    );
    let key = integration["privateKey"].as_str().unwrap();
    assert!(key.starts_with("-----BEGIN RSA PRIVATE KEY-----\r\n"));
    let certificate = account().certificate();
    let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
    assert_eq!(
        parsed.validity().not_after.timestamp(),
        account().not_after.as_second()
    );
    assert_eq!(
        parsed.subject().to_string(),
        "CN=cm-p123-e1250-integration-0"
    );
    assert_eq!(
        parsed.public_key().subject_public_key.data,
        account().binding().public_key
    );
    assert!(parsed.is_ca());
    let sub = integration["id"].as_str().unwrap();
    assert_eq!(sub.split('@').next().unwrap().len(), 24);
    let other = ServiceAccount::new("p123-e1250", 1, now());
    assert_ne!(other.technical_account_id, sub);
    assert_ne!(other.email, account().email);
}

#[test]
fn files_are_detected_and_read() {
    let account = account();
    let Ok(Imported::Service(service)) = detect(&account.file()) else {
        panic!("not recognised as service credentials");
    };
    assert_eq!(service.client_id, account.client_id);
    assert_eq!(service.facts().not_after, Some(account.not_after));
    assert_eq!(
        service.private_key.public_key(),
        account.binding().public_key
    );
    assert_eq!(service.cloud_ids().unwrap().to_string(), account.ids);
    let wrong: Vec<_> = service
        .checks(now(), &Thresholds::default())
        .into_iter()
        .filter(|check| check.verdict == CheckVerdict::Wrong)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");

    let mut oauth = OauthAccount::new("p1-e2", 1);
    oauth.secrets.push("simulated-secret-b".into());
    let Ok(Imported::Oauth(read)) = detect(&oauth.file()) else {
        panic!("not recognised as an OAuth credential");
    };
    assert_eq!(
        (read.client_id.as_str(), read.client_secrets.len()),
        (oauth.client_id.as_str(), 2)
    );

    let token = fixtures::development_token(&fixtures::person(1, &["p1-e2"]), now());
    let Ok(Imported::DevelopmentToken(read)) = detect(&fixtures::development_token_file(&token))
    else {
        panic!("not recognised as a development token");
    };
    assert_eq!(read.secret, token);
    assert_eq!(
        read.expires_at,
        Some(now() + SignedDuration::from_hours(24))
    );
}

#[test]
fn the_demo_works_with_its_simulator() {
    let demo = demo::demo_at(now());
    assert_eq!(demo.identities.len(), 7);
    let person = fixtures::person(1, &["p123-e1301"]);
    let token = demo
        .identities
        .iter()
        .find_map(|identity| match (&identity.input, identity.environment) {
            (demo::Input::File(file), "wknd-dev") => {
                let file: Value = serde_json::from_slice(file).unwrap();
                Some(file["accessToken"].as_str().unwrap().to_owned())
            }
            _ => None,
        })
        .unwrap();
    let simulator = Simulator::start(demo.configuration).unwrap();
    let me = get(
        &simulator,
        "author-p123-e1301.adobeaemcloud.com",
        WHO_AM_I,
        &token,
    );
    assert_eq!(me.json()["authorizableId"], person.email.as_str());
    let claims = super::token::IssuedClaims::read(&token).unwrap();
    let left = claims.created_at.as_millisecond() + claims.lifetime_ms - now().as_millisecond();
    assert_eq!(left / 60_000, 41);
}
