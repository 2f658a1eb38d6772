//! Exchanges, validation and invalidation, as IMS answers them.

use super::*;

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

/// The refusal of an assertion with one changed claim.
fn refusal(change: impl FnOnce(&mut Value)) -> (u16, String, String) {
    let mut claims = claims(&account());
    change(&mut claims);
    let answer = exchange(&started(), &assertion(0, &claims));
    refused(&answer)
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
    let simulator =
        Simulator::start(SimulatorConfiguration::at(now()).client(expired.client())).unwrap();
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
    let simulator =
        Simulator::start(SimulatorConfiguration::at(now()).client(oauth.client())).unwrap();
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
    let fragments = "/adobe/sites/cf/fragments";
    let listed = get(&simulator, AUTHOR, fragments, &token);
    assert_eq!(listed.status, 403);
    assert!(listed.body.contains("IMS Client ID not allowlisted"));
    simulator.set_environment(AemEnvironment {
        allowed_client_ids: vec![oauth.client_id.clone()],
        ..AemEnvironment::new("p123-e1250")
    });
    assert_eq!(get(&simulator, AUTHOR, fragments, &token).status, 200);
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
    assert_eq!(get(&simulator, AUTHOR, WHO_AM_I, text(&token)).status, 200);

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
    assert_eq!(get(&simulator, AUTHOR, WHO_AM_I, text(&token)).status, 401);
    // Another token of the same client stays valid.
    let other = account.token(now() - SignedDuration::from_secs(1));
    assert_eq!(get(&simulator, AUTHOR, WHO_AM_I, text(&other)).status, 200);
}
