//! The operations: each use case that writes.

use aemkeys::app::add::{AddOptions, store, store_local};
use aemkeys::app::edit::{self, EditIdentity};
use aemkeys::app::guard::{Act, Subject};
use aemkeys::app::{AppContext, StorageKind, exchange, leaked, migrate, remove, rotate, token};
use aemkeys_core::credential::{Code, Problem, detect};
use aemkeys_core::environment::{HostName, Hosts, Name, TierAddress};
use aemkeys_simulator::{self, FaultTarget};
use uuid::Uuid;

use super::audit::Held;
use super::machine::{Adobe, Machine, named, of};
use super::shelf::Shelf;
use crate::support::confirmed::confirmed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    AddBeside,
    AddToken,
    AddLocal,
    Edit,
    EditLabel,
    Rotate,
    Remove,
    RemoveOne,
    Exchange,
    Paste,
    PasteFirst,
    Invalidate,
    GoBack,
    Mark,
    DeleteLeaked,
    Discard,
    /// With faults where it moves from.
    Move,
    /// With faults where it moves to.
    MoveInto,
}

impl Operation {
    /// Does the stored state differ afterwards, but for cached tokens?
    pub fn changes_something(self) -> bool {
        !matches!(
            self,
            Self::Exchange
                | Self::Invalidate
                | Self::Mark
                | Self::DeleteLeaked
                | Self::Discard
                | Self::Move
                | Self::MoveInto
        )
    }

    /// Refusals that say: this is how it is already.
    pub fn is_done(self, code: Code) -> bool {
        match self {
            Self::Remove | Self::RemoveOne => code == Code::NameNotFound,
            Self::Rotate => code == Code::SameCredential,
            Self::Invalidate => code == Code::NoToken,
            Self::GoBack => code == Code::NothingToGoBackTo,
            Self::Move | Self::MoveInto => code == Code::Usage,
            _ => false,
        }
    }

    /// What has happened before, with nothing failing.
    pub async fn prepare(self, machine: &Machine, adobe: &Adobe, held: &[Held]) {
        let context = &machine.process(adobe);
        let id = id_of_program(held);
        let may = async |act| {
            confirmed(context, Subject::Identity(id), act)
                .await
                .unwrap()
        };
        let renew = async || {
            let new = detect(&adobe.renewed.file()).unwrap();
            let may = may(Act::Rotate).await;
            rotate::rotate(context, id, Some(new), &may, &rotate::unwatched).await
        };
        match self {
            Self::GoBack => {
                renew().await.unwrap();
            }
            Self::DeleteLeaked => {
                leaked::mark(context, id, None, &may(Act::Leaked).await)
                    .await
                    .unwrap();
                renew().await.unwrap();
                let key = adobe.stage.binding().public_key;
                adobe.simulator.revoke_key(&adobe.stage.client_id, &key);
                leaked::confirm_revoked(context, id, Some(1)).await.unwrap();
                leaked::invalidate(context, id, Some(1), &may(Act::Leaked).await)
                    .await
                    .unwrap();
            }
            Self::Discard => {
                adobe
                    .simulator
                    .fail(FaultTarget::anywhere(), aemkeys_simulator::Fault::Drop, 100);
                renew().await.unwrap_err();
                adobe.simulator.heal();
                let index = context.read_index().unwrap();
                let entry = index.identity(id).unwrap().1;
                assert!(rotate::remaining_steps(entry).is_some());
            }
            _ => {}
        }
    }

    /// The one that fails.
    pub fn shelf(self, machine: &Machine) -> &Shelf {
        match self {
            Self::MoveInto => &machine.other,
            _ => &machine.shelf,
        }
    }

