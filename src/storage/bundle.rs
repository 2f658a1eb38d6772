//! Exported files: environments with all revisions of their credentials, encrypted with a passphrase.
//!
//! The author of a file knows the passphrase and may still be careless or hostile, so everything is checked on opening, and
//! a file is imported completely or not at all. Its length is rounded up to hide the number of environments.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Prompts;
use super::key_derivation::Derivation;
use super::sealed_file::{FileFormat, Items};
use super::{CredentialItem, ItemName, StorageError, TokenItem, versioned_json};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{KeyDigest, Secret};
use aemkeys_core::environment::Environment;

const FORMAT: FileFormat = FileFormat {
    magic: b"aemkeyx1",
    what: "the exported file",
};
const CONTENTS: &str = "contents";
const PADDING: &str = "padding";
const VERSION: u32 = 1;
/// The length of a file is a multiple of this, in bytes.
const BLOCK: usize = 16 * 1024;
/// Limits far above real use.
const MAX_ENVIRONMENTS: usize = 2_000;
const MAX_IDENTITIES: usize = 5_000;
const MAX_REVISION: u32 = 10_000;
const MAX_LEAKED: usize = 10_000;

/// The prompts for writing and opening an exported file.
pub const BUNDLE_PROMPTS: Prompts = Prompts {
    known: "Passphrase of the exported file: ",
    new: "New passphrase for the exported file (at least 8 characters, 4 of them different): ",
};

/// The content of an exported file. Secrets are listed separately, by the identity's id.
#[derive(Debug, Default)]
pub struct Bundle {
    pub environments: Vec<Environment>,
    pub credentials: Vec<(Uuid, CredentialItem)>,
    pub tokens: Vec<(Uuid, TokenItem)>,
    /// Keys marked as leaked on the exporting machine.
    pub leaked: Vec<KeyDigest>,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    environments: Vec<Environment>,
}

impl Bundle {
    pub fn seal(&self, passphrase: &Secret) -> Result<Vec<u8>, StorageError> {
        let contents = Contents {
            version: VERSION,
            environments: self.environments.clone(),
        };
        let contents = serde_json::to_vec(&contents)
            .map_err(|_| StorageError::Other("could not serialise the environments".to_owned()))?;
        let mut items = Items::new();
        items.insert(CONTENTS.to_owned(), Secret::new(contents));
        for (identity, item) in &self.credentials {
            let name = ItemName::Credential(*identity, item.revision);
            items.insert(name.to_string(), item.to_payload());
        }
        for (identity, item) in &self.tokens {
            items.insert(ItemName::Token(*identity).to_string(), item.to_payload());
        }
        for digest in &self.leaked {
            let payload = Secret::new(digest.as_bytes().to_vec());
            items.insert(ItemName::leaked_key(digest).to_string(), payload);
        }
        let length: usize = items
            .iter()
            .map(|(name, value)| name.len() + value.len() + 8)
            .sum();
        let room = length + PADDING.len() + 8;
        let missing = room.next_multiple_of(BLOCK) - room;
        items.insert(PADDING.to_owned(), Secret::new(vec![0; missing]));
        let (derivation, key) = Derivation::new(passphrase)?;
        FORMAT.seal(&derivation, &key, &items)
    }

    /// Checks that it is an exported file of a known version, before the passphrase is requested.
    pub fn check_format(bytes: &[u8]) -> Result<(), StorageError> {
        FORMAT.read(bytes).map(|_| ())
    }

    /// Decrypts and checks a file. All ids in the result are new: those in the file only link its parts.
    pub fn open(bytes: &[u8], passphrase: &Secret) -> Result<Self, StorageError> {
        let message = FORMAT.read(bytes)?;
        let mut items = message.open(&message.derivation.key(passphrase)?)?;
        let contents = items
            .remove(CONTENTS)
            .ok_or_else(|| damaged("it has no table of contents"))?;
        let Contents { environments, .. } = versioned_json::read(
            contents.expose(),
            VERSION,
            |contents: &Contents| contents.version,
            FORMAT.what,
        )?;
        items.remove(PADDING);
        let mut bundle = Self {
            environments: environments.into_iter().map(sanitised).collect(),
            ..Self::default()
        };
        for (name, payload) in items {
            match ItemName::parse(&name) {
                Some(name @ ItemName::Credential(identity, _)) => bundle
                    .credentials
                    .push((identity, CredentialItem::from_payload(&name, &payload)?)),
                Some(name @ ItemName::Token(identity)) => bundle
                    .tokens
                    .push((identity, TokenItem::from_payload(&name, &payload)?)),
                Some(name @ ItemName::LeakedKey(_)) => {
                    let digest = KeyDigest::from_bytes(payload.expose())
                        .filter(|digest| ItemName::leaked_key(digest) == name)
                        .ok_or_else(|| damaged("one of its leaked keys is damaged"))?;
                    bundle.leaked.push(digest);
                }
                _ => return Err(damaged("it contains an unknown item")),
            }
        }
        bundle.check()?;
        bundle.replace_ids();
        Ok(bundle)
    }

