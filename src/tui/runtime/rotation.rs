//! How is a credential renewed from the dashboard? As the use case says; here only the words.

use uuid::Uuid;

use super::work::Office;
use crate::app::rotate;
use crate::credential::{Problem, detect};
use crate::tui::effect::ImportId;

pub(super) async fn rotate(
    office: &Office,
    identity: Uuid,
    import: ImportId,
) -> Result<String, Problem> {
    let input = office.import(import)?;
    let imported = detect(input.expose())?;
    drop(input);
    let done = rotate::rotate(&office.world, identity, Some(imported), &rotate::unwatched).await?;
    office.forget(import);
    let mut said = format!("{}: renewed; {}", done.full_name, done.notes.join("; "));
    if !done.used_by.is_empty() {
        said.extend(["; still to get it: ", &done.used_by.join(", ")]);
    }
    Ok(said)
}
