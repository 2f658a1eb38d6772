//! What people see of refusals: who answered, why, and what to do, for the credential and the path at hand.

use serde_json::json;

use crate::support::https_mock::{Asked, HttpsMock, Oddity, Reply};
use crate::support::sandbox::{Ran, Sandbox};

const USER: &str = r#"{"authorizableId":"someone@techacct.adobe.com","memberOf":[]}"#;

/// A sandbox whose AEM hosts answer so, with the demo's stage identity as `stage`.
fn stage(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Sandbox {
    let sandbox = Sandbox::answering(move |asked| {
        if asked.host.contains("adobelogin") {
            None
        } else {
            answer(asked)
        }
    });
    let file = sandbox.file("wknd-stage/");
    sandbox
        .run(&[
            "add",
            file.to_str().unwrap(),
            "--name",
            "stage",
            "--type",
            "stage",
        ])
        .expect(0);
    sandbox
}

/// As [`stage`], with an OAuth credential as `api`.
fn api(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Sandbox {
    let sandbox = stage(answer);
    let file = sandbox.file("brand-stage/");
    sandbox
        .run(&[
            "add",
            file.to_str().unwrap(),
            "--name",
            "api",
            "--type",
            "stage",
            "--env",
            "p77-e900",
        ])
        .expect(0);
    sandbox
}

fn has(ran: &Ran, must: &[&str], must_not: &[&str]) {
    let text = format!("{}{}", ran.out, ran.err);
    for words in must {
        assert!(text.contains(words), "lacks {words}: {text}");
    }
    for words in must_not {
        assert!(!text.contains(words), "has {words}: {text}");
    }
}

#[test]
fn a_refusal_says_who_answered() {
    for (status, headers, body, must, must_not) in [
        (
            503,
            &[("x-served-by", "cache-1"), ("content-type", "text/html")][..],
            "<h1>503 first byte timeout</h1>",
            &["the CDN", "too slowly"][..],
            &["hibernat", "unexpected"][..],
        ),
        (
            406,
            &[("x-served-by", "cache-1"), ("content-type", "text/html")][..],
            "<title>406</title>",
            &["the CDN", "firewall", "cdn.yaml"][..],
            &["unexpected"][..],
        ),
        (
            429,
            &[("x-served-by", "cache-1"), ("retry-after", "40")],
            "",
            &["the CDN", "limits", "wait 40 s"],
            &["unexpected"],
        ),
        (
            401,
            &[("www-authenticate", "Basic realm=\"x\"")],
            "",
            &["the CDN", "Basic", "token is not the cause"],
            &["exchange"],
        ),
        (
            302,
            &[(
                "location",
                "https://login.brand.example/adfs/ls/?SAMLRequest=planted",
            )],
            "",
            &["identity provider", "login.brand.example", "SAML"],
            &["planted", "unexpected"],
        ),
        (
            301,
            &[("location", "https://www.brand.example/en")],
            "",
            &["www.brand.example", "--publish-domain www.brand.example"],
            &["unexpected"],
        ),
        (
            403,
            &[("content-type", "text/html")],
            "<h1>Error 403 Not allowed.</h1> Trace-id: 7",
            &["the CDN", "IP allow list"],
            &["Contributors"],
        ),
    ] {
        let sandbox = stage(move |_| Some(Reply::new(status, headers, body)));
        has(
            &sandbox.run(&["test", "stage", "--tier", "publish"]),
            must,
            must_not,
        );
        let call = sandbox.run(&["call", "stage:publish", "/content/x.json"]);
        assert!(call.err.contains(&format!("answered {status}")), "{call:?}");
        has(&call, &must[..1], must_not);
    }
}

#[test]
fn fail_includes_redirects() {
    let sandbox = stage(|_| {
        let headers = &[("location", "https://www.brand.example/en")];
        Some(Reply::new(302, headers, "moved"))
    });
    let call = ["call", "stage", "/content/x.json"];
    for (options, code, has_body) in [
        (&[][..], 0, true),
        (&["--json"], 0, true),
        (&["--fail"], 1, false),
        (&["--fail", "--json"], 1, true),
    ] {
        let ran = sandbox.run(&[&call[..], options].concat()).expect(code);
        assert_eq!(ran.out.contains("moved"), has_body, "{ran:?}");
    }
}

#[test]
fn tiers_are_judged_together() {
    let sandbox = stage(|asked| {
        Some(if asked.host.starts_with("author") {
            Reply::json(200, USER)
        } else {
            Reply::new(401, &[("x-vhost", "publish")], "")
        })
    });
    has(
        &sandbox.run(&["test", "stage"]),
        &["author accepted the same token, so it has not expired"],
        &["the token has expired", "aemkeys exchange"],
    );
}

#[test]
fn an_oauth_token_is_judged_as_one() {
    const SCOPES: &str = r#"{"type":"https://api.adobeaemcloud.com/adobe/meta/errors/forbidden","status":403,"detail":"The access token is missing required scopes."}"#;
    let problem = |status, body: &str| {
        Some(Reply::new(
            status,
            &[("content-type", "application/problem+json")],
            body,
        ))
    };
    let sandbox = api(move |asked| match asked.path.as_str() {
        "/adobe/folders" => Some(Reply::json(200, "{}")),
        path if path.starts_with("/adobe/") => problem(403, SCOPES),
        _ => Some(Reply::new(401, &[], "")),
    });
    // One API answers: which ones do is told.
    let test = sandbox.run(&["test", "api"]).expect(0);
    has(
        &test,
        &["Folders: answered", "Content Fragments: scope missing"],
        &["publish"],
    );
    // Publish has an API of its own, and none of author's.
    let publish = api(|asked| match asked.path.as_str() {
        "/adobe/contentFragments" => Some(Reply::json(200, "{}")),
        _ => Some(Reply::new(404, &[], "")),
    });
    has(
        &publish.run(&["test", "api", "--tier", "publish"]).expect(0),
        &["Content Fragment Delivery: answered (200)"],
        &["Folders", "Content Fragments:"],
    );
    let fragments = [
        "test",
        "api",
        "--tier",
        "author",
        "--path",
        "/adobe/sites/cf/fragments",
    ];
    has(
        &sandbox.run(&fragments),
        &["scope", "Adobe Developer Console", "OpenAPI layer"],
        &["Contributors", "10 minutes"],
    );
    has(
        &sandbox.run(&[
            "test",
            "api",
            "--tier",
            "author",
            "--path",
            "/content/dam.json",
        ]),
        &["service credentials", "classic path"],
        &["expired"],
    );

    let refused =
        r#"{"type":"https://api.adobeaemcloud.com/adobe/meta/errors/unauthorized","status":401}"#;
    let sandbox = api(move |_| problem(401, refused));
    has(
        &sandbox.run(&fragments),
        &["expired", "organisation", "aemkeys exchange"],
        &["--path /adobe", "classic"],
    );
    let sandbox = api(move |_| Some(Reply::new(404, &[("x-vhost", "publish")], "")));
    has(
        &sandbox.run(&[
            "test",
            "api",
            "--tier",
            "publish",
            "--path",
            "/adobe/sites/cf/fragments",
        ]),
        &["disabled on publish", "Delivery"],
        &[],
    );
}

#[test]
fn an_oauth_credential_without_environment_is_told_twice() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("brand-stage/");
    let added = sandbox
        .run(&["add", file.to_str().unwrap(), "--name", "api"])
        .expect(0);
    has(&added, &["names no environment", "--env pN-eN"], &[]);
    let test = sandbox.run(&["test", "api"]);
    assert_eq!(test.code, 64, "{test:?}");
    has(
        &test,
        &["OAuth", "aemkeys edit api --env"],
        &["development token"],
    );
}

#[test]
fn ims_refuses_a_grant_and_a_stage_secret_stays_on_stage() {
    let sandbox = Sandbox::answering(|asked| {
        (asked.path == "/ims/token/v3").then(|| {
            Reply::new(
                400,
                &[("x-debug-id", "debug-77")],
                r#"{"error":"unauthorized_client"}"#,
            )
        })
    });
    let file = sandbox.file("brand-stage/");
    sandbox
        .run(&[
            "add",
            file.to_str().unwrap(),
            "--name",
            "api",
            "--env",
            "p7-e8",
        ])
        .expect(0);
    has(
        &sandbox.run(&["exchange", "api"]).expect(76),
        &["client_credentials", "debug-77"],
        &["exchange JWTs"],
    );

    let stage = sandbox.mock.directory().join("stage.json");
    let content = json!({"client_id": "c1", "client_secret": "p8e-planted", "scopes": "openid", "env": "stage"});
    std::fs::write(&stage, content.to_string()).unwrap();
    sandbox
        .run(&[
            "add",
            stage.to_str().unwrap(),
            "--name",
            "st",
            "--env",
            "p7-e9",
        ])
        .expect(0);
    let before = sandbox.mock.requests().len();
    let _ = sandbox.run(&["exchange", "st"]);
    let asked = sandbox.mock.requests();
    assert!(asked.len() > before);
    assert!(
        asked[before..]
            .iter()
            .all(|it| it.host == "ims-na1-stg1.adobelogin.com")
    );
}

#[test]
fn exit_codes_tell_an_outage_from_a_refusal() {
    for (status, content_type, body, code) in [
        (502, "text/html", "<h1>Bad Gateway</h1>", 75),
        (503, "text/plain", "", 75),
        (
            200,
            "text/html",
            "<h1>Sign in to the guest network</h1>",
            75,
        ),
        (400, "application/json", r#"{"error":"invalid_scope"}"#, 76),
    ] {
        let sandbox = Sandbox::answering(move |asked| {
            let headers = [("content-type", content_type)];
            asked
                .host
                .contains("adobelogin")
                .then(|| Reply::new(status, &headers, body))
        });
        let file = sandbox.file("wknd-stage/");
        sandbox
            .run(&["add", file.to_str().unwrap(), "--name", "stage"])
            .expect(0);
        sandbox.run(&["exchange", "stage"]).expect(code);
    }
    let sandbox = stage(|_| Some(Reply::json(200, USER)));
    for wrong in ["", "//host/x", "/a b", "\\\\host/x"] {
        sandbox.run(&["call", "stage", wrong]).expect(64);
    }
    let long = sandbox
        .run(&["token", "stage", "--min-valid", "25h"])
        .expect(64);
    has(&long, &["24 hours"], &[]);
}

#[test]
fn a_whole_url_names_tier_and_path() {
    let sandbox = stage(|asked| {
        Some(Reply::json(
            200,
            format!("\"{} {}\"", asked.host, asked.path),
        ))
    });
    for tier in ["author", "publish", "preview", "delivery"] {
        let url = format!("https://{tier}-p123-e1250.adobeaemcloud.com/a/b.json?c=d#e");
        let called = sandbox.run(&["call", "stage", &url]).expect(0);
        assert!(
            called.out.contains(&format!(
                "{tier}-p123-e1250.adobeaemcloud.com /a/b.json?c=d"
            )),
            "{called:?}"
        );
    }
    let before = sandbox.mock.requests().len();
    for url in [
        "https://author-p123-e1251.adobeaemcloud.com/x",
        "http://author-p123-e1250.adobeaemcloud.com/x",
        "https://author-p123-e1250.adobeaemcloud.com@other.example/x",
        "https://author-p123-e1250.adobeaemcloud.com:8443/x",
        "https://other.example/",
    ] {
        let refused = sandbox.run(&["call", "stage", url]).expect(64);
        has(&refused, &["URL", "nothing was sent"], &["doctor"]);
    }
    assert_eq!(sandbox.mock.requests().len(), before);
}

#[test]
fn the_delivery_tier_is_tested_where_it_is_named() {
    let sandbox = stage(|asked| {
        Some(if asked.host.starts_with("delivery-p123-e1250.") {
            Reply::json(404, "{}")
        } else {
            Reply::json(200, USER)
        })
    });
    has(
        &sandbox.run(&["test", "stage"]).expect(0),
        &["author"],
        &["delivery"],
    );
    let test = sandbox
        .run(&["test", "stage", "--tier", "delivery"])
        .expect(0);
    has(
        &test,
        &["delivery-p123-e1250.adobeaemcloud.com", "restricted asset"],
        &[],
    );
}

#[test]
fn a_proxy_gets_user_and_password_whole() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    sandbox
        .run(&["add", file.to_str().unwrap(), "--name", "stage"])
        .expect(0);
    // `CORP\anna:p@:#/x` in base64.
    let proxy = HttpsMock::odd(
        Oddity::WantsCredentials("Basic Q09SUFxhbm5hOnBAOiMveA=="),
        |_| Reply::json(400, r#"{"error":"invalid_scope"}"#),
    );
    let address = proxy.proxy_url().replace("http://", "");
    let exchange = |login: &str| {
        let mut command = sandbox.command(&["exchange", "stage"]);
        command.env("HTTPS_PROXY", format!("http://{login}{address}"));
        command.env("SSL_CERT_FILE", proxy.ca_file());
        Ran::of(command.output().unwrap())
    };
    for login in [r"CORP\anna:p@:#/x@", "CORP%5Canna:p%40%3A%23%2Fx@"] {
        exchange(login).expect(76);
    }
    has(
        &exchange("anna:wrong@").expect(69),
        &["refused the user name and password"],
        &["requires"],
    );
    has(
        &exchange("").expect(69),
        &["requires a user name and password"],
        &["refused"],
    );
    let forbids = HttpsMock::odd(
        Oddity::Refuses("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"),
        |_| Reply::json(200, "{}"),
    );
    let mut command = sandbox.command(&["exchange", "stage"]);
    command.env("HTTPS_PROXY", forbids.proxy_url());
    has(
        &Ran::of(command.output().unwrap()).expect(69),
        &["(403)", "forbids"],
        &[],
    );

    let mut doctor = sandbox.command(&["doctor"]);
    doctor.env("NO_PROXY", "*.brand.example, 10.0.0.0/8 x.example:8443");
    doctor.env("HTTP_PROXY", "http://planted.example:1");
    let told = Ran::of(doctor.output().unwrap());
    has(
        &told,
        &[
            "HTTPS_PROXY",
            ".brand.example",
            "10.0.0.0/8 is ignored",
            "x.example:8443 is ignored",
            "HTTP_PROXY is set and not used",
        ],
        &["planted"],
    );
}
