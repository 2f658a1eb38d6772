//! The texts of the steps after a leak.

use super::Step;
use aemkeys_core::credential::shell;

pub(super) fn step(step: Step, name: &str, missing: &[String], file: &str) -> (String, String) {
    let (title, how) = match step {
        Step::AddKey => (
            "add a new private key (not a certificate) in the AEM Developer Console",
            format!(
                "Cloud Manager, … next to the environment of {name}, Developer Console, Integrations, Technical Accounts: press Add new private key, then View, and save the file"
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
            "give the new credential to every program that uses it",
            if missing.is_empty() {
                format!("`aemkeys used-by {quoted}`", quoted = shell::quoted(&name))
            } else {
                format!(
                    "not updated yet: {}; `aemkeys used-by {quoted} --tick WHO`",
                    missing.join(", "),
                    quoted = shell::quoted(&name)
                )
            },
        ),
        Step::Revoke => (
            "revoke the old key in the AEM Developer Console",
            format!(
                "Integrations, Technical Accounts: press Revoke next to the old key; then `aemkeys leaked {quoted} --revoked` checks it with IMS",
                quoted = shell::quoted(&name)
            ),
        ),
        Step::Invalidate => (
            "invalidate the cached token",
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
            "remove the file from the git history, if it was ever committed",
            format!(
                "`git filter-repo --invert-paths --path {quoted}`, force-push, and delete forks and caches; treat the key as leaked all the same",
                quoted = shell::quoted(&file)
            ),
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
