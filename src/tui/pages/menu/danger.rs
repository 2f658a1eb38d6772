//! The danger menu: everything that takes something away or back. Each line asks for the name first.

use super::{MenuItem, MenuPage};
use crate::app::revisions::can_be_dropped;
use crate::app::{EnvironmentEntry, IdentityEntry, Revision, RevisionState};
use crate::tui::command::{Command, Guarded};
use crate::tui::effect::Way;
use crate::tui::model::Model;
use aemkeys_core::credential::validity::format_until;

pub fn danger(model: &Model, environment: &EnvironmentEntry, identity: &IdentityEntry) -> MenuPage {
    let name = model.name_of(identity.id);
    let mut items = vec![invalidate(identity, &name)];
    if identity.kind.can_exchange() {
        items.push(go_back(identity, &name));
        let revisions = identity.all_revisions();
        let dropped = revisions.iter().filter(|known| can_be_dropped(known.state));
        items.extend(dropped.map(|known| drop_revision(model, identity, known, &name)));
        items.push(MenuItem::new(
            "It leaked",
            "what to do, in which order",
            Command::OpenLeaked(identity.id),
        ));
        items.push(used_by(identity));
    }
    items.extend(removals(environment, identity, &name));
    MenuPage::new(format!("{name}: danger"), items)
}

fn item(
    title: impl Into<String>,
    note: impl Into<String>,
    off: Option<&str>,
    then: Command,
) -> MenuItem {
    MenuItem {
        off: off.map(str::to_owned),
        is_danger: true,
        ..MenuItem::new(title, note, then)
    }
}

fn invalidate(identity: &IdentityEntry, name: &str) -> MenuItem {
    let off = if identity.token.is_none() {
        Some("there is no token")
    } else if identity.kind.can_exchange() {
        None
    } else {
        Some("only its owner's console can end it")
    };
    item(
        "Invalidate the token",
        "from then on IMS refuses it",
        off,
        Command::confirm(
            format!("Invalidate the token of {name}"),
            &[
                "IMS will refuse this token from now on, wherever it is used.",
                "The credential stays; x exchanges a new token.",
            ],
            name,
            Guarded::Invalidate(identity.id),
        ),
    )
}

fn go_back(identity: &IdentityEntry, name: &str) -> MenuItem {
    let old = identity.in_state(RevisionState::Old);
    let revisions = identity.all_revisions();
    let leaked = revisions
        .iter()
        .any(|known| known.leaked && known.state != RevisionState::Active);
    let off = match old {
        Some(_) => None,
        None if leaked => Some("the older one leaked: it never comes back"),
        None => Some("it holds no older credential"),
    };
    let note = old.map_or_else(String::new, |old| {
        format!("to {}; the newer one is kept", old.facts.fingerprint)
    });
    item(
        "Go back to the older credential",
        note,
        off,
        Command::confirm(
            format!("Go back to the older credential of {name}"),
            &[
                "It must get a token first, else everything stays as it is.",
                "The newer one is kept beside it: R tries it again.",
            ],
            name,
            Guarded::Rotate(identity.id, Way::GoBack),
        ),
    )
}

fn drop_revision(
    model: &Model,
    identity: &IdentityEntry,
    known: &Revision,
    name: &str,
) -> MenuItem {
    let (revision, fingerprint) = (known.revision, &known.facts.fingerprint);
    let what = match known.state {
        RevisionState::Candidate => "new one that is not proven",
        _ => "older credential",
    };
    let ends = known.facts.not_after.map_or_else(String::new, |end| {
        let word = if end > model.now { "ends in" } else { "ended" };
        format!(", {word} {}", format_until(end, model.now))
    });
    item(
        format!("Drop the {what}"),
        format!("{fingerprint}{ends}"),
        known
            .leaked
            .then_some("it leaked: the lines below lead through the order"),
        Command::confirm(
            format!("Drop revision {revision} of {name}"),
            &[
                "It is deleted here; who still works with it is not stopped.",
                "At Adobe nothing is revoked: w leads through that.",
            ],
            name,
            Guarded::DropRevision(identity.id, revision),
        ),
    )
}

fn used_by(identity: &IdentityEntry) -> MenuItem {
    let missing = identity.without_new().count();
    let note = match (identity.used_by.len(), missing) {
        (0, _) => "nobody is named yet: e names them".to_owned(),
        (of, _) if !identity.was_rotated() => format!("{of} named, for the next renewal"),
        (of, 0) => format!("all {of} have the newest one"),
        (of, missing) => format!("{missing} of {of} have not the newest one"),
    };
    MenuItem::new("Who uses it", note, Command::OpenUsedBy(identity.id, None))
}

fn removals(environment: &EnvironmentEntry, identity: &IdentityEntry, name: &str) -> Vec<MenuItem> {
    let mut items = vec![item(
        format!("Remove {name}"),
        "here only: nothing changes at Adobe",
        None,
        Command::confirm(
            format!("Remove {name}"),
            &[
                "Its credential and token are deleted from the storage of this machine.",
                "At Adobe nothing is revoked: a leaked key must be revoked in the console.",
            ],
            name,
            Guarded::RemoveIdentity(identity.id),
        ),
    )];
    let count = environment.identities.len();
    if count > 1 {
        items.push(item(
            format!("Remove {} with all identities", environment.name),
            format!("{count} identities"),
            None,
            Command::confirm(
                format!("Remove {}", environment.name),
                &[
                    "All its credentials and tokens are deleted from the storage of this machine.",
                    "At Adobe nothing is revoked.",
                ],
                environment.name.as_str(),
                Guarded::RemoveEnvironment(environment.id),
            ),
        ));
    }
    items
}
