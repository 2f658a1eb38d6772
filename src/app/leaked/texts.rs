//! The steps after a leak in words.

use super::Step;
use crate::credential::shell;

pub(super) fn step(step: Step, name: &str, missing: &[String], file: &str) -> (String, String) {
    let (title, how) = match step {
        Step::AddKey => (
            "add a new private key (not a certificate) in the AEM Developer Console",
            format!(
                "Cloud Manager, … at the environment of {name}, Developer Console, Integrations, Technical Accounts: Add new private key, then View and save the file"
            ),
        ),
        Step::Rotate => (
            "rotate",
            format!(
                "`aemkeys rotate {quoted} FILE`",
                quoted = shell::quoted(&name)
            ),
        ),
        Step::UsedBy => (
            "bring the new one to all who use it",
            if missing.is_empty() {
                format!("`aemkeys used-by {quoted}`", quoted = shell::quoted(&name))
            } else {
                format!(
                    "still with the old one: {}; `aemkeys used-by {quoted} --tick WHO`",
                    missing.join(", "),
                    quoted = shell::quoted(&name)
                )
            },
        ),
        Step::Revoke => (
            "revoke the old key in the AEM Developer Console",
            format!(
                "Integrations, Technical Accounts: Revoke at the old key; then `aemkeys leaked {quoted} --revoked` asks IMS whether it is",
                quoted = shell::quoted(&name)
            ),
        ),
        Step::Invalidate => (
            "invalidate our token",
            format!(
                "`aemkeys leaked {quoted} --invalidate`",
                quoted = shell::quoted(&name)
            ),
        ),
        Step::Delete => (
            "delete the old revision here",
            format!(
                "`aemkeys leaked {quoted} --delete-old`",
                quoted = shell::quoted(&name)
            ),
        ),
        Step::CleanGit => (
            "take the file out of the git history, if it was ever in one",
            format!(
                "`git filter-repo --invert-paths --path {quoted}`, push it, and have forks and caches dropped; it stays leaked all the same",
                quoted = shell::quoted(&file)
            ),
        ),
    };
    (title.to_owned(), how)
}

pub(super) fn notes() -> Vec<String> {
    [
        "Tokens that others got with it may live up to 24 hours, whatever is done to the key.",
        "A technical account that is deleted in the console still counts towards the ten of its environment: revoke the key, keep the account.",
    ]
    .map(str::to_owned)
    .to_vec()
}
