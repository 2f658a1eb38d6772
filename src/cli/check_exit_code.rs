//! The exit codes of `check`, beside those of errors, which [`aemkeys_core::credential::Code`] defines.

use aemkeys_core::credential::Exit;

/// What success means, and the exit codes that `check` uses for its own results.
const RESULTS: [(u8, &str); 3] = [
    (
        0,
        "success; for `test`: every tier is signed in; for `check`: nothing expires soon, or the calendar or metrics are complete",
    ),
    (2, "for `check`: something has expired"),
    (
        3,
        "for `check`: an expiry is unknown, the list cannot be read, or nothing is stored",
    ),
];

/// Returns all exit codes with their meaning, for the man page and the book.
pub fn table() -> impl Iterator<Item = (u8, &'static str)> {
    let errors = Exit::ALL.map(|exit| (exit.number(), exit.meaning()));
    let mut rows = [&RESULTS[..], &errors[..]].concat();
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter()
}
