//! How is a credential renewed from the dashboard? As the use case says; here only the words.

use uuid::Uuid;

use super::work::Office;
use crate::credential::{Problem, detect};
use crate::tui::effect::ImportId;

pub(super) async fn rotate(
    office: &Office,
    _identity: Uuid,
    import: ImportId,
) -> Result<String, Problem> {
    let input = office.import(import)?;
    let _imported = detect(input.expose())?;
    Err(
        Problem::new("rotate-missing", "renewing is not possible here yet")
            .next_step("use `aemkeys rotate NAME FILE`"),
    )
}
