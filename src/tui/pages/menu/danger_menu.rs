//! The danger menu: actions that delete or revert something, each after a confirmation.

use super::item::{Menu, MenuItem};
use crate::app::revisions::can_be_dropped;
use crate::app::{EnvironmentEntry, IdentityEntry, Revision, RevisionState};
use crate::tui::action::Action;
use crate::tui::command::AppCommand;
use crate::tui::effect::{GuardedAct, RotationMode};
use crate::tui::model::{Entries, Model};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::text::counted;
use aemkeys_core::time;

pub fn items(model: &Model, (environment, identity): Entries<'_>) -> Menu {
    let name = model.name_of(identity.id);
    let mut items = vec![invalidate(model, identity, &name)];
    if identity.kind.can_exchange() {
        items.push(go_back(model, identity, &name));
        let revisions = identity.all_revisions();
        let dropped = revisions.iter().filter(|known| can_be_dropped(known.state));
        items.extend(dropped.map(|known| drop_revision(model, identity, known, &name)));
        items.push(MenuItem::new(
            "Handle a leak",
            "the steps, in a safe order",
            AppCommand::OpenLeaked(identity.id),
        ));
        items.push(used_by(identity));
    }
    items.extend(removals(environment, identity, &name));
    (format!("Danger menu: {name}"), items)
}

fn item(
    title: impl Into<String>,
    note: impl Into<String>,
    off: Option<&str>,
    then: AppCommand,
) -> MenuItem {
    MenuItem {
        off: off.map(str::to_owned),
        is_danger: true,
        ..MenuItem::new(title, note, then)
    }
}

fn invalidate(model: &Model, identity: &IdentityEntry, name: &str) -> MenuItem {
    let off = if identity.token.is_none() {
        Some("no token")
    } else if identity.kind.can_exchange() {
        None
    } else {
        Some("local development tokens can't be invalidated")
    };
    item(
        "Invalidate token",
        "IMS rejects it from then on",
        off,
        AppCommand::confirm(
            format!("Invalidate the token of {name}"),
            &[
                "IMS will reject this token wherever it is used.",
                &format!(
                    "The credential stays. For a new token, {}.",
                    model.press(Action::Exchange)
                ),
            ],
            name,
            GuardedAct::Invalidate(identity.id),
        ),
    )
}

fn go_back(model: &Model, identity: &IdentityEntry, name: &str) -> MenuItem {
    let old = identity.in_state(RevisionState::Old);
    let revisions = identity.all_revisions();
    let leaked = revisions
        .iter()
        .any(|known| known.leaked && known.state != RevisionState::Active);
    let off = match old {
        Some(_) => None,
        None if leaked => Some("the old credential is marked as leaked"),
        None => Some("there is no old credential"),
    };
    let note = old.map_or_else(String::new, |old| {
        format!("to {}; the new one is kept", old.facts.fingerprint)
    });
    item(
        "Go back to the old credential",
        note,
        off,
        AppCommand::confirm(
            format!("Go back to the old credential of {name}"),
            &[
                "The old credential is tested first; if it does not work, nothing changes.",
                &format!(
                    "The new credential is kept. To try it again, {}.",
                    model.press(Action::Rotate)
                ),
            ],
            name,
            GuardedAct::Rotate(identity.id, RotationMode::GoBack),
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
        RevisionState::Candidate => "new credential (not tested)",
        _ => "old credential",
    };
    let ends = known.facts.not_after.map_or_else(String::new, |end| {
        format!(", {}", time::expiry(end, model.now))
    });
    item(
        format!("Delete the {what}"),
        format!("{fingerprint}{ends}"),
        known
            .leaked
            .then_some("marked as leaked: use Handle a leak"),
        AppCommand::confirm(
            format!("Delete revision {revision} of {name}"),
            &[
                "It is deleted here. Programs that use it keep working.",
                &format!(
                    "It is not revoked at Adobe. For the guide, {}.",
                    model.press(Action::Guides)
                ),
            ],
            name,
            GuardedAct::DropRevision(identity.id, revision),
        ),
    )
}

fn used_by(identity: &IdentityEntry) -> MenuItem {
    let missing = identity.without_new().count();
    let note = match (identity.used_by.len(), missing) {
        (0, _) => "no programs listed".to_owned(),
        (of, _) if !identity.was_rotated() => format!("{of} listed, for the next rotation"),
        (of, 0) => format!("all {of} have the new credential"),
        (of, missing) => format!("{missing} of {of} not updated yet"),
    };
    MenuItem::new("Used by", note, AppCommand::OpenUsedBy(identity.id, None))
}

fn removals(environment: &EnvironmentEntry, identity: &IdentityEntry, name: &str) -> Vec<MenuItem> {
    let mut items = vec![item(
        format!("Remove {name}"),
        "only here; nothing changes at Adobe",
        None,
        AppCommand::confirm(
            format!("Remove {name}"),
            match identity.kind {
                Kind::Local => &["It is deleted from this machine. The SDK itself is not changed."],
                Kind::DevelopmentToken => &[
                    "Its token is deleted from this machine.",
                    "It still works until it expires, at most 24 hours after it was issued.",
                ],
                _ => &[
                    "Its credential and token are deleted from this machine.",
                    "Nothing is revoked at Adobe.",
                ],
            },
            name,
            GuardedAct::RemoveIdentity(identity.id),
        ),
    )];
    let count = environment.identities.len();
    if count > 1 {
        items.push(item(
            format!("Remove {} with all identities", environment.name),
            counted(count, "identity"),
            None,
            AppCommand::confirm(
                format!("Remove {}", environment.name),
                &[
                    "All its credentials and tokens are deleted from this machine.",
                    "Nothing is revoked at Adobe.",
                ],
                environment.name.as_str(),
                GuardedAct::RemoveEnvironment(environment.id, environment.name.to_string()),
            ),
        ));
    }
    items
}
