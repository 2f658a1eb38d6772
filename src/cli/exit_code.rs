//! What does the exit code mean? One table for all commands, printed in the man page.

use crate::credential::Problem;

/// Code and meaning. `check` has its own first four: 0 fine, 1 soon or urgent, 2 expired, 3 unknown or nothing stored.
pub const TABLE: &[(u8, &str)] = &[
    (0, "done; for `test`: every asked tier is signed in"),
    (
        1,
        "failed; for `test`: a tier is not signed in; for `call`: the answer is 400 or above; for `doctor`: something is wrong",
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
        "try again later: throttled, or another aemkeys holds a lock",
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

/// The code of a problem, by what it is called.
pub fn of(problem: &Problem) -> u8 {
    of_code(problem.code)
}

fn of_code(code: &str) -> u8 {
    match code {
        "usage" | "label-needed" | "no-hosts" | "name-taken" | "label-taken" | "same-account" => 64,
        "name-not-found" | "file-not-found" => 66,
        "name-ambiguous" => 67,
        "internal" => 70,
        "no-keyring" | "keyring-timeout" => 71,
        "keyring-locked" => 72,
        "passphrase-needed" | "passphrase-wrong" => 73,
        "throttled" | "lock-held" => 75,
        "guarded" | "ims-host-untrusted" | "host-refused" => 77,
        "configuration" => 78,
        "token-expired" | "token-too-short" | "no-token" => 79,
        _ => 1,
    }
}
