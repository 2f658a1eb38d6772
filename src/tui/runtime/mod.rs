//! The terminal, the signals and the worker thread that runs the jobs.

pub mod activity_log;
pub mod background;
pub mod call;
pub mod context;
pub mod desktop;
pub mod guarded;
pub mod input;
pub mod jobs;
pub mod keyboard;
pub mod linked_backend;
pub mod passphrase;
pub mod servers;
pub mod show;
pub mod signals;
pub mod terminal;
pub mod undo;
pub mod watch;
pub mod work;
