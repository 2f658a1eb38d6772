//! Confirms an action by the name of the environment, like a user.

use aemkeys::app::World;
use aemkeys::app::guard::{Act, Confirmed, Consent, Subject, ask};
use aemkeys::credential::Problem;

pub async fn confirmed(world: &World, subject: Subject, act: Act) -> Result<Confirmed, Problem> {
    let guard = ask(world, subject, act).await?;
    let name = guard.name().to_owned();
    guard.confirm(&Consent::Named(name))
}
