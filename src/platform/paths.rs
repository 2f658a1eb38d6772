//! Directories for configuration, data (index) and state (locks, log), following the system's conventions.

use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Paths {
    pub config: PathBuf,
    pub data: PathBuf,
    pub state: PathBuf,
}

impl Paths {
    /// Returns the user's directories; `None` without a home directory.
    pub fn of_user() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "aemkeys")?;
        let data = folders.data_local_dir().to_path_buf();
        Some(Self {
            config: folders.config_dir().to_path_buf(),
            // Only Linux has a state directory.
            state: folders
                .state_dir()
                .map_or_else(|| data.join("state"), PathBuf::from),
            data,
        })
    }
}
