//! Names of environments and labels of identities: suggestions, uniqueness, and warnings about lookalikes.

use crate::storage::Index;
use aemkeys_core::credential::{Code, CredentialFacts, Imported, Problem};
use aemkeys_core::environment::{CloudIds, Environment, Name};
use uuid::Uuid;

/// The label of the identity that holds a developer's local development tokens.
pub(super) const DEVELOPMENT_TOKEN_LABEL: &str = "developer";

pub(super) fn suggest_name(
    index: &Index,
    ids: Option<CloudIds>,
    facts: Option<&CredentialFacts>,
) -> String {
    let base = match (ids, facts) {
        (Some(ids), _) => ids.to_string(),
        (None, Some(facts)) => facts
            .client_id
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || c == '-' {
                    c
                } else {
                    '-'
                }
            })
            .take(24)
            .collect::<String>()
            .trim_start_matches('-')
            .to_owned(),
        (None, None) => "development-token".to_owned(),
    };
    first_free(
        index,
        if base.is_empty() {
            "environment"
        } else {
            &base
        },
    )
}

pub(super) fn suggest_label(imported: &Imported) -> String {
    match imported {
        Imported::Service(service) => {
            // `cm-p1-e2-integration-3`: the number distinguishes the accounts of an environment.
            let number = service
                .client_id
                .rsplit_once("-integration-")
                .map(|(_, number)| number)
                .filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
            number.map_or_else(|| "service".to_owned(), |n| format!("service-{n}"))
        }
        Imported::Oauth(_) => "oauth".to_owned(),
        Imported::DevelopmentToken(token) if token.is_of_account() => "account-token".to_owned(),
        Imported::DevelopmentToken(_) => DEVELOPMENT_TOKEN_LABEL.to_owned(),
    }
}

pub(super) fn free_label(environment: &Environment, base: &str) -> String {
    let taken = |candidate: &str| {
        environment
            .identities
            .iter()
            .any(|identity| identity.label.folded() == candidate.to_lowercase())
    };
    numbered(base, taken)
}

pub(super) fn first_free(index: &Index, base: &str) -> String {
    numbered(base, |candidate| is_taken(index, candidate))
}

fn numbered(base: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = base.to_owned();
    let mut number = 2;
    while taken(&candidate) {
        candidate = format!("{base}-{number}");
        number += 1;
    }
    candidate
}

fn is_taken(index: &Index, name: &str) -> bool {
    index
        .environments
        .iter()
        .any(|entry| entry.name.folded() == name.to_lowercase())
}

/// Returns a warning if the name looks like the name of another stored environment.
pub(super) fn lookalike(index: &Index, name: &Name, own: Option<Uuid>) -> Option<String> {
    let others = index
        .environments
        .iter()
        .filter(|entry| Some(entry.id) != own);
    others
        .map(|entry| &entry.name)
        .find(|other| name.looks_like(other))
        .map(|other| alike(name, other))
}

/// Returns a warning if the label looks like the label of another identity of the environment.
pub(super) fn lookalike_label(
    environment: &Environment,
    label: &Name,
    own: Uuid,
) -> Option<String> {
    let others = environment.identities.iter().filter(|it| it.id != own);
    others
        .map(|it| &it.label)
        .find(|other| label.looks_like(other))
        .map(|other| {
            format!(
                "the label {label} looks like {other} of {}{}",
                environment.name,
                non_ascii_characters(label, other)
            )
        })
}

/// Returns the warning about two names that look the same, with their characters outside ASCII.
pub(super) fn alike(name: &Name, other: &Name) -> String {
    let odd = non_ascii_characters(name, other);
    format!("the name {name} looks like {other}, another environment{odd}")
}

fn non_ascii_characters(name: &Name, other: &Name) -> String {
    let odd: Vec<String> = [name, other]
        .into_iter()
        .flat_map(|name| name.as_str().chars())
        .filter(|letter| !letter.is_ascii())
        .take(3)
        .map(|letter| format!("U+{:04X}", u32::from(letter)))
        .collect();
    if odd.is_empty() {
        String::new()
    } else {
        format!(" (note {})", odd.join(", "))
    }
}

/// Returns the name if it is free.
pub(super) fn free_name(index: &Index, name: &Name) -> Result<Name, Problem> {
    if is_taken(index, name.as_str()) {
        return Err(Problem::new(
            Code::NameTaken,
            format!("an environment named {name} already exists"),
        )
        .cause("names are unique, ignoring case")
        .next_step(format!(
            "choose another, for example {}",
            first_free(index, name.as_str())
        )));
    }
    Ok(name.clone())
}
