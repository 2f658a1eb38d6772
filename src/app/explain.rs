//! Explains pasted IMS and AEM errors: cause and next step.

use aemkeys_core::credential::Problem;

/// Returns `None` if the text is not recognised. Never repeats the text, which may contain a token.
pub fn explain(text: &str) -> Option<Problem> {
    aemkeys_core::ims::explain_text(text).or_else(|| aemkeys_core::aem::explain_text(text))
}
