//! The texts of the steps after a leak.

use super::LeakStep;
use aemkeys_core::credential::shell;
use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;

pub(super) fn step(
    step: LeakStep,
    name: &str,
    missing: &[String],
    file: &str,
) -> (String, Guidance) {
    let (title, how) = match step {
        LeakStep::AddKey => (
            "add a new private key (not a certificate) in the AEM Developer Console",
            guidance![
                format!(
                    "Cloud Manager, the menu (three dots) next to the environment of {name}, Developer Console, Integrations, Technical Accounts: press Add new private key, then View, and save the file; with it, "
                ),
                NextStep::Rotate.of(name)
            ],
        ),
        LeakStep::Rotate => ("rotate", NextStep::Rotate.of(name).into()),
        LeakStep::UsedBy => (
            "give the new credential to every program that uses it",
            if missing.is_empty() {
                NextStep::UsedBy.of(name).into()
            } else {
                guidance![
                    format!("not updated yet: {}; to tick one, ", missing.join(", ")),
                    NextStep::TickUser.of(name)
                ]
            },
        ),
        LeakStep::Revoke => (
            "revoke the old key in the AEM Developer Console",
            guidance![
                "Integrations, Technical Accounts: press Revoke next to the old key; to check it with IMS, ",
                NextStep::CheckRevoked.of(name)
            ],
        ),
        LeakStep::Invalidate => (
            "invalidate the cached token",
            NextStep::InvalidateLeaked.of(name).into(),
        ),
        LeakStep::Delete => (
            "delete the old revision here",
            NextStep::DeleteLeaked.of(name).into(),
        ),
        LeakStep::CleanGit => (
            "remove the file from the git history, if it was ever committed",
            Guidance::from(format!(
                "`git filter-repo --invert-paths --path {quoted}`, force-push, and delete forks and caches; treat the key as leaked all the same",
                quoted = shell::quoted(&file)
            )),
        ),
    };
    (title.to_owned(), how)
}

pub(super) fn notes() -> Vec<String> {
    [
        "Tokens that others exchanged with it stay valid for up to 24 hours, even after the key is revoked.",
        "A deleted technical account still counts towards the limit of ten per environment: revoke the key, and keep the account.",
    ]
    .map(str::to_owned)
    .to_vec()
}
