//! How does foreign text become safe to show? Every text from a server, file or name passes here once, at entry.

/// Removes C0, C1, ESC sequences, bidi controls and other invisible characters; line ends become spaces;
/// cut to `max_chars` with `…`.
pub fn clean(_text: &str, _max_chars: usize) -> String {
    todo!()
}

/// As [`clean`], but keeps line ends (as `\n`) and tabs (as spaces): for bodies and notes.
pub fn clean_lines(_text: &str, _max_chars: usize) -> String {
    todo!()
}
