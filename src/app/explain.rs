//! Explains pasted errors: who said it, cause and next step.

use aemkeys_core::aem::{Verdict, explain_verdict};
use aemkeys_core::credential::Problem;
use aemkeys_core::explain::{self, Explanation};

/// Explains a verdict by its code or words, and any other text by the table. The text is never repeated.
pub fn explain(text: &str) -> Result<Explanation, Problem> {
    let text = text.trim();
    let verdict = Verdict::ALL.into_iter().find(|verdict| {
        [verdict.words(), verdict.code().as_str()]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(text))
    });
    let Some(verdict) = verdict else {
        return explain::explain(text);
    };
    let (cause, next_step) = explain_verdict(verdict);
    Ok(Explanation::of_own_code(
        verdict.code(),
        Some(cause.to_owned()),
        Some(next_step),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_explained_by_code_and_words() {
        for verdict in Verdict::ALL {
            for text in [verdict.code().as_str(), verdict.words()] {
                let found = explain(text).unwrap();
                assert_eq!(found.code, Some(verdict.code()), "{text}");
                assert!(found.next_step.is_some(), "{text}");
            }
        }
    }
}
