//! Exchanges a credential file without storing anything.

use jiff::SignedDuration;

use super::AppContext;
use super::context::off_thread;
use crate::storage::{Refusal, Storage, StorageError, StorageStatus};
use aemkeys_core::credential::{Code, Credential, Imported, Problem, Secret, TokenFacts, detect};
use aemkeys_core::environment::{Approval, HostName, Hosts, Purpose, allow_list, check_client_id};

#[derive(Debug)]
pub struct Got {
    pub secret: Secret,
    pub facts: TokenFacts,
    pub hosts: Hosts,
    pub warnings: Vec<String>,
}

/// Exchanges the credential in `input`. A local development token is returned as it is, if still valid.
///
/// `storage`: the storage with the list of leaked keys, if anything is stored on this machine.
pub async fn token(
    context: &AppContext,
    input: Secret,
    trusted: Vec<HostName>,
    storage: Option<Storage>,
    min_valid: Option<SignedDuration>,
) -> Result<Got, Problem> {
    let imported = detect(input.expose())?;
    drop(input);
    let (credential, hosts) = match imported {
        Imported::Service(service) => {
            let hosts = service.cloud_ids().map(Hosts::derived).unwrap_or_default();
            (Credential::Service(*service), hosts)
        }
        Imported::Oauth(oauth) => (Credential::Oauth(*oauth), Hosts::default()),
        Imported::DevelopmentToken(token) => {
            let now = context.clock.now();
            let enough = min_valid.unwrap_or(SignedDuration::ZERO);
            if token
                .expires_at
                .is_some_and(|end| end.duration_since(now) <= enough)
            {
                return Err(Problem::new(
                    Code::TokenExpired,
                    "the local development token in this file has expired or expires too soon",
                )
                .cause("it is valid for at most a day, and only a person can get a new one")
                .next_step(
                    "get a new one in the AEM Developer Console, or use service credentials",
                ));
            }
            return Ok(Got {
                facts: token.facts(now),
                secret: token.secret,
                hosts: Hosts::default(),
                warnings: Vec::new(),
            });
        }
    };
    let approvals: Vec<Approval> = trusted
        .into_iter()
        .map(|host| Approval::new(host, Purpose::ImsSecret))
        .collect();
    if let Some(unconfirmed) = allow_list::non_adobe_ims_host(&credential.facts().ims_host)
        && !unconfirmed.is_confirmed_by(&approvals)
    {
        return Err(unconfirmed.problem());
    }
    let unchecked = refuse_leaked(storage, &credential).await?;
    let exchanged =
        aemkeys_core::ims::exchange(&context.http, &credential, &approvals, context.clock.now())
            .await
            .map_err(|error| error.problem())?;
    let client_id = exchanged.token.claims.client_id.as_deref();
    check_client_id(None, &hosts, client_id.unwrap_or_default()).map_err(|other| {
        Problem::new(
            Code::WrongEnvironment,
            format!(
                "IMS returned a token for {}, not for the file's environment",
                other.named
            ),
        )
        .cause("the token would be used with the hosts of another environment")
        .next_step("download the file again from the AEM Developer Console")
    })?;
    let now = context.clock.now();
    Ok(Got {
        facts: exchanged.token.facts(now),
        secret: exchanged.token.secret,
        hosts,
        warnings: exchanged
            .clock_skew
            .map(super::exchange::describe_skew)
            .into_iter()
            .chain(unchecked)
            .collect(),
    })
}

/// Refuses a leaked credential. Returns a warning if the storage can't be read without unlocking it.
async fn refuse_leaked(
    storage: Option<Storage>,
    credential: &Credential,
) -> Result<Option<String>, Problem> {
    let Some(storage) = storage else {
        return Ok(None);
    };
    let digests = credential.key_digests();
    off_thread(move || {
        let asked = match storage.status() {
            Ok(StorageStatus::Ready | StorageStatus::Unlocked(_)) => storage.is_leaked(&digests),
            Ok(StorageStatus::Locked) => Err(StorageError::Refused {
                provider: storage.provider(),
                refusal: Refusal::Locked,
            }),
            Err(error) => Err(error),
        };
        match asked {
            Ok(true) => Err(StorageError::LeakedKey.problem()),
            Ok(false) => Ok(None),
            Err(error) => Ok(Some(format!(
                "could not check whether this credential is marked as leaked: {error}"
            ))),
        }
    })
    .await
}
