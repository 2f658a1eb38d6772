//! A rotation and a leak as a person types them, and a rotation that is killed wherever it waits.

use std::process::Child;
use std::time::{Duration, Instant};

use aemkeys_simulator::fixtures::ServiceAccount;
use aemkeys_simulator::{Fault, FaultTarget};

use crate::support::sandbox::Sandbox;

const STAGE: &str = "wknd-stage";

fn renewed() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox
        .run(&["used-by", STAGE, "--add", "indexer", "--add", "export"])
        .expect(0);
    let renewal = sandbox.file("renewal/").to_str().unwrap().to_owned();
    (sandbox, renewal)
}

fn fingerprint(sandbox: &Sandbox) -> String {
    let listed = sandbox.run(&["show", STAGE, "--json"]).expect(0).json();
    let identity = &listed["environments"][0]["identities"][0];
    identity["credential"]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn unfinished(sandbox: &Sandbox) -> serde_json::Value {
    let listed = sandbox.run(&["show", STAGE, "--json"]).expect(0).json();
    listed["environments"][0]["identities"][0]["rotation"]["state"].clone()
}

#[test]
fn a_rotation_from_the_file_to_the_last_tick() {
    let (sandbox, renewal) = renewed();
    let unasked = sandbox.run(&["rotate", STAGE, &renewal]).expect(77);
    assert!(
        unasked.err.contains("Recognised: same technical account"),
        "{unasked:?}"
    );
    assert!(unasked.err.contains("differs"), "{unasked:?}");
    let done = sandbox.run(&["rotate", STAGE, &renewal, "--yes"]).expect(0);
    for said in [
        "● store the new credential",
        "● sign in with both",
        "● switch to the new credential",
        "[ ] indexer",
        "After all are ticked",
    ] {
        assert!(done.err.contains(said), "{said}: {done:?}");
    }
    let listed = sandbox.run(&["list"]).expect(0);
    assert!(
        listed.err.contains("2 of 2 still use the old credential"),
        "{listed:?}"
    );
    the_old_one_is_watched(&sandbox);
    let ticked = sandbox
        .run(&["used-by", STAGE, "--tick", "INDEXER"])
        .expect(0);
    assert!(ticked.out.contains("[x] indexer") && ticked.out.contains("[ ] export"));
    assert!(ticked.err.contains("1 left"), "{ticked:?}");
    sandbox
        .run(&["used-by", STAGE, "--tick", "nobody"])
        .expect(64);
    sandbox.run(&["used-by", STAGE, "--tick-all"]).expect(0);
    assert_eq!(unfinished(&sandbox), "to revoke");
    let check = sandbox.run(&["check"]).expect(0);
    assert!(!check.out.contains("old credential"), "{check:?}");
    let new = fingerprint(&sandbox);
    sandbox
        .run(&["rotate", STAGE, "--go-back", "--yes"])
        .expect(0);
    assert_ne!(fingerprint(&sandbox), new);
    let again = sandbox
        .run(&["rotate", STAGE, "--yes", "--json"])
        .expect(0)
        .json();
    assert_eq!(again["new"], new.as_str());
    let revisions = sandbox
        .run(&["revisions", STAGE, "--json"])
        .expect(0)
        .json();
    assert_eq!(revisions["revisions"][0]["state"], "active");
    assert_eq!(revisions["revisions"][1]["state"], "old");
    sandbox
        .run(&["revisions", STAGE, "--drop", "2", "--yes"])
        .expect(64);
    sandbox
        .run(&["revisions", STAGE, "--drop", "--yes"])
        .expect(0);
    assert!(unfinished(&sandbox).is_null());
    sandbox
        .run(&["rotate", STAGE, "--go-back", "--yes"])
        .expect(64);
    sandbox.run(&["rotate", STAGE, "--yes"]).expect(64);
}

fn write(sandbox: &Sandbox, name: &str, account: &ServiceAccount) -> String {
    let path = sandbox.home().join(name);
    std::fs::write(&path, account.file()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn in_a_year() -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_hours(360 * 24)
}

#[test]
fn an_account_without_groups_waits_until_it_has_them() {
    let (sandbox, _) = renewed();
    let old = fingerprint(&sandbox);
    let poor = ServiceAccount::new("p123-e1250", 5, in_a_year());
    sandbox.simulator.register(poor.client());
    let file = write(&sandbox, "poor.json", &poor);
    let waits = sandbox.run(&["rotate", STAGE, &file, "--yes"]).expect(76);
    assert!(waits.err.contains("✕ sign in with both"), "{waits:?}");
    assert!(waits.err.contains("not in wknd-api-readers"), "{waits:?}");
    assert!(waits.err.contains("aemkeys guide permissions"), "{waits:?}");
    assert_eq!(fingerprint(&sandbox), old);
    assert_eq!(unfinished(&sandbox), "not proven");
    sandbox.simulator.delete_account(&poor.client_id);
    let rich = poor.groups(&["contributor", "wknd-api-readers", "wknd-editors"]);
    sandbox.simulator.register(rich.client());
    let preview = FaultTarget::host("preview-p123-e1250.adobeaemcloud.com");
    sandbox.simulator.fail(preview, Fault::Drop, 100);
    let done = sandbox.run(&["rotate", STAGE, "--yes"]).expect(0);
    assert!(
        done.err.contains(
            "  author and publish accept the new credential like the old one, with the same groups"
        ),
        "every note is said: {done:?}"
    );
    assert!(done.err.contains("  not compared: preview"), "{done:?}");
    assert_ne!(fingerprint(&sandbox), old);
}

#[test]
fn aem_that_answers_neither_is_no_proof() {
    let (sandbox, renewal) = renewed();
    let old = fingerprint(&sandbox);
    sandbox
        .simulator
        .fail(FaultTarget::path("/libs/granite"), Fault::Drop, 1000);
    let failed = sandbox
        .run(&["rotate", STAGE, &renewal, "--yes", "--json"])
        .expect(75);
    assert!(failed.err.contains("rotation-not-compared"), "{failed:?}");
    sandbox.simulator.heal();
    assert_eq!(fingerprint(&sandbox), old);
    sandbox.run(&["rotate", STAGE, "--yes"]).expect(0);
    assert_ne!(fingerprint(&sandbox), old);
}

#[test]
fn what_would_be_refused_is_refused_before_anybody_is_asked() {
    let (sandbox, renewal) = renewed();
    let elsewhere = ServiceAccount::new("p9-e9", 0, in_a_year());
    let elsewhere = write(&sandbox, "elsewhere.json", &elsewhere);
    let wrong = sandbox.run(&["rotate", STAGE, &elsewhere]).expect(65);
    assert!(wrong.err.contains("belongs to p9-e9"), "{wrong:?}");
    let same = sandbox.file("wknd-stage/");
    let same = sandbox
        .run(&["rotate", STAGE, same.to_str().unwrap()])
        .expect(64);
    assert!(same.err.contains("Recognised: same credential"), "{same:?}");
    assert!(
        same.err.contains("already uses this credential"),
        "{same:?}"
    );
    sandbox.run(&["rotate", STAGE]).expect(64);
    let back = sandbox.run(&["rotate", STAGE, "--go-back"]).expect(64);
    assert!(back.err.contains("no older credential"), "{back:?}");
    sandbox.run(&["rotate", STAGE, &renewal]).expect(77);
    assert!(unfinished(&sandbox).is_null(), "nothing was begun");
}

#[test]
fn production_wants_its_name() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "production");
    let renewal = sandbox.file("renewal/");
    let renewal = renewal.to_str().unwrap();
    let old = fingerprint(&sandbox);
    sandbox.run(&["rotate", STAGE, renewal, "--yes"]).expect(77);
    sandbox
        .run(&["leaked", STAGE, "--mark", "--yes"])
        .expect(77);
    assert_eq!(fingerprint(&sandbox), old);
    sandbox
        .run(&["rotate", STAGE, renewal, "--confirm", STAGE])
        .expect(0);
    sandbox
        .run(&["rotate", STAGE, "--go-back", "--confirm", STAGE])
        .expect(0);
    assert_eq!(fingerprint(&sandbox), old);
}