    /// `held` is the state before, to find ids in.
    pub async fn run(self, machine: &Machine, adobe: &Adobe, held: &[Held]) -> Result<(), Problem> {
        let context = &machine.process(adobe);
        let id = |name: &str| id_of(held, name);
        let may = async |id, act| confirmed(context, Subject::Identity(id), act).await;
        match self {
            Self::Add => add(context, &adobe.new.file(), named("new")).await,
            Self::AddBeside => {
                let choices = AddOptions {
                    label: Some(Name::parse("second").unwrap()),
                    ..of("p123-e1251", AddOptions::default())
                };
                add(context, &adobe.second.file(), choices).await
            }
            Self::AddToken => {
                let token = adobe.known_token().secret;
                add(context, token.expose(), of("p123-e1253", named("person"))).await
            }
            Self::AddLocal => {
                let mut choices = named("another");
                choices.environment_type = None;
                choices.hosts = Hosts {
                    author: Some(TierAddress::parse("http://localhost:14502").unwrap()),
                    ..Hosts::default()
                };
                store_local(context, choices).await.map(|_| ())
            }
            Self::Edit => {
                let change = edit::Edit {
                    name: Some(Name::parse("staging").unwrap()),
                    hosts: Hosts {
                        author: Some(
                            TierAddress::parse("https://author-p123-e9.adobeaemcloud.com").unwrap(),
                        ),
                        ..Hosts::default()
                    },
                    trusted_hosts: vec![
                        HostName::parse("author-p123-e9.adobeaemcloud.com").unwrap(),
                    ],
                    notes: Some("moved".to_owned()),
                    ..edit::Edit::default()
                };
                edit::environment(
                    context,
                    environment(context, id("stage/developer"))?,
                    change,
                )
                .await
                .map(|_| ())
            }
            Self::EditLabel => {
                let change = EditIdentity {
                    label: Some(Name::parse("me").unwrap()),
                    auto_refresh: Some(true),
                    ..EditIdentity::default()
                };
                edit::identity(context, id("stage/developer"), change)
                    .await
                    .map(|_| ())
            }
            Self::Rotate => {
                let new = detect(&adobe.renewed.file())?;
                let id = id_of_program(held);
                let may = may(id, Act::Rotate).await?;
                rotate::rotate(context, id, Some(new), &may, &rotate::unwatched)
                    .await
                    .map(|_| ())
            }
            Self::Remove => {
                let person = id("stage/developer");
                let may = may(person, Act::Remove).await?;
                remove::environment(context, environment(context, person)?, &may, true)
                    .await
                    .map(drop)
            }
            Self::RemoveOne => {
                let id = id_of_program(held);
                remove::identity(context, id, &may(id, Act::Remove).await?, true)
                    .await
                    .map(drop)
            }
            Self::Exchange => {
                let fresh = exchange::refresh(context, id("production")).await;
                fresh.and_then(|fresh| fresh.not_saved.map_or(Ok(()), Err))
            }
            Self::Paste => {
                let person = id("stage/developer");
                let environment = environment(context, person)?;
                paste(context, adobe, environment, Some(person)).await
            }
            Self::PasteFirst => {
                let environment = environment(context, id("production"))?;
                paste(context, adobe, environment, None).await
            }
            Self::Invalidate => {
                let id = id("production");
                let may = may(id, Act::InvalidateToken).await?;
                remove::invalidate_token(context, id, false, &may).await
            }
            Self::GoBack => {
                let id = id_of_program(held);
                let may = may(id, Act::GoBack).await?;
                let back = rotate::go_back(context, id, &may, &rotate::unwatched);
                back.await.map(|_| ())
            }
            Self::Mark => {
                let id = id_of_program(held);
                let may = may(id, Act::Leaked).await?;
                leaked::mark(context, id, None, &may).await.map(|_| ())
            }
            Self::DeleteLeaked => {
                let id = id_of_program(held);
                let may = may(id, Act::Leaked).await?;
                let deleted = leaked::delete(context, id, Some(1), &may);
                deleted.await.map(|_| ())
            }
            Self::Discard => {
                let id = id_of_program(held);
                let may = may(id, Act::Discard).await?;
                rotate::discard(context, id, &may).await.map(|_| ())
            }
            Self::Move | Self::MoveInto => {
                migrate::migrate_to(&machine.storages(adobe), StorageKind::File)
                    .await
                    .map(|_| ())
            }
        }
    }
}

async fn add(context: &AppContext, file: &[u8], choices: AddOptions) -> Result<(), Problem> {
    store(context, detect(file)?, choices).await.map(|_| ())
}

async fn paste(
    context: &AppContext,
    adobe: &Adobe,
    environment: Uuid,
    identity: Option<Uuid>,
) -> Result<(), Problem> {
    token::paste(context, environment, identity, adobe.known_token())
        .await
        .map(|_| ())
}

fn id_of(held: &[Held], name: &str) -> Uuid {
    held.iter().find(|held| held.full_name == name).unwrap().id
}

/// The service credentials beside the development token.
fn id_of_program(held: &[Held]) -> Uuid {
    let program =
        |held: &&Held| held.full_name.starts_with("stage/") && held.full_name != "stage/developer";
    held.iter().find(program).unwrap().id
}

/// From the list, as a face finds it.
fn environment(context: &AppContext, identity: Uuid) -> Result<Uuid, Problem> {
    context
        .read_index()?
        .identity(identity)
        .map(|(environment, _)| environment.id)
        .ok_or_else(|| Problem::new(Code::NameNotFound, "it is gone"))
}
