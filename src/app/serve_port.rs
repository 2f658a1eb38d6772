//! The ports of the servers that the dashboard starts. They are kept in the state folder, so that the configuration of a tool
//! stays valid.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{AppContext, state_file};
use aemkeys_core::environment::Tier;

const FILE: &str = "serve-ports.json";
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
    let kept: Ports = state_file::read(context, FILE);
    let own = kept.get(&key(identity, tier)).copied();
    let unused = (FIRST..FIRST + TRIED).filter(|port| !kept.values().any(|it| it == port));
    own.into_iter().chain(unused).chain([0]).collect()
}

/// Remembers the port. Without it, the next server has another one.
pub fn keep(context: &AppContext, identity: Uuid, tier: Tier, port: u16) {
    let mut kept: Ports = state_file::read(context, FILE);
    if kept.insert(key(identity, tier), port) == Some(port) {
        return;
    }
    if let Err(problem) = state_file::write(context, FILE, &kept, "could not keep the port") {
        tracing::warn!(%problem, "a server gets another port next time");
    }
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
