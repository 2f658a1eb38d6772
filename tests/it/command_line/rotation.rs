//! Rotations and leaks on the command line, and rotations killed while they wait.

use std::process::Child;
use std::time::{Duration, Instant};

use aemkeys_simulator::fixtures::ServiceAccount;
use aemkeys_simulator::{Fault, FaultTarget};

use crate::support::sandbox::Sandbox;

const STAGE: &str = "wknd-stage";

fn renewed() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["used-by", STAGE, "--add", "indexer", "--add", "export"]);
    let renewal = sandbox.file("renewal/").to_str().unwrap().to_owned();
    (sandbox, renewal)
}

fn fingerprint(sandbox: &Sandbox) -> String {
    let listed = sandbox.ok(&["show", STAGE, "--json"]).json();
    let identity = &listed["environments"][0]["identities"][0];
    identity["credential"]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn remaining_steps(sandbox: &Sandbox) -> serde_json::Value {
    let listed = sandbox.ok(&["show", STAGE, "--json"]).json();
    listed["environments"][0]["identities"][0]["rotation"]["state"].clone()
}

#[test]
fn a_rotation_from_the_file_to_the_last_tick() {
    let (sandbox, renewal) = renewed();
    let unasked = sandbox.exits(77, &["rotate", STAGE, &renewal]);
    unasked.says("Recognised: same technical account");
    unasked.says("differs");
    let done = sandbox.ok(&["rotate", STAGE, &renewal, "--yes"]);
    for said in [
        "● store the new credential",
        "● sign in with both",
        "● switch to the new credential",
        "[ ] indexer",
        "After all are ticked",
    ] {
        assert!(done.err.contains(said), "{said}: {done:?}");
    }
    sandbox.ok(&["list"]).says("not updated yet (2 of 2)");
    the_old_one_is_watched(&sandbox);
    let ticked = sandbox.ok(&["used-by", STAGE, "--tick", "INDEXER"]);
    assert!(ticked.out.contains("[x] indexer") && ticked.out.contains("[ ] export"));
    ticked.says("1 left");
    sandbox.exits(64, &["used-by", STAGE, "--tick", "nobody"]);
    sandbox.ok(&["used-by", STAGE, "--tick-all"]);
    assert_eq!(remaining_steps(&sandbox), "revoke old key");
    let check = sandbox.ok(&["check"]);
    assert!(!check.out.contains("old credential"), "{check:?}");
    let new = fingerprint(&sandbox);
    sandbox.ok(&["rotate", STAGE, "--go-back", "--yes"]);
    assert_ne!(fingerprint(&sandbox), new);
    let again = sandbox.ok(&["rotate", STAGE, "--yes", "--json"]).json();
    assert_eq!(again["new"], new.as_str());
    let revisions = sandbox.ok(&["revisions", STAGE, "--json"]).json();
    assert_eq!(revisions["revisions"][0]["state"], "active");
    assert_eq!(revisions["revisions"][1]["state"], "old");
    sandbox.exits(64, &["revisions", STAGE, "--drop", "2", "--yes"]);
    sandbox.ok(&["revisions", STAGE, "--drop", "--yes"]);
    assert!(remaining_steps(&sandbox).is_null());
    sandbox.exits(64, &["rotate", STAGE, "--go-back", "--yes"]);
    sandbox.exits(64, &["rotate", STAGE, "--yes"]);
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
    let waits = sandbox.exits(76, &["rotate", STAGE, &file, "--yes"]);
    waits.says("✕ sign in with both");
    waits.says("not in wknd-api-readers");
    waits.says("aemkeys guide permissions");
    assert_eq!(fingerprint(&sandbox), old);
    assert_eq!(remaining_steps(&sandbox), "not verified");
    sandbox.simulator.delete_account(&poor.client_id);
    let rich = poor.groups(&["contributor", "wknd-api-readers", "wknd-editors"]);
    sandbox.simulator.register(rich.client());
    let preview = FaultTarget::host("preview-p123-e1250.adobeaemcloud.com");
    sandbox.simulator.fail(preview, Fault::Drop, 100);
    let done = sandbox.ok(&["rotate", STAGE, "--yes"]);
    assert!(
        done.err.contains(
            "  author and publish accept the new credential like the old one, with the same groups"
        ),
        "every note is said: {done:?}"
    );
    done.says("  not compared: preview");
    assert_ne!(fingerprint(&sandbox), old);
}

#[test]
fn does_not_switch_if_aem_answers_neither_credential() {
    let (sandbox, renewal) = renewed();
    let old = fingerprint(&sandbox);
    sandbox
        .simulator
        .fail(FaultTarget::path("/libs/granite"), Fault::Drop, 1000);
    sandbox
        .exits(75, &["rotate", STAGE, &renewal, "--yes", "--json"])
        .says("rotation-not-compared");
    sandbox.simulator.heal();
    assert_eq!(fingerprint(&sandbox), old);
    sandbox.ok(&["rotate", STAGE, "--yes"]);
    assert_ne!(fingerprint(&sandbox), old);
}

#[test]
fn refuses_an_impossible_rotation_before_asking() {
    let (sandbox, renewal) = renewed();
    let elsewhere = ServiceAccount::new("p9-e9", 0, in_a_year());
    let elsewhere = write(&sandbox, "elsewhere.json", &elsewhere);
    sandbox
        .exits(65, &["rotate", STAGE, &elsewhere])
        .says("belongs to p9-e9");
    let same = sandbox.file("wknd-stage/");
    let same = sandbox.exits(64, &["rotate", STAGE, same.to_str().unwrap()]);
    same.says("Recognised: same credential");
    same.says("already uses this credential");
    sandbox.exits(64, &["rotate", STAGE]);
    sandbox
        .exits(64, &["rotate", STAGE, "--go-back"])
        .says("no older credential");
    sandbox.exits(77, &["rotate", STAGE, &renewal]);
    assert!(remaining_steps(&sandbox).is_null(), "nothing was begun");
}

#[test]
fn production_needs_its_name() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "production");
    let renewal = sandbox.file("renewal/");
    let renewal = renewal.to_str().unwrap();
    let old = fingerprint(&sandbox);
    sandbox.exits(77, &["rotate", STAGE, renewal, "--yes"]);
    sandbox.exits(77, &["leaked", STAGE, "--mark", "--yes"]);
    assert_eq!(fingerprint(&sandbox), old);
    sandbox.ok(&["rotate", STAGE, renewal, "--confirm", STAGE]);
    sandbox.ok(&["rotate", STAGE, "--go-back", "--confirm", STAGE]);
    assert_eq!(fingerprint(&sandbox), old);
}