#[test]
fn a_leak_from_the_file_to_the_git_history() {
    let (sandbox, renewal) = renewed();
    sandbox.run(&["exchange", STAGE]).expect(0);
    let leaked = sandbox.file("wknd-stage/");
    let leaked = leaked.to_str().unwrap();
    let first = sandbox.run(&["leaked", leaked]).expect(0);
    assert!(
        first.err.contains("This file is wknd-stage, revision 1"),
        "{first:?}"
    );
    assert!(first.out.contains("not marked as leaked"), "{first:?}");
    assert!(
        first.err.contains("24 hours") && first.err.contains("ten"),
        "{first:?}"
    );
    let unknown = sandbox.file("wknd-prod/");
    sandbox
        .run(&["leaked", unknown.to_str().unwrap()])
        .expect(66);
    sandbox.run(&["leaked", STAGE, "--mark", "--yes"]).expect(0);
    leaked_is_seen_everywhere(&sandbox);
    sandbox
        .run(&["leaked", STAGE, "--delete-old", "--yes"])
        .expect(77);
    sandbox.run(&["rotate", STAGE, &renewal, "--yes"]).expect(0);
    sandbox
        .run(&["rotate", STAGE, "--go-back", "--yes"])
        .expect(64);
    let listed = sandbox.run(&["show", STAGE, "--json"]).expect(0).json();
    assert_eq!(listed["environments"][0]["identities"][0]["leaked"], false);
    sandbox.run(&["credential", STAGE]).expect(0);
    sandbox.run(&["leaked", STAGE, "--revoked"]).expect(77);
    sandbox.run(&["used-by", STAGE, "--tick-all"]).expect(0);
    sandbox.run(&["leaked", STAGE, "--revoked"]).expect(76);
    let old = ServiceAccount::new("p123-e1250", 0, jiff::Timestamp::now()).key(2);
    sandbox
        .simulator
        .revoke_key(&old.client_id, &old.binding().public_key);
    sandbox.run(&["leaked", STAGE, "--revoked"]).expect(0);
    sandbox
        .run(&["leaked", STAGE, "--invalidate", "--yes"])
        .expect(0);
    let deleted = sandbox
        .run(&["leaked", STAGE, "--delete-old", "--yes", "--json"])
        .expect(0)
        .json();
    let states: Vec<&str> = deleted["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        ["done", "done", "done", "done", "done", "done", "next"]
    );
    sandbox.run(&["rotate", STAGE, leaked, "--yes"]).expect(76);
    sandbox.run(&["token", STAGE]).expect(0);
}

