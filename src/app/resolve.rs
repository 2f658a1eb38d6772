//! Which identity does a person mean? `ENV`, `ENV/LABEL`, ignoring case; several is an error that lists the labels.

use uuid::Uuid;

use crate::credential::Problem;
use crate::vault::Index;

/// The identity of `ENV` or `ENV/LABEL`.
pub fn identity(_index: &Index, _name: &str) -> Result<Uuid, Problem> {
    todo!()
}
