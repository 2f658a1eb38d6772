//! What a person can do: one file per use case. Both faces, the dashboard and the command line, call only this.
//!
//! Use cases are async functions that take `&World` and never spawn.

pub mod activity;
pub mod add;
mod approvals;
pub mod bootstrap;
pub mod call;
pub mod check;
pub mod clipboard;
pub mod copy;
pub mod demo_data;
pub mod doctor;
pub mod edit;
pub mod exchange;
pub mod exec;
pub mod explain;
pub mod export;
pub mod export_credential;
pub mod guard;
pub mod guide;
pub mod import;
pub mod leaked;
pub mod migrate;
pub mod open;
pub mod overview;
pub mod ownership;
pub mod process;
pub mod remove;
pub mod resolve;
pub mod revisions;
pub mod rotate;
pub mod stateless;
pub mod storage;
pub mod test_call;
pub mod timeline;
pub mod token;
pub mod token_format;
pub mod used_by;
pub mod world;

pub use bootstrap::{
    OpenOptions, configuration, demo_world, open, stateless_world, storage_is_chosen,
};
pub use process::{harden, run_program, start_log, write_output};
pub use world::{World, damaged_list};

// What the faces see of the rooms below: types in and out of the use cases.
pub use crate::aem::{CallOptions, TierResult, Verdict, WHO_AM_I};
pub use crate::http::Response;
pub use crate::ims::install_crypto;
pub use crate::platform::Clock;
pub use crate::platform::configuration::{Configuration, Glyphs, Storage};
pub use crate::platform::descriptors::PassphraseDescriptor;
pub use crate::platform::input_file::read as read_input;
pub use crate::vault::{
    EnvironmentEntry, IdentityEntry, Index, Phase, Revision, RevisionState, Rotation, SecretState,
    TierRecord, Vault, Wait,
};