/// Rotated, but two still use the old one, which expires in 26 days.
fn the_old_one_is_watched(sandbox: &Sandbox) {
    let check = sandbox.run(&["check"]).expect(1);
    let line = check.out.lines().nth(1).unwrap();
    assert!(line.starts_with("▲ soon"), "{check:?}");
    assert!(line.contains("old credential"), "{check:?}");
    assert!(line.contains("still used by indexer, export"), "{check:?}");
    assert!(
        line.contains("`aemkeys used-by wknd-stage --tick WHO`"),
        "{check:?}"
    );
    let json = sandbox.run(&["check", "--json"]).expect(1).json();
    assert_eq!(json["findings"][0]["still_used_by"][1], "export");
    assert!(json["findings"][1]["still_used_by"].is_null());
    let metrics = sandbox.run(&["check", "--prometheus"]).expect(1).out;
    let mut series: Vec<&str> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, _)| series)
        .collect();
    assert!(metrics.contains("revision=\"old\""), "{metrics}");
    let all = series.len();
    series.sort_unstable();
    series.dedup();
    assert_eq!(series.len(), all, "{metrics}");
    let calendar = sandbox.run(&["check", "--ics"]).expect(1).out;
    assert!(calendar.contains("-old-credential@aemkeys"), "{calendar}");
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 2);
    let timeline = sandbox.run(&["timeline", "--width", "200"]).expect(0).out;
    let bars: Vec<&str> = timeline
        .lines()
        .filter(|line| line.contains(STAGE))
        .collect();
    assert_eq!(bars.len(), 2, "{timeline}");
    assert!(
        bars[0].contains("still used by indexer, export"),
        "{timeline}"
    );
}

