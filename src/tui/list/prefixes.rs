//! What the names of all rows of a group begin with, so that the rows need not repeat it.

use std::collections::HashMap;

use crate::tui::row::IdentityRow;

/// A shorter prefix is not worth leaving out.
const LEAST: usize = 4;

/// Returns the length of the prefix of each group that has one. The rows must be in order.
pub fn of_groups(rows: &[IdentityRow]) -> HashMap<String, usize> {
    let groups = rows.chunk_by(|one, next| one.place.group == next.place.group);
    groups
        .filter(|rows| rows.len() > 1)
        .filter_map(|rows| {
            let key = rows.first()?.place.group.as_ref()?.key.clone();
            let names = rows.iter().map(|row| row.name.as_str());
            Some((key, prefix(names)?))
        })
        .collect()
}

/// The length of the common beginning, up to a hyphen, underscore or dot. Each name keeps a part of the environment's name.
fn prefix<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<usize> {
    let environment = |name: &'a str| name.split('/').next().unwrap_or(name);
    let first = environment(names.next()?);
    let mut common = first.trim_end_matches(SEPARATORS);
    for name in names {
        let name = environment(name).trim_end_matches(SEPARATORS);
        let pairs = common.char_indices().zip(name.chars());
        let differs = pairs.take_while(|((_, one), other)| one == other).last();
        let end = differs.map_or(0, |((at, letter), _)| at + letter.len_utf8());
        common = &common[..end];
        // The last part of a name that others begin with is kept.
        if end == name.len() {
            common = &common[..common.rfind(SEPARATORS).map_or(0, |at| at + 1)];
        }
    }
    let end = common.rfind(SEPARATORS)? + 1;
    (end >= LEAST && end < first.len()).then_some(end)
}

const SEPARATORS: [char; 3] = ['-', '_', '.'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_at_a_separator_and_leave_a_name() {
        for (names, expected) in [
            (
                &["fjord-bank-web-prod", "fjord-bank-web-dev"][..],
                "fjord-bank-web-",
            ),
            (&["fjord-bank-web", "fjord-bank-web-dev"], "fjord-bank-"),
            (&["brand-prod/read", "brand-prod/write"], "brand-"),
            (&["brand-prod", "brand-prod"], "brand-"),
            (&["wknd-prod", "wkndx-prod"], ""),
            (&["ab-one", "ab-two"], ""),
            (&["local", "local"], ""),
            (&["\u{e9}clair-a", "\u{e9}clair-b"], "\u{e9}clair-"),
            (&["\u{e9}clair-a", "\u{e8}clair-b"], ""),
        ] {
            let found = prefix(names.iter().copied()).unwrap_or(0);
            assert_eq!(&names[0][..found], expected, "{names:?}");
        }
    }
}
