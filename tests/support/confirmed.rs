//! A confirmation as a person gives it: the name of the environment, as the storage has it.

use aemkeys::app::World;
use aemkeys::app::guard::{Act, Confirmed, Consent, Subject, ask};
use aemkeys::credential::Problem;

pub async fn confirmed(world: &World, subject: Subject, act: Act) -> Result<Confirmed, Problem> {
    let guard = ask(world, subject, act).await?;
    let name = guard.name().to_owned();
    guard.confirm(&Consent::Named(name))
}