#[test]
fn a_leak_from_the_file_to_the_git_history() {
    let (sandbox, renewal) = renewed();
    sandbox.ok(&["exchange", STAGE]);
    let leaked = sandbox.file("wknd-stage/");
    let leaked = leaked.to_str().unwrap();
    let first = sandbox.ok(&["leaked", leaked]);
    first.says("This file is wknd-stage, revision 1");
    first.prints("not marked as leaked");
    assert!(
        first.err.contains("24 hours") && first.err.contains("ten"),
        "{first:?}"
    );
    let unknown = sandbox.file("wknd-prod/");
    sandbox.exits(66, &["leaked", unknown.to_str().unwrap()]);
    sandbox.ok(&["leaked", STAGE, "--mark", "--yes"]);
    leaked_is_seen_everywhere(&sandbox);
    sandbox.exits(77, &["leaked", STAGE, "--delete-old", "--yes"]);
    sandbox.ok(&["rotate", STAGE, &renewal, "--yes"]);
    sandbox.exits(64, &["rotate", STAGE, "--go-back", "--yes"]);
    let listed = sandbox.ok(&["show", STAGE, "--json"]).json();
    assert_eq!(listed["environments"][0]["identities"][0]["leaked"], false);
    sandbox.ok(&["credential", STAGE]);
    sandbox.exits(77, &["leaked", STAGE, "--revoked"]);
    sandbox.ok(&["used-by", STAGE, "--tick-all"]);
    sandbox.exits(76, &["leaked", STAGE, "--revoked"]);
    let old = ServiceAccount::new("p123-e1250", 0, jiff::Timestamp::now()).key(2);
    sandbox
        .simulator
        .revoke_key(&old.client_id, &old.binding().public_key);
    sandbox.ok(&["leaked", STAGE, "--revoked"]);
    sandbox.ok(&["leaked", STAGE, "--invalidate", "--yes"]);
    let deleted = sandbox
        .ok(&["leaked", STAGE, "--delete-old", "--yes", "--json"])
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
    sandbox.exits(76, &["rotate", STAGE, leaked, "--yes"]);
    sandbox.ok(&["token", STAGE]);
}

