//! Removes approvals of IMS hosts that no stored credential names any more.

use uuid::Uuid;

use super::AppContext;
use crate::storage::{Storage, StorageError};
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::{Environment, Purpose};

/// Returns whether an approval was removed. Approvals of tier hosts follow the hosts: [`Environment::confirm_hosts`].
pub(super) fn drop_unused(
    storage: &Storage,
    environment: &mut Environment,
) -> Result<bool, StorageError> {
    let is_ims = |purpose| purpose == Purpose::ImsSecret;
    if !environment.approvals.iter().any(|it| is_ims(it.purpose)) {
        return Ok(false);
    }
    let mut used = Vec::new();
    for identity in &environment.identities {
        for item in storage.revisions(identity.id, identity.latest_revision)? {
            used.push(item.credential.facts().ims_host);
        }
    }
    let before = environment.approvals.len();
    environment
        .approvals
        .retain(|it| !is_ims(it.purpose) || used.iter().any(|host| host == it.host.as_str()));
    Ok(environment.approvals.len() < before)
}

/// Removes them after a credential was deleted. The caller holds the lock for changes.
pub(super) async fn drop_unused_of(context: &AppContext, identity: Uuid) -> Result<(), Problem> {
    let index = context.read_index()?;
    let Some(id) = index
        .identity(identity)
        .map(|(environment, _)| environment.id)
    else {
        return Ok(());
    };
    let changed = context
        .storage(move |storage| {
            let Some(mut environment) = storage.environment(id)? else {
                return Ok(None);
            };
            if !drop_unused(storage, &mut environment)? {
                return Ok(None);
            }
            storage.put_environment(&environment)?;
            Ok(Some(environment))
        })
        .await?;
    match changed {
        Some(environment) => {
            context
                .update_index(move |index| index.put_environment(&environment))
                .await
        }
        None => Ok(()),
    }
}