    /// Replaces all ids, which could collide with stored ones.
    fn replace_ids(&mut self) {
        let mut new = HashMap::new();
        for environment in &mut self.environments {
            environment.id = Uuid::new_v4();
            for identity in &mut environment.identities {
                let id = Uuid::new_v4();
                new.insert(std::mem::replace(&mut identity.id, id), id);
            }
        }
        let secrets = self.credentials.iter_mut().map(|(id, _)| id);
        for id in secrets.chain(self.tokens.iter_mut().map(|(id, _)| id)) {
            // `check` has verified that each has an owner.
            *id = new.get(id).copied().unwrap_or_else(Uuid::new_v4);
        }
    }

    /// Returns the identity's revisions.
    pub fn credentials_of(&self, identity: Uuid) -> impl Iterator<Item = &CredentialItem> {
        self.credentials
            .iter()
            .filter(move |(id, _)| *id == identity)
            .map(|(_, item)| item)
    }

    /// Checks that ids, names and labels are unique, that every secret belongs to an identity of its kind, and that numbers
    /// are within limits.
    fn check(&self) -> Result<(), StorageError> {
        let identities = self.environments.iter().map(|it| it.identities.len());
        if self.environments.len() > MAX_ENVIRONMENTS
            || identities.sum::<usize>() > MAX_IDENTITIES
            || self.leaked.len() > MAX_LEAKED
        {
            return Err(damaged("it contains more than aemkeys can import"));
        }
        let mut ids = HashSet::new();
        let mut names = HashSet::new();
        for environment in &self.environments {
            if environment.check().is_err() {
                return Err(damaged(
                    "one of its environments has an address that is only allowed for a local SDK, or an invalid console link",
                ));
            }
            let mut labels = BTreeSet::new();
            let is_new = ids.insert(environment.id) && names.insert(environment.name.folded());
            let are_new = environment
                .identities
                .iter()
                .all(|identity| ids.insert(identity.id) && labels.insert(identity.label.folded()));
            if !is_new || !are_new {
                return Err(damaged("it contains an id or a name twice"));
            }
        }
        let owner = |id: &Uuid| {
            self.environments
                .iter()
                .find_map(|environment| environment.identity(*id))
        };
        for (id, item) in &self.credentials {
            let fits = owner(id).is_some_and(|identity| {
                identity.kind == item.credential.kind()
                    && (1..=identity.latest_revision).contains(&item.revision)
            });
            if !fits {
                return Err(damaged("it contains a credential without an identity"));
            }
        }
        let tokens_fit = self.tokens.iter().all(|(id, _)| owner(id).is_some());
        let numbers_fit = self
            .environments
            .iter()
            .flat_map(|environment| &environment.identities)
            .all(|identity| identity.latest_revision <= MAX_REVISION);
        if tokens_fit && numbers_fit {
            Ok(())
        } else {
            Err(damaged(
                "it contains a number or a token that is not valid here",
            ))
        }
    }
}

/// Sanitises the texts of an environment; names and hosts are checked by their types. Drops approvals, because hosts must
/// be confirmed on this machine.
fn sanitised(mut environment: Environment) -> Environment {
    environment.approvals.clear();
    let one_line = |text: &mut String, most| *text = clean(text, most);
    environment.notes = environment
        .notes
        .lines()
        .take(200)
        .map(|line| clean(line, 1_000))
        .collect::<Vec<_>>()
        .join("\n");
    if let Some(customer) = &mut environment.customer {
        one_line(customer, 200);
    }
    if let Some(url) = &mut environment.console_url {
        one_line(url, 500);
    }
    for path in &mut environment.saved_paths {
        one_line(path, 2_000);
    }
    for identity in &mut environment.identities {
        for user in &mut identity.used_by {
            one_line(&mut user.name, 200);
        }
    }
    environment
}

fn damaged(reason: &'static str) -> StorageError {
    StorageError::damaged(FORMAT.what, reason)
}

#[cfg(test)]
mod tests;
