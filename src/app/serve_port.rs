//! The ports of the servers that the dashboard starts. They are kept in the state folder, so that the configuration of a tool
//! stays valid.

use std::collections::BTreeMap;
use std::path::PathBuf;

use uuid::Uuid;

use super::AppContext;
use crate::platform::atomic_file;
use aemkeys_core::environment::Tier;

/// The first port, and how many are tried before any free one is taken.
const FIRST: u16 = 4592;
const TRIED: u16 = 20;

/// By identity and tier.
type Ports = BTreeMap<String, u16>;

fn key(identity: Uuid, tier: Tier) -> String {
    format!("{identity}/{}", tier.as_str())
}

/// Returns the ports to try, the best first: the last one of this server, those that no other one had, then 0, any free one.
pub fn candidates(context: &AppContext, identity: Uuid, tier: Tier) -> Vec<u16> {
    let kept = read(context);
    let own = kept.get(&key(identity, tier)).copied();
    let unused = (FIRST..FIRST + TRIED).filter(|port| !kept.values().any(|it| it == port));
    own.into_iter().chain(unused).chain([0]).collect()
}

/// Remembers the port. Without it, the next server has another one.
pub fn keep(context: &AppContext, identity: Uuid, tier: Tier, port: u16) {
    let mut kept = read(context);
    if kept.insert(key(identity, tier), port) == Some(port) {
        return;
    }
    if let (Some(path), Ok(bytes)) = (file(context), serde_json::to_vec(&kept))
        && let Err(error) = atomic_file::replace(&path, &bytes)
    {
        tracing::warn!(%error, "could not remember the port of a server");
    }
}

fn file(context: &AppContext) -> Option<PathBuf> {
    let folder = context.state_dir.as_ref()?;
    Some(folder.join("serve-ports.json"))
}

/// An unreadable file counts as none.
fn read(context: &AppContext) -> Ports {
    let bytes = file(context).and_then(|path| std::fs::read(path).ok());
    let ports = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    ports.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_gets_its_port_again_and_no_other_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut context = crate::app::stateless_context().unwrap();
        context.state_dir = Some(folder.path().to_owned());
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let of = |identity| candidates(&context, identity, Tier::Author);
        assert_eq!(of(one)[..2], [4592, 4593]);
        keep(&context, one, Tier::Author, 4592);
        keep(&context, other, Tier::Author, 5000);
        assert_eq!(of(one)[..2], [4592, 4593]);
        assert_eq!(of(other)[..2], [5000, 4593]);
        assert_eq!(candidates(&context, one, Tier::Publish)[..1], [4593]);
        assert_eq!(of(one).last(), Some(&0));
        std::fs::write(folder.path().join("serve-ports.json"), "{").unwrap();
        assert_eq!(of(other)[..2], [4592, 4593]);
    }
}
