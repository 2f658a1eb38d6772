//! What does the running simulator know? Clients, environments, faults to come, and what has been asked so far.

use std::collections::{HashMap, HashSet};

use super::fault::{Fault, Pending};
use super::registry::{AemEnvironment, Client, Person};
use crate::credential::Fingerprint;

/// One request as it arrived; secrets are kept as fingerprints only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub host: String,
    pub path_and_query: String,
    /// Of the bearer token.
    pub bearer: Option<Fingerprint>,
}

#[derive(Default)]
pub(super) struct State {
    pub clients: Vec<Client>,
    pub people: Vec<Person>,
    pub environments: Vec<AemEnvironment>,
    pub faults: Vec<Pending>,
    pub seen: Vec<Seen>,
    /// Tokens minted, by client id.
    pub exchanges: HashMap<String, u64>,
    pub invalidated: HashSet<Fingerprint>,
    /// Numbers the `x-debug-id`s.
    pub answers: u64,
}

impl State {
    /// The fault the next request at this place meets; it is used up by that.
    pub(super) fn take_fault(&mut self, host: &str, path: &str) -> Option<Fault> {
        let position = self
            .faults
            .iter()
            .position(|pending| pending.times_left > 0 && pending.place.meets(host, path))?;
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
