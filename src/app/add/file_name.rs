//! What the name of a file says about the environment whose credential it contains.

use std::path::Path;

use crate::app::names::first_free;
use crate::storage::Index;
use aemkeys_core::environment::{EnvironmentType, Name};

/// A guess from a file name: `wknd-stage-service.json` is of the environment `wknd-stage`, and of type Stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileGuess {
    /// A free name.
    pub name: Option<String>,
    pub environment_type: Option<EnvironmentType>,
}

/// Words for the content of a file, which name no environment.
const CONTENT: [&str; 15] = [
    "aem",
    "credential",
    "credentials",
    "creds",
    "integration",
    "json",
    "key",
    "keys",
    "oauth",
    "server",
    "service",
    "s2s",
    "technical",
    "token",
    "account",
];
/// Words that do not name an environment if no other one does.
const VAGUE: [&str; 7] = [
    "download",
    "local",
    "my",
    "new",
    "copy",
    "dev",
    "development",
];
const SEPARATORS: [char; 4] = ['-', '_', '.', ' '];

impl FileGuess {
    pub fn of(file: &Path, index: &Index) -> Self {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        Self {
            name: name(&stem).map(|name| first_free(index, name.as_str())),
            environment_type: EnvironmentType::guess(&stem),
        }
    }
}

/// Returns the part of a file name that names an environment.
fn name(stem: &str) -> Option<Name> {
    // A browser numbers what it downloads again.
    let mut rest = match stem.rsplit_once('(') {
        Some((before, number)) if number.trim_end_matches(')').parse::<u32>().is_ok() => before,
        _ => stem,
    };
    loop {
        rest = rest.trim_matches(SEPARATORS);
        let is_content = |word: &str| CONTENT.contains(&word.to_lowercase().as_str());
        let first = rest.split(SEPARATORS).next().unwrap_or(rest);
        let last = rest.rsplit(SEPARATORS).next().unwrap_or(rest);
        rest = if is_content(last) {
            &rest[..rest.len() - last.len()]
        } else if is_content(first) {
            &rest[first.len()..]
        } else {
            break;
        };
    }
    let is_vague = |word: &str| {
        VAGUE.contains(&word.to_lowercase().as_str()) || !word.chars().any(char::is_alphabetic)
    };
    if rest.split(SEPARATORS).all(is_vague) {
        return None;
    }
    Name::parse(rest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::EnvironmentEntry;
    use aemkeys_core::environment::EnvironmentType as Type;

    #[test]
    fn the_name_and_type_are_guessed_from_the_file() {
        let index = Index::default();
        for (file, name, kind) in [
            (
                "wknd-stage-service.json",
                Some("wknd-stage"),
                Some(Type::Stage),
            ),
            (
                "/tmp/p12345-e67890-prod.json",
                Some("p12345-e67890-prod"),
                Some(Type::Production),
            ),
            ("p12345-e67890.json", Some("p12345-e67890"), None),
            (
                "wknd_dev_service_token (2).json",
                Some("wknd_dev"),
                Some(Type::Development),
            ),
            ("service_token.json", None, None),
            (
                "local-development-token.json",
                None,
                Some(Type::Development),
            ),
            (
                "aem-acme-prod.credentials.json",
                Some("acme-prod"),
                Some(Type::Production),
            ),
            ("acme-prod-to-stage.json", Some("acme-prod-to-stage"), None),
            ("20261122.json", None, None),
            ("Größe:x.json", None, None),
            ("", None, None),
        ] {
            let guess = FileGuess::of(Path::new(file), &index);
            assert_eq!(
                (guess.name.as_deref(), guess.environment_type),
                (name, kind),
                "{file}"
            );
        }
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let taken = EnvironmentEntry::new(Name::parse("wknd-stage").unwrap(), Type::Stage);
        let index = Index {
            environments: vec![taken.into()],
            ..Index::default()
        };
        let guess = FileGuess::of(Path::new("wknd-stage-service.json"), &index);
        assert_eq!(guess.name.as_deref(), Some("wknd-stage-2"));
    }
}
