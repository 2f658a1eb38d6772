//! Explains pasted errors: who said it, cause and next step.

use aemkeys_core::aem::Verdict;
use aemkeys_core::credential::Problem;
use aemkeys_core::explain::{self, Explanation};

/// Explains a verdict by its words, and any other text by the tables. The text is never repeated.
pub fn explain(text: &str) -> Result<Explanation, Problem> {
    let mut verdicts = Verdict::ALL.into_iter();
    let verdict = verdicts.find(|verdict| verdict.words().eq_ignore_ascii_case(text.trim()));
    explain::explain(verdict.map_or(text, |verdict| verdict.code().as_str()))
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
