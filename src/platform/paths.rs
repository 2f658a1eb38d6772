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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_where_programs_of_the_system_keep_theirs() {
        let Some(paths) = Paths::of_user() else {
            return;
        };
        let (config, data) = if cfg!(windows) {
            (
                r"AppData\Roaming\aemkeys\config",
                r"AppData\Local\aemkeys\data",
            )
        } else if cfg!(target_os = "macos") {
            (
                "Library/Application Support/aemkeys",
                "Library/Application Support/aemkeys",
            )
        } else {
            ("aemkeys", "aemkeys")
        };
        assert!(paths.config.ends_with(config), "{paths:?}");
        assert!(paths.data.ends_with(data), "{paths:?}");
        if cfg!(any(windows, target_os = "macos")) {
            assert_eq!(paths.state, paths.data.join("state"));
        }
    }
}