/// Rotated, but two still use the old one, which expires in 26 days.
fn the_old_one_is_watched(sandbox: &Sandbox) {
    let check = sandbox.exits(1, &["check"]);
    let line = check.out.lines().nth(1).unwrap();
    assert!(line.starts_with("▲ soon"), "{check:?}");
    assert!(line.contains("old credential"), "{check:?}");
    assert!(line.contains("still used by indexer, export"), "{check:?}");
    assert!(
        check
            .out
            .contains("`aemkeys used-by wknd-stage --tick WHO`"),
        "{check:?}"
    );
    let json = sandbox.exits(1, &["check", "--json"]).json();
    assert_eq!(json["findings"][0]["still_used_by"][1], "export");
    assert!(json["findings"][1]["still_used_by"].is_null());
    let metrics = sandbox.ok(&["check", "--prometheus"]).out;
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
    let calendar = sandbox.ok(&["check", "--ics"]).out;
    assert!(calendar.contains("-old-credential@aemkeys"), "{calendar}");
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 2);
    let timeline = sandbox.ok(&["timeline", "--width", "200"]).out;
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
    let check = sandbox.exits(1, &["check"]);
    check.prints("‼ urgent");
    check.prints("leaked; expires in");
    check.prints("`aemkeys leaked wknd-stage`");
    let check = sandbox.exits(1, &["check", "--json"]).json();
    assert_eq!(check["findings"][0]["leaked"], true);
    let list = sandbox.ok(&["list"]);
    list.prints("‼ leaked, 2");
    list.says("still in use");
    let list = sandbox.ok(&["list", "--json"]).json();
    let identity = &list["environments"][0]["identities"][0];
    assert_eq!(identity["leaked"], true);
    assert_eq!(identity["credential"]["state"], "urgent");
    let refused = sandbox.exits(76, &["credential", STAGE]);
    assert!(refused.out.is_empty(), "it was exported");
    refused.says("can't be exported");
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
fn a_rotation_killed_while_waiting_keeps_the_old_credential_and_a_rerun_completes() {
    const SAVED: &str = "/api/assets.json";
    for path in ["/ims/exchange/jwt", "/libs/granite/security", SAVED] {
        let (sandbox, renewal) = renewed();
        sandbox.ok(&["edit", STAGE, "--saved-path", SAVED]);
        sandbox.ok(&["exchange", STAGE]);
        let old = fingerprint(&sandbox);
        let before = sandbox.simulator.seen().len();
        sandbox
            .simulator
            .fail(FaultTarget::path(path), Fault::Hang, 8);
        let child = sandbox.start(&["rotate", STAGE, &renewal, "--yes"]);
        kill_at(&sandbox, child, path, before);
        sandbox.simulator.heal();
        assert_eq!(fingerprint(&sandbox), old, "{path}");
        assert_eq!(remaining_steps(&sandbox), "not verified", "{path}");
        sandbox.ok(&["exchange", STAGE]);
        sandbox
            .ok(&["rotate", STAGE, "--yes"])
            .says("is already stored");
        assert_ne!(fingerprint(&sandbox), old, "{path}");
        sandbox.ok(&["exchange", STAGE]);
    }
}

#[test]
fn a_rotation_killed_at_any_moment_leaves_a_working_credential() {
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
            sandbox.ok(&["rotate", STAGE, "--discard", "--yes"]);
        }
    }
    let last = sandbox.run(&["rotate", STAGE, &renewal, "--yes"]);
    assert_eq!(last.code, 0, "{last:?}");
    assert_ne!(fingerprint(&sandbox), old);
}
