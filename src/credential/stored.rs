//! How is text read back that another program may have written where ours lies? Cleaned, as text from outside: for serde.

use serde::{Deserialize, Deserializer};

use super::text::{clean, clean_lines};

/// Longer than anything written here.
const LONGEST: usize = 2000;
const LONGEST_NOTES: usize = 20_000;

pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(cleaned)
}

pub fn some_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(cleaned))
}

pub fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    Ok(texts.into_iter().map(cleaned).collect())
}

/// Several lines.
pub fn notes<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|text| clean_lines(&text, LONGEST_NOTES))
}

/// Nearly all texts need nothing: they are not copied.
fn cleaned(text: String) -> String {
    let is_plain = text.len() <= LONGEST && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain {
        text
    } else {
        clean(&text, LONGEST)
    }
}
