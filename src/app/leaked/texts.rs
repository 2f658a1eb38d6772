//! The texts of the steps after a leak.

use super::LeakStep;
use aemkeys_core::credential::shell;
use aemkeys_core::credential::{Guidance, Kind, NextStep};
use aemkeys_core::guidance;

impl LeakStep {
    /// What to do in the console first, in whole sentences; empty for what aemkeys does.
    pub fn in_console(self, kind: Kind) -> &'static str {
        let is_oauth = kind == Kind::OauthServerToServer;
        match self {
            Self::AddKey if is_oauth => {
                "Open the project, OAuth Server-to-Server, Retrieve client secret: press Add new client secret, and download the JSON."
            }
            Self::AddKey => {
                "Cloud Manager, the menu (three dots) next to the environment, Developer Console, Integrations, Technical Accounts: press Add new private key, then View, and save the file."
            }
            Self::Revoke if is_oauth => {
                "Open the project, OAuth Server-to-Server, Retrieve client secret, and delete the old secret."
            }
            Self::Revoke => "Integrations, Technical Accounts: press Revoke next to the old key.",
            _ => "",
        }
    }
}

pub(super) fn step(
    step: LeakStep,
    kind: Kind,
    name: &str,
    missing: &[String],
    file: &str,
) -> (String, Guidance) {
    let (title, how) = match step {
        LeakStep::AddKey => (
            match kind {
                Kind::OauthServerToServer => {
                    "add a new client secret in the Adobe Developer Console"
                }
                _ => "add a new private key (not a certificate) in the AEM Developer Console",
            },
            guidance![
                format!("{} With it, ", step.in_console(kind)),
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
            kind.how_to_revoke(),
            guidance![
                format!("{} To check it with IMS, ", step.in_console(kind)),
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

pub(super) fn notes(kind: Kind) -> Vec<String> {
    let tokens = "Tokens that others exchanged with it stay valid for up to 24 hours, even after it is revoked.";
    let account = "A deleted technical account still counts towards the limit of ten per environment: revoke the key, and keep the account.";
    let account = (kind == Kind::ServiceCredentials).then(|| account.to_owned());
    std::iter::once(tokens.to_owned()).chain(account).collect()
}
