//! What do all use cases work on? The vault, the index, the network, the clock and the folders, passed in.

use std::path::PathBuf;

use crate::credential::Problem;
use crate::http::Http;
use crate::platform::{Clock, Configuration};
use crate::vault::{IndexFile, Vault, VaultError};

/// Cheap to clone; one per process.
#[derive(Clone)]
pub struct World {
    pub vault: Vault,
    pub index: IndexFile,
    pub http: Http,
    pub clock: Clock,
    pub configuration: Configuration,
    /// Where locks, activity and logs are; `None` for the demo, which touches no disk.
    pub state_dir: Option<PathBuf>,
}

impl World {
    /// Runs a blocking vault call off the async thread.
    pub async fn vault<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Problem> {
        let vault = self.vault.clone();
        match tokio::task::spawn_blocking(move || call(&vault)).await {
            Ok(result) => result.map_err(|error| error.problem()),
            Err(_) => Err(Problem::new(
                "internal",
                "the storage thread ended unexpectedly",
            )),
        }
    }
}
