//! What is stored under which name, tokens of a person, and the local SDK.

use std::sync::Mutex;

use aemkeys_core::credential::{NextStep, Part};
use aemkeys_simulator::fixtures::{ServiceAccount, development_token, person};
use jiff::{SignedDuration, Timestamp};

use super::YES;
use crate::support::https_mock::Reply;
use crate::support::sandbox::Sandbox;

/// A person's token that is `hours` old, of at most 24.
fn token(hours: i64) -> String {
    let created = Timestamp::now() - SignedDuration::from_hours(hours);
    let token = development_token(&person(1, &["p123-e1301"]), created);
    String::from_utf8(token.expose().to_vec()).unwrap()
}

super::remedies! {
    fn what_is_not_stored_is_added_or_listed(r: Sandbox::new()) runs [Add, List] and [] {
        let file = r.sandbox.file("wknd-stage/");
        let said = r.sandbox.run(&["token", "p123-e1250"]);
        r.follow(&said, NextStep::Add, &[("FILE", file.to_str().unwrap())]).expect(0);
        r.sandbox.ok(&["token", "p123-e1250"]);
        let said = r.sandbox.run(&["token", "other"]);
        r.follow(&said, NextStep::List, &[]).expect(0).prints("p123-e1250");
    }

    fn without_a_terminal_there_are_lines_of_text(r: Sandbox::new()) runs [Plain] and [] {
        let said = r.sandbox.exits(64, &[]);
        r.follow(&said, NextStep::Plain, &[]).expect(0).prints("aemkeys");
    }

    fn a_refused_token_is_exchanged(r: {
        let first = Mutex::new(None);
        Sandbox::answering(move |asked| {
            let token = asked.header("authorization")?.to_owned();
            let mut first = first.lock().unwrap();
            (*first.get_or_insert_with(|| token.clone()) == token)
                .then(|| Reply::new(401, &[], ""))
        })
    }) runs [Exchange] and [] {
        r.sandbox.add("wknd-stage/", "stage");
        let said = r.sandbox.run(&["test", "wknd-stage"]);
        assert_ne!(said.code, 0);
        r.follow(&said, NextStep::Exchange.of("wknd-stage"), &[]).expect(0);
        r.sandbox.ok(&["test", "wknd-stage"]);
    }

    fn a_persons_token_is_replaced_moved_and_removed(r: Sandbox::new())
        runs [PasteToken, AddWithIds, GuideFirst, Remove] and []
    {
        let add = ["add", "-", "--name", "dev", "--env", "p123-e1301", "--type", "dev"];
        r.sandbox.run_with(&add, token(23).as_bytes()).expect(0);
        let wanted = ["token", "dev", "--min-valid", "2h"];
        let said = r.sandbox.run(&wanted);
        let line = r.printed_step(&said, NextStep::PasteToken.of("dev"), &[]);
        let fresh = r.write("token", token(1));
        let file = fresh.to_str().unwrap();
        super::Ran::of(r.shell(&format!("{line} < {file}")).output().unwrap()).expect(0);
        r.sandbox.ok(&wanted);

        let said = r.sandbox.run(&["credential", "dev"]);
        r.follow(&said, NextStep::GuideFirst, &[]).expect(0);

        let elsewhere = ServiceAccount {
            client_id: "cm-p5-e6".to_owned(),
            ..ServiceAccount::new("p1-e1", 0, Timestamp::now())
        };
        let elsewhere = elsewhere.token(Timestamp::now());
        let said = r.sandbox.run_with(&["paste", "dev"], elsewhere.expose());
        let file = r.write("elsewhere", elsewhere.expose());
        let given = [("FILE", file.to_str().unwrap())];
        r.follow(&said, NextStep::AddWithIds.of("p5-e6"), &given).expect(0);
        r.sandbox.ok(&["token", "p5-e6"]);

        let said = r.sandbox.run(&["invalidate-token", "dev", "--yes"]);
        r.answer(&said, NextStep::Remove.of("dev"), &[], YES).expect(0);
        r.sandbox.exits(66, &["show", "dev"]);
    }

    fn an_ambiguous_name_gets_a_default(r: Sandbox::new()) runs [SetDefault] and [] {
        for (label, hours) in [("one", 3), ("two", 2)] {
            let add = ["add", "-", "--name", "dev", "--env", "p123-e1301", "--type", "dev", "--label", label];
            r.sandbox.run_with(&add, token(hours).as_bytes()).expect(0);
        }
        let said = r.sandbox.exits(67, &["token", "dev"]);
        let step = Part::Step(NextStep::SetDefault, Some("dev".to_owned()), Some("one".to_owned()));
        r.follow(&said, step, &[]).expect(0);
        r.sandbox.ok(&["token", "dev"]);
    }

    fn a_local_sdk_is_an_environment_of_its_own(r: Sandbox::new())
        runs [AddLocalSdk, Test, CallPath] and []
    {
        r.sandbox.add("wknd-stage/", "stage");
        let local = format!("http://localhost:{}", r.sandbox.simulator.address().port());
        let said = r.sandbox.run(&["edit", "wknd-stage", "--author", &local]);
        r.follow(&said, NextStep::AddLocalSdk, &[]).expect(0);
        r.sandbox.ok(&["edit", "local", "--author", &local, "--publish", &local]);
        let said = r.sandbox.run(&["token", "local"]);
        r.follow(&said, NextStep::Test.of("local"), &[]).expect(0);
        let path = [("PATH", "/libs/granite/security/currentuser.json")];
        r.follow(&said, NextStep::CallPath.of("local"), &path).expect(0);
    }

    fn what_cloud_manager_lists_is_added_and_filled_in(r: Sandbox::new())
        runs [AddNamed, DiscoverApply] and []
    {
        r.sandbox.add("brand-stage/", "stage");
        let said = r.sandbox.ok(&["discover"]);
        let file = r.sandbox.file("brand-prod/read");
        let given = [("FILE", file.to_str().unwrap())];
        let name = "brand-production";
        r.follow(&said, NextStep::AddNamed.of(name), &given).expect(0);
        let said = r.sandbox.ok(&["discover"]);
        let answers = [("of brand-production?", "y")];
        let ran = r.answer(&said, NextStep::DiscoverApply, &[], &answers).expect(0);
        ran.prints("changed brand-production: type Production, console link");
    }

    fn another_account_gets_a_label(r: Sandbox::new()) runs [AddWithLabel] and [] {
        r.sandbox.add("wknd-stage/", "stage");
        let end = Timestamp::now() + SignedDuration::from_hours(24 * 100);
        let other = ServiceAccount::new("p123-e1250", 5, end);
        r.sandbox.simulator.register(other.client());
        let file = r.write("other.json", other.file());
        let said = r.sandbox.run(&["add", file.to_str().unwrap()]);
        let given = [("FILE", file.to_str().unwrap())];
        r.follow(&said, NextStep::AddWithLabel.of("service-5"), &given).expect(0);
        r.sandbox.ok(&["token", "wknd-stage/service-5"]);
    }
}
