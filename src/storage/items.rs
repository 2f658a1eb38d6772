//! The contents of credential and token items.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ItemName, StorageError};
use aemkeys_core::credential::{AccessToken, Credential, Kind, Secret};
use aemkeys_core::environment::{
    Destinations, Environment, EnvironmentType, Identity, Name, OtherEnvironment, check_client_id,
};

/// One revision of an identity's credential.
#[derive(Debug)]
pub struct CredentialItem {
    /// Starts at 1. The active revision is the highest that is not a candidate.
    pub revision: u32,
    /// A candidate that is not verified yet, or a replaced leaked credential. Clearing this flag commits a rotation; setting
    /// it commits a rollback.
    pub candidate: bool,
    /// Read from the list of leaked keys, not stored in the item. A leaked credential stays active until a rotation
    /// replaces it, so that marking it causes no outage.
    pub leaked: bool,
    pub added_at: Timestamp,
    pub credential: Credential,
}

/// The cached token, with everything that `token`, `test`, `call` and `exec` need, so that they read one item only.
#[derive(Debug)]
pub struct TokenItem {
    pub token: AccessToken,
    pub obtained_at: Timestamp,
    pub origin: TokenOrigin,
    /// Private, so that a token gets its hosts only after its client id was checked.
    context: TokenContext,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenOrigin {
    /// Exchanged from this credential revision.
    Exchanged { revision: u32 },
    /// Pasted by the user.
    Pasted,
}

/// The token item's copy of its environment. Never stale, because `edit` rewrites token items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenContext {
    pub environment_id: Uuid,
    pub environment_name: Name,
    pub label: Name,
    pub kind: Kind,
    pub environment_type: EnvironmentType,
    pub destinations: Destinations,
}

impl TokenContext {
    pub fn of(environment: &Environment, identity: &Identity) -> Self {
        Self {
            environment_id: environment.id,
            environment_name: environment.name.clone(),
            label: identity.label.clone(),
            kind: identity.kind,
            environment_type: environment.environment_type,
            destinations: environment.destinations(),
        }
    }
}

impl CredentialItem {
    /// Encodes flags, time of adding and compact credential.
    pub fn to_payload(&self) -> Secret {
        let compact = self.credential.encode();
        let mut out = Vec::with_capacity(9 + compact.len());
        out.push(u8::from(self.candidate));
        out.extend_from_slice(&self.added_at.as_millisecond().to_be_bytes());
        out.extend_from_slice(compact.expose());
        Secret::new(out)
    }

    pub(super) fn from_payload(name: &ItemName, payload: &Secret) -> Result<Self, StorageError> {
        let ItemName::Credential(_, revision) = name else {
            return Err(damaged(name));
        };
        let (flags, rest) = payload
            .expose()
            .split_first()
            .ok_or_else(|| damaged(name))?;
        let (added_at, rest) = read_time(name, rest)?;
        Ok(Self {
            revision: *revision,
            candidate: flags & 1 != 0,
            leaked: false,
            added_at,
            credential: Credential::decode(&Secret::new(rest.to_vec()))
                .map_err(|_| damaged(name))?,
        })
    }
}

impl TokenItem {
    /// Combines a token with the environment whose hosts may receive it. Refuses a token of another environment.
    pub fn new(
        token: AccessToken,
        obtained_at: Timestamp,
        origin: TokenOrigin,
        environment: &Environment,
        identity: &Identity,
    ) -> Result<Self, OtherEnvironment> {
        let context = TokenContext::of(environment, identity);
        Self {
            token,
            obtained_at,
            origin,
            context,
        }
        .checked()
    }

    /// Returns the token with the current data of its environment.
    pub fn moved_to(
        mut self,
        environment: &Environment,
        identity: &Identity,
    ) -> Result<Self, OtherEnvironment> {
        self.context = TokenContext::of(environment, identity);
        self.checked()
    }

    pub fn context(&self) -> &TokenContext {
        &self.context
    }

    fn checked(self) -> Result<Self, OtherEnvironment> {
        let client_id = self.token.claims.client_id.as_deref().unwrap_or_default();
        check_client_id(
            self.context.destinations.ids(),
            self.context.destinations.hosts(),
            client_id,
        )?;
        Ok(self)
    }

    /// Encodes time, origin, context (JSON with its length) and compact token.
    pub(super) fn to_payload(&self) -> Secret {
        let compact = self.token.encode();
        let context = serde_json::to_vec(&self.context).unwrap_or_default();
        let mut out = Vec::with_capacity(18 + context.len() + compact.len());
        out.extend_from_slice(&self.obtained_at.as_millisecond().to_be_bytes());
        let revision = match self.origin {
            TokenOrigin::Exchanged { revision } => revision,
            // 0 is free for pasted tokens, because revisions start at 1.
            TokenOrigin::Pasted => 0,
        };
        out.extend_from_slice(&revision.to_be_bytes());
        out.extend_from_slice(
            &u32::try_from(context.len())
                .unwrap_or(u32::MAX)
                .to_be_bytes(),
        );
        out.extend_from_slice(&context);
        out.extend_from_slice(compact.expose());
        Secret::new(out)
    }

