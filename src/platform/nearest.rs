//! Suggestions for a mistyped word.

/// Words that are less similar are not suggested.
const SIMILARITY: f64 = 0.75;

/// Returns up to three known words that the typed one may mean, the most similar first. Case does not count.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let similarity = |word: &str| {
        let word = word.to_lowercase();
        if typed.is_empty() || word.is_empty() {
            0.0
        } else if word.contains(&typed) || typed.contains(&word) {
            1.0
        } else {
            strsim::normalized_damerau_levenshtein(&typed, &word).max(strsim::jaro(&typed, &word))
        }
    };
    let mut near: Vec<(f64, &str)> = known
        .into_iter()
        .map(|word| (similarity(word), word))
        .filter(|(similarity, _)| *similarity >= SIMILARITY)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().map(|(_, word)| word).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_found_and_another_word_is_not() {
        let known = ["wknd-stage", "wknd-prod", "brand-prod", "theme"];
        for (typed, expected) in [
            ("wknd-stge", "wknd-stage"),
            ("WKND-SATGE", "wknd-stage"),
            ("stage", "wknd-stage"),
            ("teme", "theme"),
            ("them", "theme"),
            ("themes", "theme"),
        ] {
            assert_eq!(nearest(typed, known).first(), Some(&expected), "{typed}");
        }
        for typed in ["", "x", "zürich", "elsewhere"] {
            assert_eq!(nearest(typed, known), [""; 0], "{typed}");
        }
    }
}
