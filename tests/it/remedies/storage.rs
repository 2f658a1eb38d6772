//! What the storage or the list has lost, and where the secrets are.

use aemkeys_core::credential::{NextStep, Part};

use crate::support::sandbox::Sandbox;

const STAGE: &str = "wknd-stage";

/// A sandbox whose list names an environment that the storage has lost.
fn lost(environment_type: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.add("brand-stage/", "stage");
    sandbox.add("wknd-stage/", environment_type);
    let index = sandbox.home().join(".local/share/aemkeys/index.json");
    let listed = std::fs::read(&index).unwrap();
    sandbox.ok(&["remove", STAGE, "--confirm", STAGE]);
    std::fs::write(&index, listed).unwrap();
    sandbox
}

super::remedies! {
    fn what_the_storage_lost_is_added_again_with_its_type(r: lost("stage")) runs [Add, SetType] and [] {
        let file = r.sandbox.file("wknd-stage/");
        let said = r.sandbox.run(&["token", STAGE]);
        let restored = r.follow(&said, NextStep::Add, &[("FILE", file.to_str().unwrap())]).expect(0);
        r.sandbox.ok(&["token", STAGE]);
        // The list may have been changed: it lifts no guard.
        let listed = || r.sandbox.ok(&["show", STAGE, "--json"]).json()["environments"][0]["type"].clone();
        assert_eq!(listed(), "untyped");
        let step = NextStep::SetType.of(STAGE).with("stage");
        let line = r.printed_step(&restored, step, &[]);
        r.in_terminal(&line, &[("to confirm", STAGE)]).expect(0);
        let shown = r.sandbox.ok(&["show", STAGE, "--json"]).json();
        assert_eq!(shown["environments"][0]["type"], "stage");
    }

    fn a_lost_production_environment_stays_production(r: lost("production")) runs [Add] and [] {
        let file = r.sandbox.file("wknd-stage/");
        let said = r.sandbox.run(&["token", STAGE]);
        let restored = r.follow(&said, NextStep::Add, &[("FILE", file.to_str().unwrap())]).expect(0);
        assert!(!restored.err.contains("--type"), "{restored:?}");
        let shown = r.sandbox.ok(&["show", STAGE, "--json"]).json();
        assert_eq!(shown["environments"][0]["type"], "production");
    }

    fn what_the_storage_lost_is_examined_and_removed(r: lost("stage")) runs [DoctorForOne, Remove] and [] {
        let missing = r.sandbox.run(&["token", STAGE]);
        r.sandbox.exits(1, &["doctor"]);
        let said = r.sandbox.run(&["check"]);
        r.follow(&said, NextStep::DoctorForOne.of(STAGE), &[]).expect(1).prints(STAGE);
        r.answer(&missing, NextStep::Remove.of(STAGE), &[], &[("to confirm", STAGE)]).expect(0);
        r.sandbox.exits(66, &["show", STAGE]);
    }

    fn a_damaged_list_is_rebuilt(r: Sandbox::new()) runs [Doctor] and [] {
        r.sandbox.add("wknd-stage/", "stage");
        let index = r.sandbox.home().join(".local/share/aemkeys/index.json");
        std::fs::write(index, "{").unwrap();
        let said = r.sandbox.run(&["exchange", STAGE]);
        r.follow(&said, NextStep::Doctor, &[]);
        r.sandbox.ok(&["exchange", STAGE]);
    }

    fn a_setting_is_listed_and_the_line_is_found(r: Sandbox::new()) runs [ConfigCheck, ConfigGet] and [] {
        let said = r.sandbox.exits(64, &["config", "get", "zzz"]);
        r.follow(&said, NextStep::ConfigGet, &[]).expect(0).prints("theme");
        let file = r.sandbox.home().join(".config/aemkeys/config.toml");
        std::fs::write(file, "broken [").unwrap();
        let said = r.sandbox.exits(78, &["config", "set", "theme", "dark"]);
        r.follow(&said, NextStep::ConfigCheck, &[]).expect(78).says("line 1");
    }

    fn a_stored_credential_is_renamed(r: Sandbox::new()) runs [Rename, RenameLabel] and [] {
        r.sandbox.add("brand-prod/read", "rde");
        let file = r.sandbox.file("brand-prod/read");
        let file = file.to_str().unwrap();
        let step = |step, subject: &str, value: &str| {
            Part::Step(step, Some(subject.to_owned()), Some(value.to_owned()))
        };
        let said = r.sandbox.exits(64, &["add", file, "--name", "shop"]);
        r.follow(&said, step(NextStep::Rename, "brand-prod", "shop"), &[]).expect(0);
        let said = r.sandbox.exits(64, &["add", file, "--label", "reader"]);
        r.follow(&said, step(NextStep::RenameLabel, "shop/read", "reader"), &[]).expect(0);
        r.sandbox.ok(&["show", "shop/reader"]);
    }

    fn an_older_copy_is_accepted(r: Sandbox::new()) runs [AcceptOlderStorage] and [] {
        r.sandbox.add("wknd-stage/", "stage");
        let old = std::fs::read(r.sandbox.storage_file()).unwrap();
        r.sandbox.ok(&["exchange", STAGE]);
        std::fs::write(r.sandbox.storage_file(), old).unwrap();
        let said = r.sandbox.ok(&["token", STAGE]);
        r.follow(&said, NextStep::AcceptOlderStorage, &[]);
        let quiet = r.sandbox.ok(&["token", STAGE]);
        assert!(!quiet.err.contains("older copy"), "{quiet:?}");
    }

    fn both_storages_are_shown(r: Sandbox::new()) runs [Storage, PrintToken] and [] {
        r.sandbox.add("wknd-stage/", "stage");
        let said = r.sandbox.run(&["storage", "move", "file"]);
        r.follow(&said, NextStep::Storage, &[]).expect(0).prints("in use");
        let said = r.sandbox.run(&["copy", STAGE]);
        r.follow(&said, NextStep::PrintToken.of(STAGE), &[]).expect(0);
    }
}
