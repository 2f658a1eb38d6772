//! How many identities have which urgency, counted again only when one of them changes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::failures::Failures;
use crate::app::{IdentityEntry, Index, urgency};
use aemkeys_core::credential::validity::{Thresholds, Urgency};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrgencyCounts {
    /// Identities that need attention.
    pub attention: usize,
    pub credentials: BTreeMap<Urgency, usize>,
    pub tokens: BTreeMap<Urgency, usize>,
    /// When they were counted, and when the first of them changes.
    valid: Option<(Timestamp, Timestamp)>,
}

impl UrgencyCounts {
    /// `3 need attention`, if any does.
    pub fn attention_words(&self) -> Option<String> {
        match self.attention {
            0 => None,
            1 => Some("1 needs attention".to_owned()),
            many => Some(format!("{many} need attention")),
        }
    }

    /// An identity whose last exchange or test failed needs attention too.
    pub fn of(index: &Index, failures: &Failures, now: Timestamp, thresholds: &Thresholds) -> Self {
        let mut counts = Self::default();
        let mut until = Timestamp::MAX;
        let environments = index.environments.iter();
        for identity in environments.flat_map(|environment| &environment.identities) {
            let of_identity = urgency::of_identity(identity, now, thresholds);
            let needs_attention = of_identity.needs_attention() || failures.has(identity.id);
            counts.attention += usize::from(needs_attention);
            let credential = urgency::of_credential(identity, now, thresholds);
            *counts.credentials.entry(credential).or_default() += 1;
            let token = urgency::of_token(identity, now, thresholds);
            *counts.tokens.entry(token).or_default() += 1;
            for change in changes(identity, thresholds).filter(|change| *change > now) {
                until = until.min(change);
            }
        }
        counts.valid = Some((now, until));
        counts
    }

    pub fn are_valid(&self, now: Timestamp) -> bool {
        self.valid
            .is_some_and(|(from, until)| (from..until).contains(&now))
    }
}

/// The times at which an urgency of the identity changes.
fn changes(identity: &IdentityEntry, of: &Thresholds) -> impl Iterator<Item = Timestamp> {
    let credential = identity.credential.as_ref();
    let token = identity.token.as_ref();
    let start = credential.and_then(|facts| facts.not_before);
    let ends = [
        (
            credential.and_then(|facts| facts.not_after),
            of.credential_soon,
            of.credential_urgent,
        ),
        (
            token.and_then(|token| token.expires_at),
            of.token_soon,
            of.token_urgent,
        ),
    ];
    let ends = ends
        .into_iter()
        .filter_map(|(end, soon, urgent)| Some((end?, soon, urgent)));
    let ends = ends.flat_map(|(end, soon, urgent)| {
        let before = [soon, urgent].map(|left| end.checked_sub(left).ok());
        [Some(end)].into_iter().chain(before)
    });
    start.into_iter().chain(ends.flatten())
}
