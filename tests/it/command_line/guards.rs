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

#[test]
fn a_token_pasted_on_production_must_be_confirmed() {
    let sandbox = Sandbox::new();
    let token = std::fs::read(sandbox.file("wknd-dev/")).unwrap();
    for (name, environment_type, says) in [
        ("prod", "prod", "prod is a Production environment"),
        (
            "untyped",
            "untyped",
            "untyped is untyped, and is treated as Production",
        ),
    ] {
        let ids = "p123-e1301";
        let file = sandbox.file("brand-stage/");
        let file = file.to_str().unwrap();
        sandbox.ok(&[
            "add",
            file,
            "--name",
            name,
            "--env",
            ids,
            "--type",
            environment_type,
        ]);
        let sent = sandbox.mock.requests().len();
        let paste = ["paste", name];
        let refused = sandbox.run_with(&paste, &token).expect(77);
        refused.says(says);
        refused.says("the token is that of");
        refused.says("--yes");
        let added = ["add", "-", "--env", ids, "--label", "me"];
        sandbox.run_with(&added, &token).expect(77).says("--yes");
        assert_eq!(sandbox.mock.requests().len(), sent, "nothing was sent");
        let list = sandbox.ok(&["list", "--json"]);
        assert!(!list.out.contains("development"), "{}", list.out);
        sandbox
            .run_with(&[&paste[..], &["--yes"]].concat(), &token)
            .expect(0);
        sandbox.ok(&["remove", name, "--confirm", name]);
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_is_asked_for_the_type_and_whose_token_it_is() {
    use crate::support::dashboard::Dashboard;

    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let add = ["add", file.to_str().unwrap(), "--name", "shop-prod"];
    let mut terminal = Dashboard::start(&sandbox.command(&add));
    terminal.wait_for("Type of shop-prod");
    terminal.send("nonsense\r");
    terminal.wait_for("treated as Production) [production]: nonsense");
    terminal.send("\r");
    terminal.wait_for("stored as shop-prod");
    terminal.ends();
    sandbox.exits(77, &["exec", "shop-prod", "--", "true"]);
}