fn leaked_is_seen_everywhere(sandbox: &Sandbox) {
    let check = sandbox.run(&["check"]).expect(1);
    assert!(check.out.contains("‼ urgent"), "{check:?}");
    assert!(check.out.contains("leaked; expires in"), "{check:?}");
    assert!(
        check.out.contains("`aemkeys leaked wknd-stage`"),
        "{check:?}"
    );
    let check = sandbox.run(&["check", "--json"]).expect(1).json();
    assert_eq!(check["findings"][0]["leaked"], true);
    let list = sandbox.run(&["list"]).expect(0);
    assert!(list.out.contains("‼ leaked, 2"), "{list:?}");
    assert!(list.err.contains("still in use"), "{list:?}");
    let list = sandbox.run(&["list", "--json"]).expect(0).json();
    let identity = &list["environments"][0]["identities"][0];
    assert_eq!(identity["leaked"], true);
    assert_eq!(identity["credential"]["state"], "urgent");
    let refused = sandbox.run(&["credential", STAGE]).expect(76);
    assert!(refused.out.is_empty(), "it was exported");
    assert!(refused.err.contains("can't be exported"), "{refused:?}");
}

/// Waits until the process hangs at this place, then kills it: nothing can be tidied up.
fn kill_at(sandbox: &Sandbox, mut child: Child, path: &str, seen_before: usize) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let hangs = || {
        sandbox
            .simulator
            .seen()
            .iter()
            .skip(seen_before)
            .any(|seen| seen.path_and_query.starts_with(path))
    };
    while !hangs() {
        assert!(Instant::now() < deadline, "{path} was never asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn killed_wherever_it_waits_the_old_one_works_and_a_rerun_completes() {
    const SAVED: &str = "/api/assets.json";
    for path in ["/ims/exchange/jwt", "/libs/granite/security", SAVED] {
        let (sandbox, renewal) = renewed();
        sandbox
            .run(&["edit", STAGE, "--saved-path", SAVED])
            .expect(0);
        sandbox.run(&["exchange", STAGE]).expect(0);
        let old = fingerprint(&sandbox);
        let before = sandbox.simulator.seen().len();
        sandbox
            .simulator
            .fail(FaultTarget::path(path), Fault::Hang, 8);
        let child = sandbox.start(&["rotate", STAGE, &renewal, "--yes"]);
        kill_at(&sandbox, child, path, before);
        sandbox.simulator.heal();
        assert_eq!(fingerprint(&sandbox), old, "{path}");
        assert_eq!(unfinished(&sandbox), "not proven", "{path}");
        sandbox.run(&["exchange", STAGE]).expect(0);
        let resumed = sandbox.run(&["rotate", STAGE, "--yes"]).expect(0);
        assert!(resumed.err.contains("is already stored"), "{resumed:?}");
        assert_ne!(fingerprint(&sandbox), old, "{path}");
        sandbox.run(&["exchange", STAGE]).expect(0);
    }
}

#[test]
fn killed_at_any_moment_something_signs_in() {
    let (sandbox, renewal) = renewed();
    let (mut delay, old) = (1, fingerprint(&sandbox));
    for round in 0..12 {
        let mut child = sandbox.start(&["rotate", STAGE, &renewal, "--yes"]);
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        delay = delay * 7 % 397 + 1;
        let works = sandbox.run(&["exchange", STAGE]);
        assert_eq!(works.code, 0, "round {round}: {works:?}");
        if fingerprint(&sandbox) != old {
            sandbox.run(&["rotate", STAGE, "--go-back", "--yes"]);
            sandbox
                .run(&["rotate", STAGE, "--discard", "--yes"])
                .expect(0);
        }
    }
    let last = sandbox.run(&["rotate", STAGE, &renewal, "--yes"]);
    assert_eq!(last.code, 0, "{last:?}");
    assert_ne!(fingerprint(&sandbox), old);
}
