//! The tiers of AEM, the local SDK and the hosts between.

use super::*;

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
        let author = get(&simulator, AUTHOR, WHO_AM_I, text(token));
        assert_eq!(author.status, 401);
        let publish = get(&simulator, PUBLISH, WHO_AM_I, text(token));
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
    assert_eq!(status("author", "/content/dam/wknd.2.json"), 200);
    assert_eq!(status("publish", "/content/wknd/us/en.html"), 200);
    assert_eq!(status("publish", "/content/wknd/members.html"), 302);
    let headers = format!("authorization: Bearer {}\r\n", text(&token));
    let write = ask(
        &simulator,
        "POST",
        AUTHOR,
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
fn tokens_expire_with_the_clock() {
    let millis = Arc::new(AtomicI64::new(now().as_millisecond()));
    let clock = Arc::clone(&millis);
    let simulator = Simulator::start(SimulatorConfiguration {
        now: Arc::new(move || Timestamp::from_millisecond(clock.load(Ordering::Relaxed)).unwrap()),
        ..SimulatorConfiguration::default().client(account().client())
    })
    .unwrap();
    let token = account().token(now());
    assert_eq!(get(&simulator, AUTHOR, WHO_AM_I, text(&token)).status, 200);
    millis.fetch_add(86_400_000, Ordering::Relaxed);
    assert_eq!(get(&simulator, AUTHOR, WHO_AM_I, text(&token)).status, 401);
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
