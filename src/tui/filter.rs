//! The filter of the list: `wknd type:prod customer:acme is:soon`.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Matcher, Utf32Str};

use super::list::ListContext;
use super::row::IdentityRow;
use crate::app::{IdentityEntry, urgency};
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::EnvironmentType;

/// A filter such as `wknd type:prod customer:acme is:soon`; all terms must match.
#[derive(Default)]
pub struct Filter {
    terms: Vec<Term>,
    pub states: Vec<FilterState>,
    pub unknown_states: Vec<String>,
}

/// Returns whether the text contains each of the words, in any order, in lower or upper case.
pub fn contains_words(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    let words = words.to_lowercase();
    words.split_whitespace().all(|word| text.contains(word))
}

enum Term {
    Word(Pattern),
    Customer(String),
    Type(String),
    Kind(String),
}

impl Filter {
    pub fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        for term in text.split_whitespace() {
            let folded = term.to_lowercase();
            let term = match folded.split_once(':') {
                Some(("customer", value)) => Term::Customer(value.to_owned()),
                Some(("type", value)) => Term::Type(value.to_owned()),
                Some(("kind", value)) => Term::Kind(value.to_owned()),
                Some(("is", value)) => {
                    match state(value) {
                        // An incomplete term.
                        _ if value.is_empty() => {}
                        Some(state) => filter.states.push(state),
                        None => filter.unknown_states.push(value.to_owned()),
                    }
                    continue;
                }
                _ => {
                    let (case, accents) = (CaseMatching::Ignore, Normalization::Smart);
                    Term::Word(Pattern::parse(term, case, accents))
                }
            };
            filter.terms.push(term);
        }
        filter
    }

    pub fn fits(&self, row: &IdentityRow, matcher: &mut Matcher) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Customer(part) => row.customer.to_lowercase().contains(part),
            Term::Kind(part) => row.kind.as_str().contains(part),
            Term::Type(part) => {
                row.environment_type.as_str().starts_with(part)
                    || EnvironmentType::parse(part) == Some(row.environment_type)
            }
            // Match each word separately, because letters from several words would match too much.
            Term::Word(word) => [&row.name, &row.ids, &row.label, &row.customer]
                .into_iter()
                .any(|text| {
                    let mut buffer = Vec::new();
                    let text = Utf32Str::new(text, &mut buffer);
                    word.score(text, matcher).is_some()
                }),
        })
    }
}

/// A state in an `is:` term, which the credential or the token must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterState {
    Is(Urgency),
    /// This urgency or a greater one.
    AtLeast(Urgency),
    /// The identity is one of those that the header counts.
    NeedsAttention,
    /// The last exchange or test failed.
    Failed,
}

impl FilterState {
    pub fn fits(self, identity: &IdentityEntry, context: &ListContext<'_>) -> bool {
        let (now, thresholds) = (context.now, context.thresholds);
        let has_failed = context.failures.has(identity.id);
        let any = |fits: &dyn Fn(Urgency) -> bool| {
            fits(urgency::of_credential(identity, now, thresholds))
                || fits(urgency::of_token(identity, now, thresholds))
        };
        match self {
            Self::Is(state) => any(&|urgency| urgency == state),
            Self::AtLeast(state) => any(&|urgency| urgency <= state),
            Self::NeedsAttention => {
                has_failed || urgency::of_identity(identity, now, thresholds).needs_attention()
            }
            Self::Failed => has_failed,
        }
    }
}

/// The filter of the action that shows what needs attention.
pub const NEED_ATTENTION: &str = "is:attention";

/// The states of `is:` terms, which may be shortened.
pub const STATES: [(&str, FilterState); 8] = [
    ("attention", FilterState::NeedsAttention),
    ("fine", FilterState::Is(Urgency::Fine)),
    ("soon", FilterState::AtLeast(Urgency::Soon)),
    ("urgent", FilterState::AtLeast(Urgency::Urgent)),
    ("failed", FilterState::Failed),
    ("expired", FilterState::Is(Urgency::Expired)),
    ("none", FilterState::Is(Urgency::NoneYet)),
    ("unknown", FilterState::Is(Urgency::Unknown)),
];

fn state(word: &str) -> Option<FilterState> {
    STATES
        .into_iter()
        .find(|(name, _)| name.starts_with(word))
        .map(|(_, state)| state)
}
