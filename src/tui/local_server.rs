//! The servers that the dashboard has started, and their latest requests. Their secret is not here.

use std::collections::VecDeque;

use jiff::Timestamp;
use uuid::Uuid;

use super::message::{ServedRequest, ServerStarted};
use super::model::Model;
use crate::app::Index;
use aemkeys_core::credential::text::counted;
use aemkeys_core::environment::{EnvironmentType, Hosts, Tier};

/// The requests that are kept of each server.
const KEPT: usize = 500;

#[derive(Clone, Debug)]
pub struct LocalServer {
    pub identity: Uuid,
    pub name: String,
    pub tier: Tier,
    /// For example `localhost:4592`.
    pub host: String,
    pub is_read_only: bool,
    /// Newest first.
    pub requests: VecDeque<(Timestamp, ServedRequest)>,
    pub total: usize,
    /// How many were answered by 400 or more.
    pub failed: usize,
    /// The environment as it was at the start: a server is stopped when it changes.
    served: Option<(EnvironmentType, Hosts)>,
}

/// Returns the tiers that a server can be started for.
pub fn served_tiers(hosts: &Hosts) -> impl Iterator<Item = Tier> {
    let tiers = Tier::STORED.into_iter();
    tiers.filter(|tier| hosts.of(*tier).is_some())
}

fn served(index: &Index, identity: Uuid) -> Option<(EnvironmentType, Hosts)> {
    let (environment, _) = index.identity(identity)?;
    Some((environment.environment_type, environment.hosts.clone()))
}

impl LocalServer {
    /// Whether its environment is still the one that it was started for.
    fn is_current(&self, index: &Index) -> bool {
        self.served.is_some() && served(index, self.identity) == self.served
    }

    /// Formats the numbers of requests.
    pub fn counts(&self) -> String {
        let total = counted(self.total, "request");
        match (self.total, self.failed) {
            (0, _) => "no requests yet".to_owned(),
            (_, 0) => total,
            (_, failed) => format!("{total}, {failed} failed"),
        }
    }
}

impl Model {
    pub fn server_of(&self, identity: Uuid) -> Option<&LocalServer> {
        let mut servers = self.servers.iter();
        servers.find(|server| server.identity == identity)
    }

    pub fn server_started(&mut self, started: &ServerStarted) {
        self.servers.push(LocalServer {
            identity: started.identity,
            name: started.name.clone(),
            tier: started.tier,
            host: started.host.clone(),
            is_read_only: started.is_read_only,
            requests: VecDeque::new(),
            total: 0,
            failed: 0,
            served: served(&self.index, started.identity),
        });
    }

    pub fn request_served(&mut self, identity: Uuid, request: ServedRequest) {
        let now = self.now;
        let mut servers = self.servers.iter_mut();
        if let Some(server) = servers.find(|server| server.identity == identity) {
            server.total += 1;
            server.failed += usize::from(request.status >= 400);
            server.requests.push_front((now, request));
            server.requests.truncate(KEPT);
        }
    }

    /// Returns the servers whose environment was changed or removed.
    pub fn outdated_servers(&self) -> Vec<Uuid> {
        let servers = self.servers.iter();
        let outdated = servers.filter(|server| !server.is_current(&self.index));
        outdated.map(|server| server.identity).collect()
    }
}
