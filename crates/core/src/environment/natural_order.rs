//! The order of names in lists, in which `stage-6` is before `stage-12`.

/// Returns the key by which names are sorted: ignoring case, and numbers by their value.
///
/// A number becomes its length, as one character, and its digits without leading zeros. Lengths of numbers in names fit, and
/// in other texts they are capped, which affects only the order of longer numbers.
pub fn natural_key(text: &str) -> String {
    const LONGEST: u8 = 64;
    let folded = text.to_lowercase();
    let mut key = String::with_capacity(folded.len() + 8);
    let mut rest = folded.as_str();
    let mut has_leading_zeros = false;
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|letter: char| !letter.is_ascii_digit());
        let (number, after) = from.split_at(end.unwrap_or(from.len()));
        let digits = number.trim_start_matches('0');
        has_leading_zeros |= digits.len() < number.len();
        let length = u8::try_from(digits.len()).unwrap_or(LONGEST).min(LONGEST);
        key.extend([before, digits_mark(length).as_str(), digits]);
        rest = after;
    }
    key.push_str(rest);
    // `06` and `6` are different names.
    if has_leading_zeros {
        key.extend(["\0", &folded]);
    }
    key
}

/// A character for the length that is sorted among letters as a digit is.
fn digits_mark(length: u8) -> String {
    char::from(b'0' + length).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_sorted_by_their_value() {
        let sorted = [
            "",
            "2",
            "10",
            "p9-e5",
            "p9-e40",
            "p10-e1",
            "Stage",
            "stage-2",
            "stage-6",
            "STAGE-06",
            "stage-6a",
            "stage-12",
            "stage-12/read",
            "stage-a",
            "stage10",
            "über",
        ];
        let mut keys: Vec<String> = sorted.iter().map(|name| natural_key(name)).collect();
        let expected = keys.clone();
        keys.reverse();
        keys.sort();
        assert_eq!(keys, expected);
    }

    proptest! {
        #[test]
        fn numbers_of_any_length_compare_like_numbers(a in 0..u128::MAX, b in 0..u128::MAX, c in 0..2000_u128) {
            for (a, b) in [(a, b), (a, c), (c, a)] {
                let key = |number: u128| natural_key(&format!("e{number}/x"));
                prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
            }
        }

        #[test]
        fn different_names_have_different_keys(a in "[0a-c]{0,6}", b in "[0a-c]{0,6}") {
            prop_assert_eq!(natural_key(&a) == natural_key(&b), a == b);
        }
    }
}
