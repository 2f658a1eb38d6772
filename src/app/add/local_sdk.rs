//! Adds a local SDK, which has no credential file.

use super::keep::keep;
use super::{AddOptions, Added};
use crate::app::edit::merge_hosts;
use crate::app::names::{first_free, free_name};
use crate::app::{AppContext, guard, resolve};
use crate::storage::Storage;
use aemkeys_core::credential::{Code, Kind, Problem};
use aemkeys_core::environment::{
    Environment, EnvironmentType, Hosts, Identity, Name, Unconfirmed, allow_list,
};

/// Stores a local SDK.
pub async fn store_local(context: &AppContext, choices: AddOptions) -> Result<Added, Problem> {
    let _lock = context.lock_for_change().await?;
    let mut index = context.read_index()?;
    if index.environments.is_empty() {
        context.storage(Storage::probe).await?;
    }
    let mut hosts = Hosts::local_sdk();
    merge_hosts(&mut hosts, &choices.hosts);
    let known = index.environments.iter().find(|known| {
        known.environment_type == EnvironmentType::Local && known.hosts.author == hosts.author
    });
    if let Some(known) = known
        && guard::stored(context, known.id).await?.is_some()
    {
        let identity = known.identities.first().ok_or_else(|| {
            Problem::new(Code::ItemDamaged, format!("{} has no identity", known.name))
        })?;
        return Ok(Added::AlreadyStored {
            identity: identity.id,
            full_name: resolve::full_name(known, identity),
        });
    }
    // It is listed but missing from the storage.
    if let Some(id) = known.map(|known| known.id) {
        context
            .update_index(move |index| index.environments.retain(|it| it.id != id))
            .await?;
        index = context.read_index()?;
    }
    let name = match &choices.name {
        Some(name) => free_name(&index, name)?,
        None => Name::parse(&first_free(&index, "local"))?,
    };
    let identity = Identity::new(Name::parse("sdk")?, Kind::Local);
    let environment = Environment {
        customer: choices.customer.clone(),
        hosts,
        identities: vec![identity.clone()],
        ..Environment::new(
            name,
            choices.environment_type.unwrap_or(EnvironmentType::Local),
        )
    };
    let not_loopback = allow_list::underived_hosts(None, &environment.hosts);
    if let Some(host) = not_loopback.first() {
        return Err(not_local(host));
    }
    keep(context, environment, identity.id, |_| Ok(()), |_| {}).await
}

fn not_local(host: &Unconfirmed) -> Problem {
    Problem::new(
        Code::Usage,
        format!(
            "{}: {} is not the address of a local SDK",
            host.field, host.host
        ),
    )
    .cause("a local SDK runs on this computer")
    .next_step("use http://localhost:4502 (author) or http://localhost:4503 (publish)")
}
