//! The names of the items in a storage.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use aemkeys_core::credential::KeyDigest;

/// The user name of a keyring item; its service is always `aemkeys`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemName {
    /// `<environment-uuid>/environment`
    Environment(Uuid),
    /// `<identity-uuid>/credential/<revision>`
    Credential(Uuid, u32),
    /// `<identity-uuid>/token`
    Token(Uuid),
    /// `<identity-uuid>/token/replaced`: a token of a leaked credential, kept until it is invalidated.
    ReplacedToken(Uuid),
    /// `<uuid>/probe`: a test item.
    Probe(Uuid),
    /// `<uuid>/leaked`: marks a key as leaked. The uuid is the first half of the key's digest, so that one read is enough,
    /// the lists of two storages can be merged, and no concurrent change loses an entry.
    LeakedKey(Uuid),
}

/// The owner of an item. Includes the kind, so that an identity never owns an environment's item, whatever its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    Environment(Uuid),
    Identity(Uuid),
}

impl ItemName {
    /// Parses a user name. Returns `None` for items of other programs.
    pub fn parse(user: &str) -> Option<Self> {
        let (id, rest) = user.split_once('/')?;
        let id = Uuid::parse_str(id)
            .ok()
            .filter(|parsed| parsed.to_string() == id)?;
        match rest {
            "environment" => Some(Self::Environment(id)),
            "token" => Some(Self::Token(id)),
            "token/replaced" => Some(Self::ReplacedToken(id)),
            "probe" => Some(Self::Probe(id)),
            "leaked" => Some(Self::LeakedKey(id)),
            _ => {
                let revision = rest.strip_prefix("credential/")?;
                let number: u32 = revision.parse().ok()?;
                (number.to_string() == revision).then_some(Self::Credential(id, number))
            }
        }
    }

    /// Returns the name of the item that marks this key as leaked.
    pub fn leaked_key(digest: &KeyDigest) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&digest.as_bytes()[..16]);
        Self::LeakedKey(Uuid::from_bytes(half))
    }

    /// Returns the owner; `None` for items of the storage itself.
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Environment(id) => Some(Owner::Environment(*id)),
            Self::Credential(id, _) | Self::Token(id) | Self::ReplacedToken(id) => {
                Some(Owner::Identity(*id))
            }
            Self::Probe(_) | Self::LeakedKey(_) => None,
        }
    }

    /// Returns the uuid in the name.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Environment(id)
            | Self::Credential(id, _)
            | Self::Token(id)
            | Self::ReplacedToken(id)
            | Self::Probe(id)
            | Self::LeakedKey(id) => *id,
        }
    }
}

impl std::fmt::Display for ItemName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(id) => write!(f, "{id}/environment"),
            Self::Credential(id, revision) => write!(f, "{id}/credential/{revision}"),
            Self::Token(id) => write!(f, "{id}/token"),
            Self::ReplacedToken(id) => write!(f, "{id}/token/replaced"),
            Self::Probe(id) => write!(f, "{id}/probe"),
            Self::LeakedKey(id) => write!(f, "{id}/leaked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_programs_are_not_parsed() {
        let id = Uuid::new_v4();
        for name in [
            ItemName::Environment(id),
            ItemName::Credential(id, 12),
            ItemName::Token(id),
            ItemName::ReplacedToken(id),
            ItemName::Probe(id),
            ItemName::LeakedKey(id),
        ] {
            assert_eq!(ItemName::parse(&name.to_string()), Some(name));
        }
        for foreign in [
            String::new(),
            "someone".to_owned(),
            format!("{id}/credential/01"),
            format!("{id}/credential/"),
            format!("{id}/token/x"),
            format!("{}/token", id.simple()),
            format!("{}/token", id.to_string().to_uppercase()),
        ] {
            assert_eq!(ItemName::parse(&foreign), None, "{foreign}");
        }
    }
}
