//! What did the person choose? `config.toml`; every mistake in it is reported at once, with its line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::credential::Problem;
use crate::credential::validity::Thresholds;

/// Which store keeps the secrets, as chosen by flag, `AEMKEYS_STORAGE` or the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    #[default]
    Keyring,
    File,
    Memory,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Configuration {
    pub storage: Option<Storage>,
}

impl Configuration {
    pub fn load(_path: &std::path::Path) -> Result<Self, Vec<Problem>> {
        let _: (Option<PathBuf>, Option<Thresholds>) = (None, None);
        todo!()
    }
}
