//! The exit codes of `check`, beside those of errors, which [`aemkeys_core::credential::Code`] defines.

use aemkeys_core::credential::Exit;

/// What success means, and the exit codes that `check` uses for its own results.
const RESULTS: [(u8, &str); 4] = [
    (
        0,
        "success; for `test`: every tier is signed in; for `check`: nothing expires soon, or the calendar or metrics are complete",
    ),
    (
        1,
        "failure; for `test`: a tier is not signed in; for `call`: the status is 400 or above; for `doctor`: something is wrong; for `check`: something expires soon, or is not valid yet",
    ),
    (2, "for `check`: something has expired"),
    (
        3,
        "for `check`: an expiry is unknown, the list cannot be read, or nothing is stored",
    ),
];

/// All exit codes with their meaning, for the man page.
pub fn table() -> impl Iterator<Item = (u8, &'static str)> {
    let errors = Exit::ALL
        .into_iter()
        .filter(|exit| *exit != Exit::Failure)
        .map(|exit| (exit.number(), exit.meaning()));
    RESULTS.into_iter().chain(errors)
}
