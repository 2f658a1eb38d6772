//! What is done while the storage fails? Each use case that writes, as a person would start it.

use aemkeys::app::add::{Choices, store, store_local};
use aemkeys::app::edit::{self, EditIdentity};
use aemkeys::app::{World, exchange, remove, rotate, token};
use aemkeys::credential::{Problem, detect};
use aemkeys::environment::{Hosts, Name, TierAddress};
use uuid::Uuid;

use crate::audit::Held;
use crate::machine::{Adobe, named, of};

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
}

impl Operation {
    /// Does the stored state differ afterwards, but for cached tokens?
    pub fn changes_something(self) -> bool {
        !matches!(self, Self::Exchange | Self::Invalidate)
    }

    /// Refusals that say: this is how it is already.
    pub fn is_done(self, code: &str) -> bool {
        match self {
            Self::Remove | Self::RemoveOne => code == "name-not-found",
            Self::Rotate => code == "same-credential",
            Self::Invalidate => code == "no-token",
            _ => false,
        }
    }

    /// `held` is the state before, to find ids in.
    pub async fn run(self, world: &World, adobe: &Adobe, held: &[Held]) -> Result<(), Problem> {
        let id = |name: &str| id_of(held, name);
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
                    notes: Some("moved".to_owned()),
                    ..edit::Edit::default()
                };
                edit::environment(world, environment(world, id("stage/person"))?, change).await
            }
            Self::EditLabel => {
                let change = EditIdentity {
                    label: Some(Name::parse("me").unwrap()),
                    keep_fresh: Some(true),
                    ..EditIdentity::default()
                };
                edit::identity(world, id("stage/person"), change).await
            }
            Self::Rotate => {
                let new = detect(&adobe.renewed.file())?;
                rotate::rotate(world, id_of_program(held), Some(new), &rotate::unwatched)
                    .await
                    .map(|_| ())
            }
            Self::Remove => {
                remove::environment(world, environment(world, id("stage/person"))?).await
            }
            Self::RemoveOne => remove::identity(world, id_of_program(held)).await,
            Self::Exchange => {
                let fresh = exchange::refresh(world, id("production")).await;
                world.saver.finish();
                fresh.map(|_| ())
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
            Self::Invalidate => remove::invalidate_token(world, id("production"), false).await,
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
        .ok_or_else(|| Problem::new("name-not-found", "it is gone"))
}
