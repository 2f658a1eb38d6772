//! Is Production guarded, and what may be Production? Without a terminal every guard wants its flag.

use crate::support::sandbox::Sandbox;

#[test]
fn writing_calls_need_the_environments_name() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    sandbox
        .run(&["call", "wknd-prod", "/content/dam.json"])
        .expect(0);
    let asked = sandbox.mock.requests().len();
    for arguments in [
        &["call", "wknd-prod", "/content/x", "-X", "DELETE"][..],
        &["call", "wknd-prod", "/content/x", "-d", "a=b"],
        &[
            "call",
            "wknd-prod",
            "/content/x",
            "-X",
            "DELETE",
            "--confirm",
            "wknd-stage",
        ],
        &["exec", "wknd-prod", "--", "true"],
        &["exec", "wknd-prod", "--confirm", "other", "--", "true"],
        &["remove", "wknd-prod"],
        &["remove", "wknd-prod", "--yes"],
        &["invalidate-token", "wknd-prod", "--yes"],
    ] {
        let refused = sandbox.run(arguments).expect(77);
        assert!(
            refused.err.contains("wknd-prod"),
            "{arguments:?} {refused:?}"
        );
    }
    assert_eq!(sandbox.mock.requests().len(), asked, "nothing was sent");
    sandbox
        .run(&["exec", "wknd-prod", "--confirm", "wknd-prod", "--", "true"])
        .expect(0);
    let sent = sandbox.run(&[
        "call",
        "wknd-prod",
        "/content/x",
        "-X",
        "DELETE",
        "--confirm",
        "WKND-PROD",
    ]);
    assert_ne!(sent.code, 77);
    assert!(
        sandbox
            .mock
            .requests()
            .iter()
            .any(|asked| asked.method == "DELETE")
    );
    sandbox
        .run(&["remove", "wknd-prod", "--confirm", "wknd-prod"])
        .expect(0);
}

#[test]
fn an_unset_type_is_guarded_like_production() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    sandbox.run(&["add", file.to_str().unwrap()]).expect(0);
    sandbox
        .run(&["exec", "p123-e1250", "--", "true"])
        .expect(77);
    sandbox
        .run(&["call", "p123-e1250", "/x", "-X", "PUT"])
        .expect(77);
    let edit = ["edit", "p123-e1250", "--type", "stage"];
    sandbox.run(&edit).expect(77);
    sandbox
        .run(&[&edit[..], &["--confirm", "p123-e1250"]].concat())
        .expect(0);
    sandbox.run(&["exec", "p123-e1250", "--", "true"]).expect(0);
}

#[test]
fn another_ims_host_is_trusted_by_name_only() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("ims-na1.adobelogin.com", "ims.corp.example");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let refused = sandbox.run(&["add", file]).expect(77);
    assert!(
        refused.err.contains("--trust-ims-host ims.corp.example"),
        "{refused:?}"
    );
    sandbox.run(&["token", "--file", file]).expect(77);
    sandbox
        .run(&["add", file, "--trust-ims-host", "other.example"])
        .expect(77);
    assert!(sandbox.mock.requests().is_empty());
    sandbox
        .run(&[
            "add",
            file,
            "--type",
            "stage",
            "--trust-ims-host",
            "ims.corp.example",
        ])
        .expect(0);
    sandbox.run(&["exchange", "p123-e1250"]);
    assert!(
        sandbox
            .mock
            .requests()
            .iter()
            .all(|asked| asked.host.starts_with("ims.corp.example"))
    );
}
