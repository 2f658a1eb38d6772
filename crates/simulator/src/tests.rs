//! Tests that the simulator refuses what IMS and AEM refuse. They send raw bytes, independent of the HTTP client of aemkeys.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::fixtures::{self, OauthAccount, ServiceAccount};
use super::keys::ThrowawayKey;
use super::*;
use aemkeys_core::credential::service_credentials::Verdict;
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{Imported, Secret, detect};

const IMS: &str = "ims-na1.adobelogin.com";
const WHO_AM_I: &str = "/libs/granite/security/currentuser.json?props=memberOf";

fn now() -> Timestamp {
    "2026-11-22T14:03:00Z".parse().unwrap()
}

fn account() -> ServiceAccount {
    ServiceAccount::new("p123-e1250", 0, now() + SignedDuration::from_hours(24 * 26))
}

fn started() -> Simulator {
    Simulator::start(Configuration::at(now()).client(account().client())).unwrap()
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

fn claims(account: &ServiceAccount) -> Value {
    json!({
        "iss": account.org,
        "sub": account.technical_account_id,
        "exp": now().as_second() + 300,
        "aud": format!("https://{IMS}/c/{}", account.client_id),
        format!("https://{IMS}/s/ent_aem_cloud_api"): true,
    })
}

fn assertion(key: usize, claims: &Value) -> String {
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = ThrowawayKey::client(key).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn exchange(simulator: &Simulator, assertion: &str) -> Answer {
    let account = account();
    post(
        simulator,
        IMS,
        "/ims/exchange/jwt",
        &[
            ("client_id", &account.client_id),
            (
                "client_secret",
                &format!("simulated-secret-of-{}", account.client_id),
            ),
            ("jwt_token", assertion),
        ],
    )
}

fn text(token: &Secret) -> &str {
    std::str::from_utf8(token.expose()).unwrap()
}

/// The refusal of an assertion with one changed claim.
fn refusal(change: impl FnOnce(&mut Value)) -> (u16, String, String) {
    let mut claims = claims(&account());
    change(&mut claims);
    let answer = exchange(&started(), &assertion(0, &claims));
    refused(&answer)
}

fn refused(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    (
        answer.status,
        body["error"].as_str().unwrap().to_owned(),
        body["error_description"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn a_valid_assertion_is_exchanged_for_a_token_that_aem_accepts() {
    let simulator = started();
    let answer = exchange(&simulator, &assertion(0, &claims(&account())));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("date: sun, 22 nov 2026 14:03:00 gmt"));
    assert!(answer.head.contains("x-debug-id: "));
    let body = answer.json();
    assert_eq!(body["expires_in"], 86_399_999);
    assert_eq!(simulator.exchanges(&account().client_id), 1);

    let token = body["access_token"].as_str().unwrap();
    for tier in ["author", "publish", "preview"] {
        let host = format!("{tier}-p123-e1250.adobeaemcloud.com");
        let me = get(&simulator, &host, WHO_AM_I, token);
        assert_eq!(me.json()["authorizableId"], account().email.as_str());
        assert_eq!(me.json()["memberOf"][0]["authorizableId"], "contributor");
    }
}

#[test]
fn invalid_assertions_are_refused_with_the_errors_of_ims() {
    let unbound = "Could not match JWT signature to any of the bindings";
    let answer = exchange(&started(), &assertion(1, &claims(&account())));
    assert_eq!(
        refused(&answer),
        (400, "invalid_token".into(), unbound.into())
    );

    let malformed = "JWT token is incorrectly formatted, and can not be decoded.";
    assert_eq!(refused(&exchange(&started(), "no.jwt")).2, malformed);
    assert_eq!(refusal(|claims| claims["exp"] = json!("soon")).2, malformed);

    let code = |change: fn(&mut Value)| refusal(change).1;
    assert_eq!(
        code(|c| c["sub"] = json!("4a1b@techacct.adobe.com")),
        "bad_request"
    );
    assert_eq!(code(|c| c["iss"] = json!("nobody")), "bad_request");
    assert_eq!(
        code(|c| c["exp"] = json!(1_795_356_180_000_i64)),
        "bad_request"
    );
    assert_eq!(
        code(|c| c["exp"] = json!(now().as_second() - 31)),
        "invalid_token"
    );
    assert_eq!(
        code(|c| c["aud"] = json!("https://example.com")),
        "invalid_token"
    );
    assert_eq!(
        code(|c| c["iss"] = json!("000000000000000000000000@AdobeOrg")),
        "invalid_token"
    );
    let scope = refusal(|c| {
        c[format!("https://{IMS}/s/ent_other")] = json!(true);
    });
    assert_eq!(
        scope.2,
        "The metascopes in the JWT are not a subset of the metascopes in the binding."
    );
}

#[test]
fn a_clock_difference_of_30_seconds_is_tolerated() {
    let mut claims = claims(&account());
    claims["exp"] = json!(now().as_second() - 30);
    assert_eq!(exchange(&started(), &assertion(0, &claims)).status, 200);
}

#[test]
fn revoked_and_expired_keys_are_refused_and_several_keys_work() {
    let simulator = started();
    let account = account();
    let right = assertion(0, &claims(&account));
    let rotated = account.rotated(1, now() + SignedDuration::from_hours(24 * 365));
    let with_new_key = assertion(1, &claims(&account));
    assert_eq!(exchange(&simulator, &with_new_key).status, 400);
    simulator.add_key(&account.client_id, &rotated.binding());
    assert_eq!(exchange(&simulator, &with_new_key).status, 200);
    assert_eq!(exchange(&simulator, &right).status, 200);
    simulator.revoke_key(&account.client_id, &account.binding().public_key);
    assert_eq!(exchange(&simulator, &right).status, 400);
    assert_eq!(exchange(&simulator, &with_new_key).status, 200);

    let expired = ServiceAccount::new("p123-e1250", 0, now());
    let simulator = Simulator::start(Configuration::at(now()).client(expired.client())).unwrap();
    assert_eq!(exchange(&simulator, &right).status, 400);
}

#[test]
fn unknown_clients_and_wrong_secrets_are_refused() {
    let simulator = started();
    let account = account();
    let ask = |host: &str, id: &str, secret: &str| {
        refused(&post(
            &simulator,
            host,
            "/ims/exchange/jwt",
            &[
                ("client_id", id),
                ("client_secret", secret),
                ("jwt_token", ""),
            ],
        ))
        .2
    };
    let secret = format!("simulated-secret-of-{}", account.client_id);
    assert_eq!(ask(IMS, "cm-p1-e1", &secret), "invalid client_id parameter");
    assert_eq!(
        ask(IMS, &account.client_id, "x"),
        "invalid client_secret parameter"
    );
    assert_eq!(
        ask("ims-na1-stg1.adobelogin.com", &account.client_id, &secret),
        "invalid client_id parameter"
    );
    assert_eq!(simulator.all_exchanges(), 0);
}

#[test]
fn only_posted_forms_are_accepted() {
    let simulator = started();
    let json = "content-type: application/json\r\n";
    let answer = ask(&simulator, "POST", IMS, "/ims/exchange/jwt", json, "{}").unwrap();
    assert_eq!(answer.status, 415);
    assert_eq!(get(&simulator, IMS, "/ims/exchange/jwt", "").status, 405);
}

#[test]
fn oauth_accepts_the_last_secret_and_returns_seconds() {
    let mut oauth = OauthAccount::new("p123-e1250", 1);
    oauth.secrets.push("simulated-secret-b".into());
    let simulator = Simulator::start(Configuration::at(now()).client(oauth.client())).unwrap();
    let ask = |secret: &str, scope: &str| {
        post(
            &simulator,
            IMS,
            "/ims/token/v3",
            &[
                ("grant_type", "client_credentials"),
                ("client_id", &oauth.client_id),
                ("client_secret", secret),
                ("scope", scope),
            ],
        )
    };
    assert_eq!(
        refused(&ask(&oauth.secrets[0], "openid")).2,
        "invalid client_secret parameter"
    );
    assert_eq!(
        refused(&ask(&oauth.secrets[1], "openid,other")).1,
        "invalid_scope"
    );
    let answer = ask(&oauth.secrets[1], "openid,AdobeID");
    assert_eq!(answer.json()["expires_in"], 86_399);

    // The OpenAPI accepts the token once the client is on the allow list; classic paths never do.
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let author = "author-p123-e1250.adobeaemcloud.com";
    let fragments = "/adobe/sites/cf/fragments";
    let listed = get(&simulator, author, fragments, &token);
    assert_eq!(listed.status, 403);
    assert!(listed.body.contains("IMS Client ID not allowlisted"));
    simulator.set_environment(AemEnvironment {
        allowed_client_ids: vec![oauth.client_id.clone()],
        ..AemEnvironment::new("p123-e1250")
    });
    assert_eq!(get(&simulator, author, fragments, &token).status, 200);
    for tier in ["author", "publish", "preview"] {
        let host = format!("{tier}-p123-e1250.adobeaemcloud.com");
        assert_eq!(
            get(&simulator, &host, WHO_AM_I, &token).status,
            401,
            "{tier}"
        );
    }
}

#[test]
fn tokens_are_validated_and_invalidated() {
    let simulator = started();
    let account = account();
    let token = account.token(now());
    let author = "author-p123-e1250.adobeaemcloud.com";
    let validate = |token: &Secret, client: &str| {
        post(
            &simulator,
            IMS,
            "/ims/validate_token/v1",
            &[
                ("type", "access_token"),
                ("client_id", client),
                ("token", text(token)),
            ],
        )
        .json()
    };
    assert_eq!(validate(&token, &account.client_id)["valid"], true);
    assert_eq!(validate(&token, "other")["reason"], "invalid_client_id");
    let old = account.token(now() - SignedDuration::from_hours(24));
    assert_eq!(validate(&old, &account.client_id)["reason"], "expired");
    assert_eq!(
        validate(&Secret::from("a.b.c"), "x")["reason"],
        "bad_signature"
    );
    assert_eq!(get(&simulator, author, WHO_AM_I, text(&token)).status, 200);

    let secret = format!("simulated-secret-of-{}", account.client_id);
    let answer = post(
        &simulator,
        IMS,
        "/ims/invalidate_token/v2",
        &[
            ("token_type", "access_token"),
            ("token", text(&token)),
            ("client_id", &account.client_id),
            ("client_secret", &secret),
        ],
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(simulator.is_invalidated(&token));
    assert_eq!(
        validate(&token, &account.client_id)["reason"],
        "invalidated"
    );
    assert_eq!(get(&simulator, author, WHO_AM_I, text(&token)).status, 401);
    // Another token of the same client stays valid.
    let other = account.token(now() - SignedDuration::from_secs(1));
    assert_eq!(get(&simulator, author, WHO_AM_I, text(&other)).status, 200);
}

#[test]
fn invalid_tokens_are_refused_by_author_and_anonymous_on_publish() {
    let simulator = started();
    let elsewhere = ServiceAccount::new("p9-e9", 0, now() + SignedDuration::from_hours(24));
    simulator.register(elsewhere.client());
    let tokens = [
        Secret::from("garbage"),
        elsewhere.token(now()),
        account().token(now() - SignedDuration::from_hours(25)),
    ];
    for token in &tokens {
        let author = get(
            &simulator,
            "author-p123-e1250.adobeaemcloud.com",
            WHO_AM_I,
            text(token),
        );
        assert_eq!(author.status, 401);
        let publish = get(
            &simulator,
            "publish-p123-e1250.adobeaemcloud.com",
            WHO_AM_I,
            text(token),
        );
        assert_eq!(publish.json()["authorizableId"], "anonymous");
    }
}

#[test]
fn paths_respond_like_aem() {
    let simulator = started();
    let token = account().token(now());
    let status = |tier: &str, path: &str| {
        let host = format!("{tier}-p123-e1250.adobeaemcloud.com");
        get(&simulator, &host, path, text(&token)).status
    };
    assert_eq!(status("author", "/content/dam.json"), 200);
    assert_eq!(status("publish", "/content/dam.json"), 404);
    assert_eq!(status("author", "/api/assets.json"), 200);
    assert_eq!(status("author", "/graphql/list.json"), 200);
    assert_eq!(status("publish", "/graphql/list.json"), 404);
    assert_eq!(status("author", "/no/such/page"), 404);
    let headers = format!("authorization: Bearer {}\r\n", text(&token));
    let write = ask(
        &simulator,
        "POST",
        "author-p123-e1250.adobeaemcloud.com",
        "/api/assets/new",
        &headers,
        "{}",
    );
    assert_eq!(write.unwrap().status, 403);
}

#[test]
fn hosts_can_misbehave_permanently() {
    let simulator = started();
    let token = account().token(now());
    let on = |change: fn(&mut AemEnvironment)| {
        let mut environment = AemEnvironment::new("p123-e1250");
        change(&mut environment);
        simulator.set_environment(environment);
    };
    let ask = |tier: &str, path: &str, token: &str| {
        let host = format!("{tier}-p123-e1250.adobeaemcloud.com");
        get(&simulator, &host, path, token)
    };
    on(|e| e.author.hibernated = true);
    assert_eq!(ask("author", WHO_AM_I, text(&token)).status, 503);
    on(|e| e.author.blocked_at_cdn = true);
    let blocked = ask("author", WHO_AM_I, text(&token));
    assert_eq!(blocked.status, 403);
    assert!(!blocked.head.contains("x-vhost"));
    on(|e| e.author.login_redirect = true);
    let login = ask("author", WHO_AM_I, "garbage");
    assert_eq!(login.status, 302);
    assert!(login.head.contains("/libs/granite/core/content/login.html"));
    on(|e| e.publish.strips_authorization = true);
    let stripped = ask("publish", WHO_AM_I, text(&token));
    assert_eq!(stripped.json()["authorizableId"], "anonymous");
    on(|e| e.publish.stale_cache = true);
    let cached = ask("publish", WHO_AM_I, text(&token));
    assert!(cached.head.contains("age: 120") && cached.body.contains("anonymous"));
    let past = ask("publish", &format!("{WHO_AM_I}&r=41"), text(&token));
    assert_eq!(past.json()["authorizableId"], account().email.as_str());
    on(|e| {
        e.publish_domain = Some((
            "www.example.com".into(),
            Host {
                strips_authorization: true,
                ..Host::default()
            },
        ));
    });
    let domain = get(&simulator, "www.example.com", WHO_AM_I, text(&token));
    assert_eq!(domain.json()["authorizableId"], "anonymous");
    let default = ask("publish", WHO_AM_I, text(&token));
    assert_eq!(default.json()["authorizableId"], account().email.as_str());
}

#[test]
fn faults_apply_in_order_and_a_limited_number_of_times() {
    let simulator = started();
    let ask = || ask(&simulator, "GET", IMS, "/ims/x", "", "");
    simulator.fail(FaultTarget::path("/ims/"), Fault::Drop, 1);
    simulator.fail(
        FaultTarget::host(IMS),
        Fault::Throttle {
            retry_after: Some("7".into()),
        },
        2,
    );
    simulator.fail(FaultTarget::host("other"), Fault::Hang, 9);
    assert!(ask().is_none());
    let throttled = ask().unwrap();
    assert_eq!(throttled.status, 429);
    assert!(throttled.head.contains("retry-after: 7"));
    assert_eq!(ask().unwrap().status, 429);
    assert_eq!(ask().unwrap().status, 404);
    simulator.fail(FaultTarget::anywhere(), Fault::CutBody, 1);
    let cut = ask().unwrap();
    assert!(!cut.body.is_empty() && serde_json::from_str::<Value>(&cut.body).is_err());
    simulator.fail(
        FaultTarget::anywhere(),
        Fault::ims(500, "internal_error", "Please try again later"),
        1,
    );
    assert_eq!(refused(&ask().unwrap()).0, 500);
    simulator.fail(FaultTarget::anywhere(), Fault::Flood { bytes: 70_000 }, 1);
    assert_eq!(ask().unwrap().body.len(), 70_000);
    simulator.fail(
        FaultTarget::anywhere(),
        Fault::Redirect {
            to: "https://example.com/".into(),
        },
        1,
    );
    assert_eq!(ask().unwrap().status, 302);
    simulator.fail(FaultTarget::anywhere(), Fault::StaleCache, 1);
    assert!(ask().unwrap().head.contains("age: 120"));
    simulator.fail(
        FaultTarget::anywhere(),
        Fault::Delay(Duration::from_millis(1)),
        1,
    );
    assert_eq!(ask().unwrap().status, 404);
    simulator.fail(FaultTarget::anywhere(), Fault::Hang, 9);
    simulator.heal();
    assert_eq!(ask().unwrap().status, 404);
}

#[test]
fn requests_are_recorded_without_secrets() {
    let simulator = started();
    let token = account().token(now());
    get(
        &simulator,
        "author-p123-e1250.adobeaemcloud.com",
        WHO_AM_I,
        text(&token),
    );
    let seen = simulator.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path_and_query, WHO_AM_I);
    assert_eq!(seen[0].bearer, Some(token.fingerprint()));
    assert!(!format!("{seen:?}").contains(text(&token)));
}

#[test]
fn tokens_expire_with_the_clock() {
    let millis = Arc::new(AtomicI64::new(now().as_millisecond()));
    let clock = Arc::clone(&millis);
    let simulator = Simulator::start(Configuration {
        now: Arc::new(move || Timestamp::from_millisecond(clock.load(Ordering::Relaxed)).unwrap()),
        ..Configuration::default().client(account().client())
    })
    .unwrap();
    let token = account().token(now());
    let author = "author-p123-e1250.adobeaemcloud.com";
    assert_eq!(get(&simulator, author, WHO_AM_I, text(&token)).status, 200);
    millis.fetch_add(86_400_000, Ordering::Relaxed);
    assert_eq!(get(&simulator, author, WHO_AM_I, text(&token)).status, 401);
}

#[test]
fn the_local_sdk_accepts_its_own_user() {
    let simulator = started();
    let host = simulator.local_sdk_url().replace("http://", "");
    let anonymous = ask(&simulator, "GET", &host, WHO_AM_I, "", "").unwrap();
    assert_eq!(anonymous.json()["authorizableId"], "anonymous");
    let basic = "authorization: Basic YWRtaW46YWRtaW4=\r\n";
    let admin = ask(&simulator, "GET", &host, WHO_AM_I, basic, "").unwrap();
    assert_eq!(admin.json()["authorizableId"], "admin");
}

#[test]
fn dropping_the_simulator_frees_the_port_while_a_request_hangs() {
    let simulator = started();
    let address = simulator.address();
    simulator.fail(FaultTarget::anywhere(), Fault::Hang, 1);
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nhost: {IMS}\r\n\r\n").unwrap();
    while simulator.seen().is_empty() {
        std::thread::yield_now();
    }
    drop(simulator);
    assert!(TcpStream::connect(address).is_err());
    let mut rest = Vec::new();
    let _closed = stream.read_to_end(&mut rest);
    assert!(rest.is_empty());
}

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
        .filter(|check| check.verdict == Verdict::Wrong)
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
    let claims = super::token::TokenClaims::read(&token).unwrap();
    let left = claims.created_at.as_millisecond() + claims.lifetime_ms - now().as_millisecond();
    assert_eq!(left / 60_000, 41);
}
