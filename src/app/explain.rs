//! What does this error mean? Texts of IMS and AEM, pasted in any shape, become cause and next step.

use crate::credential::Problem;

/// `None`: not recognised. The text is never repeated: people paste tokens with it.
pub fn explain(text: &str) -> Option<Problem> {
    crate::ims::explain_text(text).or_else(|| crate::aem::explain_text(text))
}
