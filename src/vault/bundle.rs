//! What is in an exported file? Environments with all revisions of their credentials, sealed under a passphrase.
//!
//! Whoever wrote it knew the passphrase, and may still have been careless or hostile: everything is checked when it is
//! opened, and the file is taken whole or not at all. Its length is rounded up, so that it does not tell how many there are.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::passphrase_file::Prompts;
use super::sealed::{Derivation, Form, Items};
use super::{CredentialItem, ItemName, TokenItem, VaultError};
use crate::credential::text::clean;
use crate::credential::{KeyDigest, Secret};
use crate::environment::Environment;

const FORM: Form = Form {
    magic: b"aemkeyx1",
    what: "the exported file",
};
const CONTENTS: &str = "contents";
const PADDING: &str = "padding";
const VERSION: u32 = 1;
/// The length is a multiple of this.
const BLOCK: usize = 16 * 1024;
/// Many times what a person has.
const MOST_ENVIRONMENTS: usize = 2_000;
const MOST_IDENTITIES: usize = 5_000;
const MOST_REVISION: u32 = 10_000;
const MOST_LEAKED: usize = 10_000;

/// Asked for when one is written or opened.
pub const BUNDLE_PROMPTS: Prompts = Prompts {
    known: "Passphrase of the exported file: ",
    new: "New passphrase for the exported file (at least 8 characters, 4 of them different): ",
};

/// The identities' secrets are beside their environments, by the identity's id.
#[derive(Debug, Default)]
pub struct Bundle {
    pub environments: Vec<Environment>,
    pub credentials: Vec<(Uuid, CredentialItem)>,
    pub tokens: Vec<(Uuid, TokenItem)>,
    /// Keys that are marked as leaked where the file was written.
    pub leaked: Vec<KeyDigest>,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    #[serde(deserialize_with = "bounded")]
    environments: Vec<Environment>,
}

/// Stops at the first environment too many.
fn bounded<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Environment>, D::Error> {
    struct Bounded;
    impl<'de> Visitor<'de> for Bounded {
        type Value = Vec<Environment>;

        fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(to, "at most {MOST_ENVIRONMENTS} environments")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Self::Value, A::Error> {
            let (mut read, mut identities) = (Vec::new(), 0);
            while let Some(environment) = source.next_element::<Environment>()? {
                identities += environment.identities.len();
                if read.len() == MOST_ENVIRONMENTS || identities > MOST_IDENTITIES {
                    return Err(A::Error::custom("too many"));
                }
                read.push(environment);
            }
            Ok(read)
        }
    }
    source.deserialize_seq(Bounded)
}

/// Read before all else: a newer version may look otherwise.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Bundle {
    pub fn seal(&self, passphrase: &Secret) -> Result<Vec<u8>, VaultError> {
        let contents = Contents {
            version: VERSION,
            environments: self.environments.clone(),
        };
        let contents = serde_json::to_vec(&contents)
            .map_err(|_| VaultError::Other("the environments cannot be written".to_owned()))?;
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
        let (derivation, key) = Derivation::fresh(passphrase)?;
        FORM.seal(&derivation, &key, &items)
    }

    /// Is it one of ours, and of a version that is known? Told before anybody is asked for the passphrase.
    pub fn look(bytes: &[u8]) -> Result<(), VaultError> {
        FORM.read(bytes).map(|_| ())
    }

    /// Every id in the result is a new one: the file's ids only say what in it belongs together.
    pub fn open(bytes: &[u8], passphrase: &Secret) -> Result<Self, VaultError> {
        let message = FORM.read(bytes)?;
        let mut items = message.open(&message.derivation.key(passphrase)?)?;
        let contents = items
            .remove(CONTENTS)
            .ok_or_else(|| damaged("it has no list of contents"))?;
        let unreadable = |_| damaged("its list of contents cannot be read");
        let Version { version } = serde_json::from_slice(contents.expose()).map_err(unreadable)?;
        if version > VERSION {
            return Err(VaultError::NewerFormat {
                item: FORM.what.to_owned(),
                version,
            });
        }
        let Contents { environments, .. } =
            serde_json::from_slice(contents.expose()).map_err(unreadable)?;
        items.remove(PADDING);
        let mut bundle = Self {
            environments: environments.into_iter().map(cleaned).collect(),
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
                        .ok_or_else(|| damaged("a leaked key in it is damaged"))?;
                    bundle.leaked.push(digest);
                }
                _ => return Err(damaged("it holds something that is not known")),
            }
        }
        bundle.check()?;
        bundle.give_new_ids();
        Ok(bundle)
    }

    /// An id of the file could be one that is stored here.
    fn give_new_ids(&mut self) {
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
            // `check` found the owner of each.
            *id = new.get(id).copied().unwrap_or_else(Uuid::new_v4);
        }
    }

    /// The identity's revisions.
    pub fn credentials_of(&self, identity: Uuid) -> impl Iterator<Item = &CredentialItem> {
        self.credentials
            .iter()
            .filter(move |(id, _)| *id == identity)
            .map(|(_, item)| item)
    }

    /// Ids, names and labels are unique, every secret belongs to an identity of its kind, numbers are sane.
    fn check(&self) -> Result<(), VaultError> {
        if self.leaked.len() > MOST_LEAKED {
            return Err(damaged("it names far more leaked keys than anybody has"));
        }
        let mut ids = HashSet::new();
        let mut names = HashSet::new();
        for environment in &self.environments {
            if environment.check().is_err() {
                return Err(damaged(
                    "an environment in it has an address that only a local SDK can have, or a bad link",
                ));
            }
            let mut labels = BTreeSet::new();
            let is_new = ids.insert(environment.id) && names.insert(environment.name.folded());
            let are_new = environment
                .identities
                .iter()
                .all(|identity| ids.insert(identity.id) && labels.insert(identity.label.folded()));
            if !is_new || !are_new {
                return Err(damaged("an id or a name is in it twice"));
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
                return Err(damaged("a credential in it belongs to nobody"));
            }
        }
        let tokens_fit = self.tokens.iter().all(|(id, _)| owner(id).is_some());
        let numbers_fit = self
            .environments
            .iter()
            .flat_map(|environment| &environment.identities)
            .all(|identity| identity.latest_revision <= MOST_REVISION);
        if tokens_fit && numbers_fit {
            Ok(())
        } else {
            Err(damaged("a number or a token in it is out of place"))
        }
    }
}

/// Text of a file passes the sanitiser where it enters. Names and hosts check themselves. Approvals never travel: what
/// was typed on another machine confirms nothing here.
fn cleaned(mut environment: Environment) -> Environment {
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

fn damaged(reason: &'static str) -> VaultError {
    VaultError::Damaged {
        item: FORM.what.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests;