    pub(super) fn from_payload(name: &ItemName, payload: &Secret) -> Result<Self, StorageError> {
        let (obtained_at, rest) = read_time(name, payload.expose())?;
        let (revision, rest) = read_number(name, rest)?;
        let (length, rest) = read_number(name, rest)?;
        let length = usize::try_from(length).map_err(|_| damaged(name))?;
        if rest.len() < length {
            return Err(damaged(name));
        }
        let (context, compact) = rest.split_at(length);
        Self {
            token: AccessToken::decode(&Secret::new(compact.to_vec()))
                .map_err(|_| damaged(name))?,
            obtained_at,
            origin: match revision {
                0 => TokenOrigin::Pasted,
                revision => TokenOrigin::Exchanged { revision },
            },
            context: serde_json::from_slice(context).map_err(|_| damaged(name))?,
        }
        .checked()
        .map_err(|_| StorageError::damaged(name, "its token belongs to another environment"))
    }
}

fn read_time<'a>(name: &ItemName, bytes: &'a [u8]) -> Result<(Timestamp, &'a [u8]), StorageError> {
    let (millis, rest) = bytes
        .split_first_chunk::<8>()
        .ok_or_else(|| damaged(name))?;
    let time =
        Timestamp::from_millisecond(i64::from_be_bytes(*millis)).map_err(|_| damaged(name))?;
    Ok((time, rest))
}

fn read_number<'a>(name: &ItemName, bytes: &'a [u8]) -> Result<(u32, &'a [u8]), StorageError> {
    let (number, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or_else(|| damaged(name))?;
    Ok((u32::from_be_bytes(*number), rest))
}

fn damaged(name: &ItemName) -> StorageError {
    StorageError::damaged(name, "its content is not valid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::{Imported, detect};
    use aemkeys_core::environment::{Approval, CloudIds, HostName, Hosts, Purpose};
    use aemkeys_simulator::fixtures::ServiceAccount;

    fn account() -> ServiceAccount {
        ServiceAccount::new("p1-e2", 0, "2027-02-14T07:35:37Z".parse().unwrap())
    }

    fn now() -> Timestamp {
        "2026-11-22T12:00:00.123Z".parse().unwrap()
    }

    #[test]
    fn credential_payload_round_trips() {
        let name = ItemName::Credential(Uuid::new_v4(), 3);
        for candidate in [false, true] {
            let Imported::Service(service) = detect(&account().file()).unwrap() else {
                panic!("expected service credentials")
            };
            let item = CredentialItem {
                revision: 3,
                candidate,
                leaked: true,
                added_at: now(),
                credential: Credential::Service(*service),
            };
            let payload = item.to_payload();
            let back = CredentialItem::from_payload(&name, &payload).unwrap();
            assert_eq!(back.revision, 3);
            assert_eq!((back.candidate, back.leaked), (candidate, false));
            assert_eq!(back.added_at, now());
            assert_eq!(back.credential.facts(), item.credential.facts());
            let other = ItemName::Token(Uuid::new_v4());
            assert!(CredentialItem::from_payload(&other, &payload).is_err());
            for end in [0, 1, 8] {
                let cut = Secret::new(payload.expose()[..end].to_vec());
                assert!(CredentialItem::from_payload(&name, &cut).is_err(), "{end}");
            }
        }
    }

    #[test]
    fn token_payload_round_trips_and_truncation_is_detected() {
        let name = ItemName::Token(Uuid::new_v4());
        let ids = CloudIds::parse("p1-e2").unwrap();
        for origin in [
            TokenOrigin::Pasted,
            TokenOrigin::Exchanged { revision: 1 },
            TokenOrigin::Exchanged { revision: u32::MAX },
        ] {
            let context = TokenContext {
                environment_id: Uuid::new_v4(),
                environment_name: Name::parse("größe").unwrap(),
                label: Name::parse("default").unwrap(),
                kind: Kind::ServiceCredentials,
                environment_type: EnvironmentType::Stage,
                destinations: Destinations::new(
                    Some(ids),
                    Hosts::derived(ids),
                    &[Approval::new(
                        HostName::parse("www.example.com").unwrap(),
                        Purpose::Token,
                    )],
                )
                .unwrap(),
            };
            let token = AccessToken::from_response(account().token(now()), None, now()).unwrap();
            let item = TokenItem {
                token,
                obtained_at: now(),
                origin,
                context,
            };
            let payload = item.to_payload();
            let back = TokenItem::from_payload(&name, &payload).unwrap();
            assert_eq!(back.token.secret, item.token.secret);
            assert_eq!(back.token.expires_at, item.token.expires_at);
            assert_eq!(back.obtained_at, now());
            assert_eq!(back.origin, origin);
            assert_eq!(back.context, item.context);
            for end in 0..payload.len() - back.token.encode().len() {
                let cut = Secret::new(payload.expose()[..end].to_vec());
                assert!(TokenItem::from_payload(&name, &cut).is_err(), "{end}");
            }
        }
    }
}
