//! What is done while the storage fails? Each use case that writes, as a person would start it.

use aemkeys::app::add::{Choices, store, store_local};
use aemkeys::app::edit::{self, EditIdentity};
use aemkeys::app::guard::{Act, Subject};
use aemkeys::app::{Storage, World, exchange, leaked, migrate, remove, rotate, token};
use aemkeys::credential::{Code, Problem, detect};
use aemkeys::environment::{HostName, Hosts, Name, TierAddress};
use aemkeys::simulator::{self, FaultTarget};
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
        let world = &machine.process(adobe);
        let id = id_of_program(held);
        let may = async |act| confirmed(world, Subject::Identity(id), act).await.unwrap();
        let renew = async || {
            let new = detect(&adobe.renewed.file()).unwrap();
            let may = may(Act::Rotate).await;
            rotate::rotate(world, id, Some(new), &may, &rotate::unwatched).await
        };
        match self {
            Self::GoBack => {
                renew().await.unwrap();
            }
            Self::DeleteLeaked => {
                leaked::mark(world, id, None, &may(Act::Leaked).await)
                    .await
                    .unwrap();
                renew().await.unwrap();
                let key = adobe.stage.binding().public_key;
                adobe.simulator.revoke_key(&adobe.stage.client_id, &key);
                leaked::confirm_revoked(world, id, Some(1)).await.unwrap();
                leaked::invalidate(world, id, Some(1), &may(Act::Leaked).await)
                    .await
                    .unwrap();
            }
            Self::Discard => {
                adobe
                    .simulator
                    .fail(FaultTarget::anywhere(), simulator::Fault::Drop, 100);
                renew().await.unwrap_err();
                adobe.simulator.heal();
                let index = world.read_index().unwrap();
                let entry = index.identity(id).unwrap().1;
                assert!(rotate::unfinished(entry).is_some());
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
        let world = &machine.process(adobe);
        let id = |name: &str| id_of(held, name);
        let may = async |id, act| confirmed(world, Subject::Identity(id), act).await;
        match self {
            Self::Add => add(world, &adobe.new.file(), named("new")).await,
            Self::AddBeside => {
                let choices = Choices {
                    label: Some(Name::parse("second").unwrap()),
                    ..of("p123-e1251", Choices::default())
                };
                add(world, &adobe.second.file(), choices).await
            }
            Self::AddToken => {
                let token = adobe.known_token().secret;
                add(world, token.expose(), of("p123-e1253", named("person"))).await
            }
            Self::AddLocal => {
                let mut choices = named("another");
                choices.environment_type = None;
                choices.hosts = Hosts {
                    author: Some(TierAddress::parse("http://localhost:14502").unwrap()),
                    ..Hosts::default()
                };
                store_local(world, choices).await.map(|_| ())
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
                edit::environment(world, environment(world, id("stage/person"))?, change)
                    .await
                    .map(|_| ())
            }
            Self::EditLabel => {
                let change = EditIdentity {
                    label: Some(Name::parse("me").unwrap()),
                    keep_fresh: Some(true),
                    ..EditIdentity::default()
                };
                edit::identity(world, id("stage/person"), change)
                    .await
                    .map(|_| ())
            }
            Self::Rotate => {
                let new = detect(&adobe.renewed.file())?;
                let id = id_of_program(held);
                let may = may(id, Act::Rotate).await?;
                rotate::rotate(world, id, Some(new), &may, &rotate::unwatched)
                    .await
                    .map(|_| ())
            }
            Self::Remove => {
                let person = id("stage/person");
                let may = may(person, Act::Remove).await?;
                remove::environment(world, environment(world, person)?, &may).await
            }
            Self::RemoveOne => {
                let id = id_of_program(held);
                remove::identity(world, id, &may(id, Act::Remove).await?).await
            }
            Self::Exchange => {
                let fresh = exchange::refresh(world, id("production")).await;
                fresh.and_then(|fresh| fresh.not_saved.map_or(Ok(()), Err))
            }
            Self::Paste => {
                let person = id("stage/person");
                let environment = environment(world, person)?;
                paste(world, adobe, environment, Some(person)).await
            }
            Self::PasteFirst => {
                let environment = environment(world, id("production"))?;
                paste(world, adobe, environment, None).await
            }
            Self::Invalidate => {
                let id = id("production");
                let may = may(id, Act::InvalidateToken).await?;
                remove::invalidate_token(world, id, false, &may).await
            }
            Self::GoBack => {
                let id = id_of_program(held);
                let may = may(id, Act::GoBack).await?;
                let back = rotate::go_back(world, id, &may, &rotate::unwatched);
                back.await.map(|_| ())
            }
            Self::Mark => {
                let id = id_of_program(held);
                let may = may(id, Act::Leaked).await?;
                leaked::mark(world, id, None, &may).await.map(|_| ())
            }
            Self::DeleteLeaked => {
                let id = id_of_program(held);
                let may = may(id, Act::Leaked).await?;
                let deleted = leaked::delete(world, id, Some(1), &may);
                deleted.await.map(|_| ())
            }
            Self::Discard => {
                let id = id_of_program(held);
                let may = may(id, Act::Discard).await?;
                rotate::discard(world, id, &may).await.map(|_| ())
            }
            Self::Move | Self::MoveInto => {
                migrate::move_to(&machine.storages(adobe), Storage::File)
                    .await
                    .map(|_| ())
            }
        }
    }
}

async fn add(world: &World, file: &[u8], choices: Choices) -> Result<(), Problem> {
    store(world, detect(file)?, choices).await.map(|_| ())
}

async fn paste(
    world: &World,
    adobe: &Adobe,
    environment: Uuid,
    identity: Option<Uuid>,
) -> Result<(), Problem> {
    token::paste(world, environment, identity, adobe.known_token())
        .await
        .map(|_| ())
}

fn id_of(held: &[Held], name: &str) -> Uuid {
    held.iter().find(|held| held.full_name == name).unwrap().id
}

/// The service credentials beside the person.
fn id_of_program(held: &[Held]) -> Uuid {
    let program =
        |held: &&Held| held.full_name.starts_with("stage/") && held.full_name != "stage/person";
    held.iter().find(program).unwrap().id
}

/// From the list, as a face finds it.
fn environment(world: &World, identity: Uuid) -> Result<Uuid, Problem> {
    world
        .read_index()?
        .identity(identity)
        .map(|(environment, _)| environment.id)
        .ok_or_else(|| Problem::new(Code::NameNotFound, "it is gone"))
}
