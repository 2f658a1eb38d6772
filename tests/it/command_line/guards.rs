//! The guard of Production and of what may be Production. Without a terminal, every guarded command needs its flag.

use crate::support::sandbox::Sandbox;

#[test]
fn writing_calls_need_the_environments_name() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    sandbox.ok(&["call", "wknd-prod", "/content/dam.json"]);
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
        sandbox.exits(77, arguments).says("wknd-prod");
    }
    assert_eq!(sandbox.mock.requests().len(), asked, "nothing was sent");
    sandbox.ok(&["exec", "wknd-prod", "--confirm", "wknd-prod", "--", "true"]);
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
    sandbox.ok(&["remove", "wknd-prod", "--confirm", "wknd-prod"]);
}

#[test]
fn an_unset_type_is_guarded_like_production() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    sandbox.ok(&["add", file.to_str().unwrap()]);
    sandbox.exits(77, &["exec", "p123-e1250", "--", "true"]);
    sandbox.exits(77, &["call", "p123-e1250", "/x", "-X", "PUT"]);
    let edit = ["edit", "p123-e1250", "--type", "stage"];
    sandbox.exits(77, &edit);
    sandbox.ok(&[&edit[..], &["--confirm", "p123-e1250"]].concat());
    sandbox.ok(&["exec", "p123-e1250", "--", "true"]);
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
    sandbox
        .exits(77, &["add", file])
        .says("--trust-ims-host ims.corp.example");
    sandbox.exits(77, &["token", "--file", file]);
    sandbox.exits(77, &["add", file, "--trust-ims-host", "other.example"]);
    assert!(sandbox.mock.requests().is_empty());
    sandbox.ok(&[
        "add",
        file,
        "--type",
        "stage",
        "--trust-ims-host",
        "ims.corp.example",
    ]);
    sandbox.run(&["exchange", "p123-e1250"]);
    assert!(
        sandbox
            .mock
            .requests()
            .iter()
            .all(|asked| asked.host.starts_with("ims.corp.example"))
    );
}
