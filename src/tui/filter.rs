//! The filter of the list: `wknd type:prod customer:acme is:soon`.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Matcher, Utf32Str};

use super::row::IdentityRow;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::EnvironmentType;

/// A filter such as `wknd type:prod customer:acme is:soon`; all terms must match.
pub struct Filter {
    words: Vec<Pattern>,
    customers: Vec<String>,
    types: Vec<String>,
    kinds: Vec<String>,
    pub states: Vec<Urgency>,
    pub unknown_states: Vec<String>,
}

impl Filter {
    pub fn parse(text: &str) -> Self {
        let mut filter = Self {
            words: Vec::new(),
            customers: Vec::new(),
            types: Vec::new(),
            kinds: Vec::new(),
            states: Vec::new(),
            unknown_states: Vec::new(),
        };
        for term in text.split_whitespace() {
            let folded = term.to_lowercase();
            match folded.split_once(':') {
                Some(("customer", value)) => filter.customers.push(value.to_owned()),
                Some(("type", value)) => filter.types.push(value.to_owned()),
                Some(("kind", value)) => filter.kinds.push(value.to_owned()),
                // An incomplete term.
                Some(("is", "")) => {}
                Some(("is", value)) => match state(value) {
                    Some(state) => filter.states.push(state),
                    None => filter.unknown_states.push(value.to_owned()),
                },
                _ => filter.words.push(Pattern::parse(
                    term,
                    CaseMatching::Ignore,
                    Normalization::Smart,
                )),
            }
        }
        filter
    }

    pub fn fits(&self, row: &IdentityRow, matcher: &mut Matcher) -> bool {
        let customer = row.customer.to_lowercase();
        let kind = row.kind.as_str();
        self.customers.iter().all(|part| customer.contains(part))
            && self.kinds.iter().all(|part| kind.contains(part.as_str()))
            && self.types.iter().all(|part| {
                row.environment_type.as_str().starts_with(part)
                    || EnvironmentType::parse(part) == Some(row.environment_type)
            })
            && self.words.iter().all(|word| {
                // Match each word separately, because letters from several words would match too much.
                [&row.name, &row.ids, &row.label, &row.customer]
                    .into_iter()
                    .any(|text| {
                        let mut buffer = Vec::new();
                        word.score(Utf32Str::new(text, &mut buffer), matcher)
                            .is_some()
                    })
            })
    }
}

/// Parses the state in an `is:` term.
pub const STATES: [(&str, Urgency); 6] = [
    ("fine", Urgency::Fine),
    ("soon", Urgency::Soon),
    ("urgent", Urgency::Urgent),
    ("expired", Urgency::Expired),
    ("none", Urgency::NoneYet),
    ("unknown", Urgency::Unknown),
];

fn state(word: &str) -> Option<Urgency> {
    STATES
        .into_iter()
        .find(|(name, _)| name.starts_with(word))
        .map(|(_, state)| state)
}
