//! Ids and hosts: set, and confirmed where they are not derived.

use aemkeys::platform::configuration::StorageKind;
use aemkeys::storage::{ItemName, PassphraseSource, Storage, StorageOptions};
use aemkeys_core::credential::{Guidance, NextStep};

use crate::support::https_mock::Reply;
use crate::support::sandbox::Sandbox;

const AUTHOR: &str = "author-p77-e900.adobeaemcloud.com";
const PUBLISH: &str = "publish-p77-e900.adobeaemcloud.com";

const FOREIGN: &str = "www.foreign.example";
const USER: &str = r#"{"authorizableId":"someone@techacct.adobe.com","memberOf":[]}"#;

/// Takes all approvals out of the storage, as if another program had written it.
fn withdraw_approvals(sandbox: &Sandbox) {
    let home = sandbox.home();
    let word = home.join("word").display().to_string();
    let storage = Storage::open(StorageOptions {
        storage: StorageKind::File,
        may_prompt: false,
        data_dir: home.join(".local/share/aemkeys"),
        state_dir: home.join(".local/state/aemkeys"),
        passphrase: PassphraseSource::Command(vec!["cat".to_owned(), word]),
    });
    for item in storage.items().unwrap() {
        if let ItemName::Environment(id) = item {
            let mut environment = storage.environment(id).unwrap().unwrap();
            environment.approvals.clear();
            storage.put_environment(&environment).unwrap();
        }
    }
}

/// An OAuth credential, which names no environment.
fn without_ids(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let file = sandbox.file("brand-stage/");
    let file = file.to_str().unwrap();
    sandbox.ok(&["add", file, "--name", name, "--type", "stage"]);
    sandbox
}

super::remedies! {
    fn missing_ids_are_set(r: without_ids("api")) runs [SetIds] and [] {
        let said = r.sandbox.exits(64, &["test", "api"]);
        r.follow(&said, NextStep::SetIds.of("api"), &[("pN-eN", "p77-e900")]).expect(0);
        r.sandbox.ok(&["test", "api"]);
    }

    fn missing_hosts_are_set_and_confirmed(r: without_ids("api")) runs [SetHosts] and [] {
        let said = r.sandbox.exits(64, &["test", "api"]);
        let line = r.printed_step(&said, NextStep::SetHosts.of("api"), &[]);
        let line = line.replacen("HOST", AUTHOR, 1).replacen("HOST", PUBLISH, 1);
        let answers = [
            ("Type author-p77-e900.adobeaemcloud.com", AUTHOR),
            ("Type publish-p77-e900.adobeaemcloud.com", PUBLISH),
        ];
        r.in_terminal(&line, &answers).expect(0);
        r.sandbox.ok(&["test", "api"]);
    }

    fn an_own_domain_is_set_and_confirmed(r: Sandbox::answering(|asked| {
        let location = [("location", "https://www.brand.example/en")];
        match asked.host.as_str() {
            "www.brand.example" => Some(Reply::json(200, USER)),
            host if host.starts_with("publish") => Some(Reply::new(301, &location, "")),
            _ => None,
        }
    })) runs [SetDomain] and [] {
        r.sandbox.add("wknd-stage/", "stage");
        let test = ["test", "wknd-stage", "--tier", "publish"];
        let said = r.sandbox.run(&test);
        let domain = "www.brand.example";
        let step = NextStep::SetDomain.of("wknd-stage").with(domain);
        let answers = [("Type www.brand.example", domain)];
        r.answer(&said, step, &[], &answers).expect(0);
        r.sandbox.run(&test).prints("signed in");
    }

    // The storage refuses an environment with an unconfirmed host, so this remedy of a refused request is not reached.
    fn an_unconfirmed_host_is_confirmed(r: Sandbox::answering(|asked| {
        (asked.host == FOREIGN).then(|| Reply::json(200, USER))
    })) runs [TrustHost] and [] {
        r.sandbox.add("wknd-stage/", "stage");
        let step = || NextStep::TrustHost.of("wknd-stage");
        let mut said = r.sandbox.exits(77, &["edit", "wknd-stage", "--author", FOREIGN]);
        said.err = Guidance::from(step()).in_shell();
        r.follow(&said, step(), &[("HOST", FOREIGN)]).expect(0);
        r.sandbox.ok(&["test", "wknd-stage", "--tier", "author"]);
    }

    fn an_unconfirmed_ims_host_is_confirmed(r: Sandbox::answering(|asked| {
        (asked.host == FOREIGN).then(|| Reply::json(400, r#"{"error":"invalid_scope"}"#))
    })) runs [TrustImsHost] and [] {
        let file = r.sandbox.file("wknd-stage/");
        let text = std::fs::read_to_string(&file).unwrap();
        let foreign = r.write("foreign.json", text.replace("ims-na1.adobelogin.com", FOREIGN));
        let file = foreign.to_str().unwrap();
        r.sandbox.ok(&["add", file, "--type", "stage", "--trust-ims-host", FOREIGN]);
        withdraw_approvals(&r.sandbox);
        let said = r.sandbox.exits(77, &["exchange", "p123-e1250"]);
        r.follow(&said, NextStep::TrustImsHost, &[("FILE", file), ("HOST", FOREIGN)]).expect(0);
        // The host is asked now.
        r.sandbox.exits(76, &["exchange", "p123-e1250"]);
    }
}
