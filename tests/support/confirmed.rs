//! Confirms an action by the name of the environment, like a user.

use aemkeys::app::AppContext;
use aemkeys::app::guard::{Act, Confirmed, Consent, Subject, confirmation_request};
use aemkeys_core::credential::Problem;

pub async fn confirmed(
    context: &AppContext,
    subject: Subject,
    act: Act,
) -> Result<Confirmed, Problem> {
    let guard = confirmation_request(context, subject, act).await?;
    let name = guard.name().to_owned();
    guard.confirm(&Consent::Named(name))
}
