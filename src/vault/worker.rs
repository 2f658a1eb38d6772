//! TODO
pub struct Worker;
