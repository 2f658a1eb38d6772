//! Which actions are available now, and why the others are not.

use super::action::Action;
use super::filter::NEED_ATTENTION;
use super::local_server::served_tiers;
use super::model::{Entries, Model};
use super::task::Work;
use crate::app::{EnvironmentEntry, IdentityEntry};
use aemkeys_core::credential::Kind;

impl Action {
    /// Returns why the action is not available now, for the user.
    pub fn enabled(self, model: &Model) -> Result<(), String> {
        match self {
            Self::Suspend if cfg!(windows) => {
                Err("Windows has no way to suspend a program".to_owned())
            }
            Self::Copy | Self::CopyFormat => needs_token(model),
            Self::Exchange | Self::Test | Self::AutoRefresh | Self::Dismiss => {
                self.has_target(model)
            }
            Self::Serve => can_serve(model),
            Self::Servers if model.servers.is_empty() => {
                let serve = model.press(Self::Serve);
                Err(format!("no server is running: {serve} to start one"))
            }
            Self::TestPath => has_hosts(model, selected(model)?.0),
            Self::Repeat => match model.last_on_row {
                Some(last) => last.enabled(model),
                None => Err("nothing to repeat yet: copy, exchange or test first".to_owned()),
            },
            Self::Edit | Self::Open | Self::Danger | Self::CopyMenu | Self::RowMenu => {
                selected(model).map(|_| ())
            }
            Self::PasteToken => match model.selected_entry() {
                Some((environment, _))
                    if environment.environment_type
                        == aemkeys_core::environment::EnvironmentType::Local =>
                {
                    Err("a local SDK needs no token".to_owned())
                }
                _ => selected(model).map(|_| ()),
            },
            Self::Claims => {
                let (_, identity) = selected(model)?;
                if identity.token.is_some() {
                    return Ok(());
                }
                Err(match identity.kind {
                    Kind::Local => "a local SDK needs no token".to_owned(),
                    Kind::DevelopmentToken => {
                        format!(
                            "no token yet: {} to paste one",
                            model.press(Self::PasteToken)
                        )
                    }
                    _ => format!("no token yet: {} to exchange", model.press(Self::Exchange)),
                })
            }
            Self::Rotate => {
                let (_, identity) = selected(model)?;
                can_rotate(model, identity)
            }
            Self::ExchangeDue => {
                if !model.due_for_exchange(false).is_empty() {
                    return Ok(());
                }
                Err(match model.due_for_exchange(true).len() {
                    0 => "no token needs an exchange: all have at least 60 minutes left".to_owned(),
                    1 => "1 is production or untyped: mark it to include it".to_owned(),
                    many => format!("{many} are production or untyped: mark them to include them"),
                })
            }
            Self::PassphraseFile => needs_free_choice(model),
            Self::Undo => can_undo(model),
            Self::ClearClipboard => match model.clipboard {
                Some(_) => Ok(()),
                None => Err("no token on the clipboard".to_owned()),
            },
            Self::Sort | Self::MarkAll | Self::MarkRange | Self::Mark => {
                if model.list.rows.is_empty() {
                    Err(nothing_stored(model))
                } else {
                    Ok(())
                }
            }
            Self::Attention => match (model.counts.attention, model.list.filter.text()) {
                (0, text) if text != NEED_ATTENTION => Err("nothing needs attention".to_owned()),
                _ => Ok(()),
            },
            Self::Collapse => {
                let grouped = model.list.is_grouped();
                match (
                    grouped,
                    model.list.has_customers,
                    model.list.filter.is_empty(),
                ) {
                    (true, _, true) => Ok(()),
                    (true, _, false) => Err("a filter expands all groups".to_owned()),
                    (_, true, _) => {
                        let sort = model.press(Self::Sort);
                        Err(format!(
                            "no groups in this order: {sort} to sort by name or customer"
                        ))
                    }
                    (..) => Err("there are no groups: all have the same customer".to_owned()),
                }
            }
            Self::Errors => {
                if model.errors.is_empty() {
                    Err("no errors".to_owned())
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }

    /// Returns the rows on which an action for several acts: the marked ones that allow it, else the selected one.
    pub fn targets(self, model: &Model) -> Vec<Entries<'_>> {
        let mut targets = model.target_entries();
        targets.retain(|it| self.can_be_on(model, *it).is_ok());
        targets
    }

    /// Returns on how many marked rows it acts: `2 marked`, or `1 of 2 marked`. `None` if it acts on the selected row.
    pub fn marks(self, model: &Model) -> Option<String> {
        let marked = model.list.marked_in_sight().len();
        if marked == 0 || !self.is_on_marks() {
            return None;
        }
        Some(match self.targets(model).len() {
            all if all == marked => format!("{marked} marked"),
            some => format!("{some} of {marked} marked"),
        })
    }

    /// Returns its title, and on how many marked rows it acts: `exchange 2 marked`.
    pub fn title_on_marks(self, model: &Model) -> String {
        let title = self.entry().title;
        match self.marks(model) {
            Some(marks) => format!("{title} {marks}"),
            None => title.to_owned(),
        }
    }

    /// Succeeds if at least one row allows it; the error is that of the first one.
    fn has_target(self, model: &Model) -> Result<(), String> {
        let mut first = None;
        for target in model.target_entries() {
            match self.can_be_on(model, target) {
                Ok(()) => return Ok(()),
                Err(why) => first = first.or(Some(why)),
            }
        }
        match first {
            Some(why) => Err(why),
            None => selected(model).map(|_| ()),
        }
    }

    fn can_be_on(self, model: &Model, (environment, identity): Entries<'_>) -> Result<(), String> {
        match self {
            Self::Exchange => model.can_exchange(identity),
            Self::Test => has_hosts(model, environment),
            Self::AutoRefresh => model.can_auto_refresh(identity),
            _ => match model.failures.of(identity.id).next() {
                Some(_) => Ok(()),
                None => Err("no failed exchange or test to dismiss".to_owned()),
            },
        }
    }
}

fn selected(model: &Model) -> Result<Entries<'_>, String> {
    model.selected_entry().ok_or_else(|| {
        if model.list.rows.is_empty() {
            nothing_stored(model)
        } else {
            "no row is selected".to_owned()
        }
    })
}

fn can_serve(model: &Model) -> Result<(), String> {
    let (environment, identity) = selected(model)?;
    if model.server_of(identity.id).is_some() {
        return Ok(());
    }
    if identity.kind == Kind::Local {
        return Err("a local SDK needs no token: use its own address".to_owned());
    }
    if served_tiers(&environment.hosts).next().is_none() {
        let edit = model.press(Action::Edit);
        return Err(format!("no host is set: {edit} to set it"));
    }
    Ok(())
}

fn can_rotate(model: &Model, identity: &IdentityEntry) -> Result<(), String> {
    match identity.kind {
        Kind::Local => Err("a local SDK has no certificate to rotate".to_owned()),
        Kind::DevelopmentToken => {
            let paste = model.press(Action::PasteToken);
            Err(format!(
                "a local development token has no certificate to rotate: {paste} to paste a new one"
            ))
        }
        Kind::ServiceCredentials | Kind::OauthServerToServer => Ok(()),
    }
}

fn can_undo(model: &Model) -> Result<(), String> {
    match &model.undo {
        Some(_) if model.tasks.iter().any(|(_, task)| task.work == Work::Undo) => {
            Err("already undoing it".to_owned())
        }
        Some(offer) if model.now < offer.until => Ok(()),
        Some(offer) => Err(format!(
            "the {} can't be undone any more: 10 s have passed",
            offer.what
        )),
        None => {
            Err("nothing to undo: only the last removal or edit can be undone, for 10 s".to_owned())
        }
    }
}

fn nothing_stored(model: &Model) -> String {
    format!("nothing is stored yet: {} to add", model.press(Action::Add))
}

fn needs_free_choice(model: &Model) -> Result<(), String> {
    let storage = &model.settings.storage;
    match storage.as_str() {
        "memory" => Err("the demo stores nothing".to_owned()),
        _ if !model.list.rows.is_empty() => Err(format!("the {storage} already contains secrets")),
        "passphrase file" => Err("already in use".to_owned()),
        _ => Ok(()),
    }
}

fn needs_token(model: &Model) -> Result<(), String> {
    let (_, identity) = selected(model)?;
    match (identity.kind, &identity.token) {
        (Kind::Local, _) | (Kind::DevelopmentToken, None) => model.can_exchange(identity),
        _ => Ok(()),
    }
}

fn has_hosts(model: &Model, environment: &EnvironmentEntry) -> Result<(), String> {
    if environment.hosts.is_empty() {
        let edit = model.press(Action::Edit);
        Err(format!(
            "{} has no hosts: {edit} to set them",
            environment.name
        ))
    } else {
        Ok(())
    }
}
