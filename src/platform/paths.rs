//! Where do our files go? Configuration, data (index), state (locks, log), from the system's conventions.

use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Paths {
    pub config: PathBuf,
    pub data: PathBuf,
    pub state: PathBuf,
}

impl Paths {
    /// `None` without a home.
    pub fn of_user() -> Option<Self> {
        todo!()
    }
}
