//! The state of the running simulator: clients, environments, pending faults, and the requests so far.

use std::collections::{HashMap, HashSet};

use super::cloud_manager::CloudProgram;
use super::injected_fault::{Fault, Pending};
use super::registry::{AemEnvironment, Client, Person};
use aemkeys_core::credential::Fingerprint;

/// A received request. Secrets are kept as fingerprints only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRequest {
    pub method: String,
    pub host: String,
    pub path_and_query: String,
    /// Fingerprint of the bearer token.
    pub bearer: Option<Fingerprint>,
}

#[derive(Default)]
pub(super) struct ServerState {
    pub clients: Vec<Client>,
    pub people: Vec<Person>,
    pub environments: Vec<AemEnvironment>,
    pub programs: Vec<CloudProgram>,
    /// Items in a page of a list of Cloud Manager; 0 for all.
    pub page_size: usize,
    pub faults: Vec<Pending>,
    pub seen: Vec<SeenRequest>,
    /// Number of issued tokens, by client id.
    pub exchanges: HashMap<String, u64>,
    pub invalidated: HashSet<Fingerprint>,
    /// Numbers the `x-debug-id`s.
    pub answers: u64,
}

impl ServerState {
    /// Returns the fault for a request, and counts it as used once.
    pub(super) fn take_fault(&mut self, host: &str, path: &str) -> Option<Fault> {
        let position = self
            .faults
            .iter()
            .position(|pending| pending.times_left > 0 && pending.target.matches(host, path))?;
        let pending = &mut self.faults[position];
        pending.times_left -= 1;
        let fault = pending.fault.clone();
        if pending.times_left == 0 {
            self.faults.remove(position);
        }
        Some(fault)
    }

    pub(super) fn count_exchange(&mut self, client_id: &str) {
        *self.exchanges.entry(client_id.to_owned()).or_default() += 1;
    }

    pub(super) fn exchanged(&self, client_id: &str) -> u64 {
        self.exchanges.get(client_id).copied().unwrap_or_default()
    }

    pub(super) fn client(&self, ims_host: &str, client_id: &str) -> Option<&Client> {
        self.clients
            .iter()
            .find(|client| client.client_id == client_id && client.ims_host == ims_host)
    }
}
