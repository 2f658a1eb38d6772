//! What does the exit code mean? One table for all commands, printed in the man page.

use crate::app::check::Level;
use crate::credential::Problem;

/// Code and meaning. `check` has its own first four.
pub const TABLE: &[(u8, &str)] = &[
    (
        0,
        "done; for `test`: every asked tier is signed in; for `check`: nothing ends soon",
    ),
    (
        1,
        "failed; for `test`: a tier is not signed in; for `call`: the answer is 400 or above; for `doctor`: something is wrong; for `check`: something ends soon, or cannot be used yet",
    ),
    (2, "for `check`: something has expired"),
    (
        3,
        "for `check`: the end of something is unknown, the list cannot be read, or nothing is stored",
    ),
    (
        64,
        "the command line is wrong, or an answer is needed that no flag gives",
    ),
    (
        65,
        "the input (a file, a pasted token) is not what it should be",
    ),
    (
        66,
        "nothing is stored under this name, or the file is not there",
    ),
    (
        67,
        "the name stands for several identities: name one as ENV/LABEL",
    ),
    (
        69,
        "no answer over the network: DNS, connection, TLS, proxy, time",
    ),
    (70, "an internal error"),
    (71, "no keyring answers (no D-Bus, no provider, hung)"),
    (72, "the keyring is locked"),
    (73, "the passphrase is missing or wrong"),
    (
        74,
        "a file or the storage could not be read or written, or is damaged",
    ),
    (
        75,
        "try again later: throttled, AEM did not answer while two credentials were compared, or another aemkeys holds a lock",
    ),
    (76, "IMS refused the credential"),
    (
        77,
        "refused by a guard: confirm with the flag that the message names",
    ),
    (78, "the configuration has mistakes"),
    (
        79,
        "there is no valid token and a program cannot get one: paste today's",
    ),
];

/// What `check` answers: the worst of all. As monitoring plugins have it, what has expired is worse than what is unknown.
pub fn of_level(level: Level) -> u8 {
    match level {
        Level::Fine => 0,
        Level::Attention => 1,
        Level::Expired => 2,
        Level::Unknown => 3,
    }
}

/// The code of a problem, by what it is called.
pub fn of(problem: &Problem) -> u8 {
    of_code(problem.code)
}

fn of_code(code: &str) -> u8 {
    match code {
        "usage"
        | "label-needed"
        | "no-hosts"
        | "name-taken"
        | "label-taken"
        | "same-account"
        | "same-credential"
        | "no-terminal"
        | "old-revision"
        | "nothing-to-go-back-to"
        | "revision-active"
        | "output-exists"
        | "no-credential"
        | "import-conflict"
        | "local-address-refused"
        | "import-outdated" => 64,
        "name-not-found" | "file-not-found" | "no-revision" => 66,
        "name-ambiguous" => 67,
        "internal" => 70,
        "no-keyring" | "keyring-timeout" => 71,
        "keyring-locked" => 72,
        "passphrase-needed" | "passphrase-wrong" => 73,
        "throttled" | "lock-held" | "rotation-not-compared" | "storage-moved" => 75,
        "guarded" | "step-locked" | "revision-leaked" | "output-refused" | "ims-host-untrusted"
        | "host-untrusted" | "host-not-allowed" => 77,
        "configuration" | "bad-keymap" => 78,
        "token-expired" | "token-too-short" | "no-token" => 79,
        "program-not-started" => 126,
        "program-not-found" => 127,
        // What the credential itself makes impossible counts as refused: IMS would say no.
        "certificate-expired"
        | "certificate-not-yet-valid"
        | "key-of-another-file"
        | "no-client-secret"
        | "rotation-not-proven"
        | "leaked-credential"
        | "key-not-revoked" => 76,
        "documentation-sample"
        | "several-credentials"
        | "jwt-credential-ended"
        | "not-a-token"
        | "credential-inconsistent"
        | "wrong-environment" => 65,
        "secret-missing"
        | "read-back-differs"
        | "newer-format"
        | "too-large-for-store"
        | "lock-failed"
        | "damaged"
        | "output"
        | "output-not-written"
        | "no-home" => 74,
        "host-not-found" | "timed-out" => 69,
        _ => of_family(code),
    }
}

/// Codes of one room begin alike.
fn of_family(code: &str) -> u8 {
    const FAMILIES: &[(&str, u8)] = &[
        ("ims-", 76),
        ("metascopes-", 76),
        ("input-", 65),
        ("field-", 65),
        ("json-", 65),
        ("key-", 65),
        ("certificate-", 65),
        ("token-", 65),
        ("bad-", 65),
        ("file-", 65),
        ("tls-", 69),
        ("connection-", 69),
        ("proxy-", 69),
        ("network-", 69),
        ("item-", 74),
        ("storage-", 74),
    ];
    FAMILIES
        .iter()
        .find(|(family, _)| code.starts_with(family))
        .map_or(1, |(_, exit)| *exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_in_the_table() {
        for code in [
            "usage",
            "no-keyring",
            "ims-key-not-bound",
            "json-invalid",
            "tls-untrusted",
            "item-damaged",
            "output",
            "lock-held",
            "else",
        ] {
            assert!(
                TABLE.iter().any(|(known, _)| *known == of_code(code)),
                "{code}"
            );
        }
    }
}
