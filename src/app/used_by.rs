//! Tracks who uses a credential and who has the new one. The old key may be revoked only when all have it.

use uuid::Uuid;

use super::resolve::no_longer_stored;
use super::{AppContext, edit};
use crate::storage::{Phase, RevisionState};
use aemkeys_core::credential::shell::quoted;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::{Identity, UsedBy};

/// Changes to the list; names are compared ignoring case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub add: Vec<String>,
    pub remove: Vec<String>,
    pub tick: Vec<String>,
    pub untick: Vec<String>,
    pub tick_all: bool,
}

impl Change {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Changes the list. Once all have the new credential and no old one is stored, the rotation is complete.
pub async fn change(context: &AppContext, id: Uuid, change: Change) -> Result<(), Problem> {
    let index = context.read_index()?;
    let (environment, entry) = index.identity(id).ok_or_else(no_longer_stored)?;
    let (environment, active) = (environment.id, entry.active_revision());
    edit::change(context, environment, move |environment| {
        match environment.identities.iter_mut().find(|i| i.id == id) {
            Some(identity) => apply(identity, &change, active),
            None => Ok(()),
        }
    })
    .await?;
    context
        .update_index(move |index| {
            let Some(entry) = index.identity_mut(id) else {
                return;
            };
            let old_is_gone = entry.in_state(RevisionState::Old).is_none();
            let over = old_is_gone && entry.without_new().next().is_none();
            if over
                && entry
                    .rotation
                    .as_ref()
                    .is_some_and(|rotation| rotation.reached == Phase::Switched)
            {
                entry.rotation = None;
            }
        })
        .await
}

fn apply(identity: &mut Identity, change: &Change, active: u32) -> Result<(), Problem> {
    for name in &change.add {
        let who = UsedBy::parse(name)?;
        if find(identity, &who.name).is_err() {
            identity.used_by.push(who);
        }
    }
    for name in &change.tick {
        let at = find(identity, name)?;
        identity.used_by[at].has_revision = active;
    }
    for name in &change.untick {
        let at = find(identity, name)?;
        identity.used_by[at].has_revision = 0;
    }
    if change.tick_all {
        for who in &mut identity.used_by {
            who.has_revision = active;
        }
    }
    for name in &change.remove {
        let at = find(identity, name)?;
        identity.used_by.remove(at);
    }
    Ok(())
}

fn find(identity: &Identity, name: &str) -> Result<usize, Problem> {
    let wanted = clean(name, 80).trim().to_lowercase();
    identity
        .used_by
        .iter()
        .position(|who| who.name.trim().to_lowercase() == wanted)
        .ok_or_else(|| {
            let known: Vec<&str> = identity
                .used_by
                .iter()
                .map(|who| who.name.as_str())
                .collect();
            Problem::new(
                Code::Usage,
                format!("{} is not in the used-by list", quoted(&clean(name, 80))),
            )
            .next_step(if known.is_empty() {
                "the list is empty; add an entry with `--add WHO`".to_owned()
            } else {
                format!("the list contains: {}", known.join(", "))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::Kind;
    use aemkeys_core::environment::Name;

    #[test]
    fn a_tick_counts_for_one_revision_only() {
        let mut identity = Identity {
            latest_revision: 2,
            used_by: vec![UsedBy::new("Indexer"), UsedBy::new("export")],
            ..Identity::new(Name::parse("read").unwrap(), Kind::ServiceCredentials)
        };
        let tick = Change {
            tick: vec!["indexer".to_owned()],
            ..Change::default()
        };
        apply(&mut identity, &tick, 2).unwrap();
        assert!(identity.used_by[0].has(2) && !identity.used_by[1].has(2));
        assert!(!identity.used_by[0].has(3), "the next rotation asks again");
        let unknown = Change {
            tick: vec!["nobody".to_owned()],
            ..Change::default()
        };
        assert_eq!(
            apply(&mut identity, &unknown, 2).unwrap_err().code,
            Code::Usage
        );
        let more = Change {
            add: vec!["INDEXER".to_owned(), "new one".to_owned()],
            remove: vec!["export".to_owned()],
            ..Change::default()
        };
        apply(&mut identity, &more, 2).unwrap();
        let names: Vec<&str> = identity
            .used_by
            .iter()
            .map(|who| who.name.as_str())
            .collect();
        assert_eq!(names, ["Indexer", "new one"]);
        for wrong in ["", "  ", "indexer, export"] {
            let blank = Change {
                add: vec![wrong.to_owned()],
                ..Change::default()
            };
            assert_eq!(
                apply(&mut identity, &blank, 2).unwrap_err().code,
                Code::Usage
            );
        }
        let spaced = Change {
            add: vec!["  indexer ".to_owned(), " export ".to_owned()],
            tick: vec![" export".to_owned()],
            ..Change::default()
        };
        apply(&mut identity, &spaced, 2).unwrap();
        assert_eq!(identity.used_by.len(), 3);
        assert_eq!(identity.used_by[2].name, "export");
        assert!(identity.used_by[2].has(2));
    }
}
