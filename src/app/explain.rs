//! Explains pasted IMS and AEM errors: cause and next step.

use aemkeys_core::credential::Problem;

/// `None`: not recognised. The text is never repeated: people paste tokens with it.
pub fn explain(text: &str) -> Option<Problem> {
    aemkeys_core::ims::explain_text(text).or_else(|| aemkeys_core::aem::explain_text(text))
}
