//! Rotations and leaks, step by step as the program names them.

use aemkeys_core::credential::NextStep;
use aemkeys_simulator::AemEnvironment;
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};
use jiff::{SignedDuration, Timestamp};

use super::YES;
use crate::support::sandbox::Sandbox;

const STAGE: &str = "wknd-stage";

fn stage() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["used-by", STAGE, "--add", "indexer"]);
    sandbox
}

super::remedies! {
    fn a_rotation_is_done_undone_and_finished(r: stage())
        runs [Rotate, GoBack, ContinueRotation, TickUser, DropRevision, Revisions, GuideRotate] and [
            "rotate {quoted} --go-back", "revisions {quoted} --drop", "used-by {quoted} --tick WHO",
            "guide revoke {quoted}", "used-by {quoted} --add WHO"
        ]
    {
        let (old, new) = (r.sandbox.file("wknd-stage/"), r.sandbox.file("renewal/"));
        let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
        let said = r.sandbox.run(&["add", new]);
        let rotated = r.answer(&said, NextStep::Rotate.of(STAGE), &[("FILE", new)], YES).expect(0);
        r.sandbox.ok(&["add", new]).prints("already stored");

        let line = "used-by {quoted} --tick WHO";
        let printed = "aemkeys used-by wknd-stage --tick WHO";
        r.printed(&rotated, line, printed, &[]);
        let line = "rotate {quoted} --go-back";
        r.printed(&rotated, line, "aemkeys rotate wknd-stage --go-back", &[]);
        let line = "revisions {quoted} --drop";
        r.printed(&rotated, line, "aemkeys revisions wknd-stage --drop", &[]);

        let said = r.sandbox.run(&["rotate", STAGE, old]);
        r.answer(&said, NextStep::GoBack.of(STAGE), &[], YES).expect(0);
        let said = r.sandbox.run(&["show", STAGE]);
        r.answer(&said, NextStep::ContinueRotation.of(STAGE), &[], YES).expect(0);
        let said = r.sandbox.run(&["check"]);
        let ticked = r.follow(&said, NextStep::TickUser.of(STAGE), &[("WHO", "indexer")]).expect(0);
        r.follow_text(&ticked, "guide revoke {quoted}", "aemkeys guide revoke wknd-stage", &[]).expect(0);
        let said = r.sandbox.run(&["show", STAGE]);
        r.answer(&said, NextStep::DropRevision.of(STAGE), &[], YES).expect(0);
        let said = r.sandbox.run(&["revisions", STAGE, "--drop", "--yes"]);
        r.follow(&said, NextStep::Revisions.of(STAGE), &[]).expect(0).prints("active");
        let said = r.sandbox.run(&["rotate", STAGE, "--yes"]);
        r.follow(&said, NextStep::GuideRotate.of(STAGE), &[]).expect(0).prints(STAGE);
        r.sandbox.ok(&["edit", STAGE, "--used-by", ""]);
        let said = r.sandbox.ok(&["used-by", STAGE]);
        let line = "used-by {quoted} --add WHO";
        r.follow_text(&said, line, "aemkeys used-by wknd-stage --add WHO", &[("WHO", "export")])
            .expect(0)
            .prints("export");
    }

    fn a_candidate_that_fails_is_mended_or_discarded(r: stage())
        runs [GuidePermissions, DiscardCandidate, SavePath] and ["rotate {quoted}"]
    {
        let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
        let poor = ServiceAccount::new("p123-e1250", 5, end);
        r.sandbox.simulator.register(poor.client());
        let file = r.write("poor.json", poor.file());
        let rotate = ["rotate", STAGE, file.to_str().unwrap(), "--yes"];
        let said = r.sandbox.run(&rotate);
        r.printed(&said, "rotate {quoted}", "aemkeys rotate wknd-stage", &[]);
        r.follow(&said, NextStep::GuidePermissions.of(STAGE), &[]).expect(0).prints(STAGE);
        r.answer(&said, NextStep::DiscardCandidate.of(STAGE), &[], YES).expect(0);
        r.sandbox.exits(64, &["rotate", STAGE, "--yes"]);

        let groups = ["contributor", "wknd-api-readers", "wknd-editors"];
        let oauth = OauthAccount {
            groups: groups.map(str::to_owned).to_vec(),
            ..OauthAccount::new("p123-e1250", 7)
        };
        r.sandbox.simulator.register(oauth.client());
        let allowed = [&oauth.client_id, "cm-p123-e1250-integration-0"];
        r.sandbox.simulator.set_environment(AemEnvironment {
            allowed_client_ids: allowed.map(str::to_owned).to_vec(),
            ..AemEnvironment::new("p123-e1250")
        });
        let file = r.write("oauth.json", oauth.file());
        let rotate = ["rotate", STAGE, file.to_str().unwrap(), "--yes"];
        let said = r.sandbox.run(&rotate);
        let path = [("PATH", "/adobe/sites/cf/fragments")];
        r.follow(&said, NextStep::SavePath.of(STAGE), &path).expect(0);
        r.sandbox.run(&["rotate", STAGE, "--yes"]).says("call the saved paths with both: ");
    }

    fn a_leak_is_handled_step_by_step(r: stage())
        runs [MarkLeaked, Leaked, Rotate, UsedBy, TickUser, CheckRevoked, InvalidateLeaked, DeleteLeaked]
        and ["leaked {quoted} --mark", "leaked {quoted}"]
    {
        let new = r.sandbox.file("renewal/");
        let key = [("FILE", new.to_str().unwrap())];
        r.sandbox.ok(&["exchange", STAGE]);
        let said = r.sandbox.ok(&["leaked", STAGE]);
        r.printed(&said, "leaked {quoted} --mark", "aemkeys leaked wknd-stage --mark", &[]);
        let said = r.sandbox.run(&["leaked", STAGE, "--revoked"]);
        r.answer(&said, NextStep::MarkLeaked.of(STAGE), &[], YES).expect(0);
        let out = r.sandbox.home().join("out").display().to_string();
        let export = ["export", "--all", "--output", &out, "--file-passphrase-fd", "0"];
        let said = r.sandbox.run_with(&export, b"several good words\n");
        let line = "aemkeys leaked wknd-stage/service-0";
        r.follow_text(&said, "leaked {quoted}", line, &[]).expect(0);
        let said = r.sandbox.run(&["credential", STAGE]);
        let list = r.follow(&said, NextStep::Leaked.of(STAGE), &[]).expect(0);
        r.answer(&list, NextStep::Rotate.of(STAGE), &key, YES).expect(0);
        let list = r.sandbox.ok(&["leaked", STAGE]);
        r.follow(&list, NextStep::TickUser.of(STAGE), &[("WHO", "indexer")]).expect(0);
        let list = r.sandbox.ok(&["leaked", STAGE]);
        let all = r.sandbox.ok(&["leaked", STAGE, "--json"]);
        r.follow(&all, NextStep::UsedBy.of(STAGE), &[]).expect(0).prints("indexer");
        let old = ServiceAccount::new("p123-e1250", 0, Timestamp::now()).key(2);
        r.sandbox.simulator.revoke_key(&old.client_id, &old.binding().public_key);
        r.follow(&list, NextStep::CheckRevoked.of(STAGE), &[]).expect(0);
        let list = r.sandbox.ok(&["leaked", STAGE]);
        r.answer(&list, NextStep::InvalidateLeaked.of(STAGE), &[], YES).expect(0);
        let list = r.sandbox.ok(&["leaked", STAGE]);
        r.answer(&list, NextStep::DeleteLeaked.of(STAGE), &[], YES).expect(0);
        r.sandbox.ok(&["token", STAGE]);
    }
}
