//! A token or credential that names another environment in its own claims is refused before anything is sent.

use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::Timestamp;

use crate::support::sandbox::{Ran, Sandbox};

/// A local development token whose client id has the form of an environment.
fn token(client_id: &str) -> Vec<u8> {
    let account = ServiceAccount {
        client_id: client_id.to_owned(),
        ..ServiceAccount::new("p1-e1", 0, Timestamp::now())
    };
    account.token(Timestamp::now()).expose().to_vec()
}

/// Stage is p123-e1250, Production p123-e1234. Nothing was sent yet.
fn home() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.add("wknd-prod/", "prod");
    assert!(sandbox.mock.requests().is_empty());
    sandbox
}

fn refused(sandbox: &Sandbox, ran: Ran) -> Ran {
    let ran = ran.expect(65);
    assert!(sandbox.mock.requests().is_empty(), "{ran:?}");
    ran
}

#[test]
fn a_pasted_token_of_another_environment_goes_nowhere() {
    let sandbox = home();
    for client_id in [
        "cm-p123-e1250",
        "cm-p123-e1250-integration-3",
        "cm-p123-e1250-anything",
    ] {
        let ran = sandbox.run_with(&["paste", "wknd-prod"], &token(client_id));
        let ran = refused(&sandbox, ran);
        assert!(
            ran.err.contains("stored as `wknd-stage`")
                && ran.err.contains("aemkeys paste wknd-stage"),
            "{ran:?}"
        );
    }
    let unknown = sandbox.run_with(&["paste", "wknd-prod"], &token("cm-p5-e6"));
    let unknown = refused(&sandbox, unknown);
    unknown.says("p5-e6");
    let cmstg = sandbox.run_with(&["paste", "wknd-stage"], &token("cm-p123-e1250-cmstg"));
    refused(&sandbox, cmstg);
    let listed = sandbox.run(&["list", "--json"]).json();
    for environment in listed["environments"].as_array().unwrap() {
        assert_eq!(environment["identities"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_token_or_credential_is_not_added_to_another_environment() {
    let sandbox = home();
    let add = ["add", "-", "--name", "mine", "--type", "dev"];
    let more = [&add[..], &["--env", "p123-e1301"]].concat();
    let ran = sandbox.run_with(&more, &token("cm-p123-e1250"));
    let ran = refused(&sandbox, ran);
    ran.says("wknd-stage");
    let host = "author-p123-e1301.adobeaemcloud.com";
    let by_host = [&add[..], &["--author", host, "--trust-host", host]].concat();
    let ran = sandbox.run_with(&by_host, &token("cm-p123-e1250"));
    assert_ne!(ran.code, 0, "{ran:?}");
    let file = sandbox.file("brand-stage/");
    sandbox.run(&["add", file.to_str().unwrap(), "--type", "dev"]);
    let file = sandbox.file("renewal/wknd-prod");
    let file = file.to_str().unwrap();
    for more in [
        &["--env", "p9-e9"][..],
        &["--env", "p123-e1234-cmstg"],
        &["--env", "p123-e1250", "--label", "second"],
    ] {
        let arguments = [&["add", file][..], more].concat();
        let ran = sandbox.run(&arguments);
        assert_ne!(ran.code, 0, "{more:?} {ran:?}");
    }
    assert!(sandbox.mock.requests().is_empty());
    let listed = sandbox.run(&["list", "--json"]).json();
    assert!(!listed.to_string().contains("mine"), "{listed}");
    assert!(!listed.to_string().contains("p9-e9"), "{listed}");
}

#[test]
fn an_environment_is_not_moved_away_from_its_credential_or_token() {
    let sandbox = home();
    let ran = sandbox.run(&["edit", "wknd-stage", "--env", "p9-e9"]);
    refused(&sandbox, ran);
    let ran = sandbox.run(&["edit", "wknd-stage", "--env", "p123-e1234"]);
    let ran = refused(&sandbox, ran);
    ran.says("p123-e1250");
    let file = token("cm-p123-e1301");
    sandbox
        .run_with(&["add", "-", "--name", "mine", "--type", "dev"], &file)
        .expect(0);
    let ran = sandbox.run(&["edit", "mine", "--env", "p123-e1250"]);
    let ran = refused(&sandbox, ran);
    ran.says("p123-e1301");
    // Its own environment is fine.
    let own = ["edit", "mine", "--env", "p123-e1301"];
    sandbox.ok(&own);
    assert!(sandbox.mock.requests().is_empty());
}

#[test]
fn a_file_of_another_environment_is_not_rotated_to() {
    let sandbox = home();
    for file in ["wknd-prod/", "renewal/wknd-prod"] {
        let file = sandbox.file(file);
        let file = file.to_str().unwrap();
        let ran = sandbox.run(&["rotate", "wknd-stage", file, "--yes"]);
        let ran = refused(&sandbox, ran);
        ran.says("wknd-prod");
    }
}
