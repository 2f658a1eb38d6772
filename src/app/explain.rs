//! Explains pasted IMS and AEM errors: cause and next step.

use crate::credential::Problem;

/// `None`: not recognised. The text is never repeated: people paste tokens with it.
pub fn explain(text: &str) -> Option<Problem> {
    crate::ims::explain_text(text).or_else(|| crate::aem::explain_text(text))
}
