//! The use cases, one file or folder each. The dashboard and the command line call only these.
//!
//! A use case is an async function that takes `&AppContext` and never spawns.

pub mod activity;
pub mod add;
mod approvals;
pub mod bootstrap;
pub mod call;
pub mod check;
pub mod context;
pub mod copy;
pub mod demo_data;
pub mod discover;
pub mod doctor;
pub mod edit;
pub mod env_file;
pub mod environment_document;
pub mod exchange;
pub mod exec;
pub mod explain;
pub mod export;
pub mod export_credential;
pub mod forward;
pub mod given_path;
pub mod guard;
pub mod guide;
pub mod import;
pub mod install;
pub mod leaked;
pub mod migrate;
mod names;
pub mod notify;
pub mod open;
pub mod overview;
pub mod ownership;
pub mod panel_split;
pub mod preset;
pub mod process;
pub mod project;
pub mod remove;
pub mod resolve;
pub mod revisions;
pub mod rotate;
pub mod schedule;
pub mod serve_port;
pub mod serve_secret;
pub mod show;
mod state_file;
pub mod stateless;
pub mod storage;
pub mod test_call;
pub mod timeline;
pub mod token;
pub mod token_format;
pub mod undo;
pub mod unlock;
pub mod urgency;
pub mod used_by;
pub mod utc_time;
pub mod variables;

pub use bootstrap::{
    OpenOptions, configuration, demo_context, open, stateless_context, storage_is_chosen,
};
pub use context::{AppContext, damaged_list};
pub use process::{not_written, run_program, start_log, write_output};

// Types of other modules in the arguments and results of use cases.
pub use crate::platform::Clock;
pub use crate::platform::clipboard;
pub use crate::platform::configuration::{Configuration, StorageKind, did_you_mean};
pub use crate::platform::descriptors::{PASSED_ON as DESCRIPTORS_PASSED_ON, PassphraseDescriptor};
pub use crate::platform::glyphs::{GlyphSet, Glyphs};
pub use crate::platform::hardening::harden;
pub use crate::platform::input_file::{read as read_input, read_credential};
pub use crate::platform::mask::Mask;
pub use crate::platform::nearest::nearest;
pub use crate::platform::notification::Notifications;
pub use crate::platform::prompt;
pub use crate::platform::reference;
pub use crate::platform::settings_table;
pub use crate::platform::terminal;
pub use crate::storage::{
    EnvironmentEntry, IdentityEntry, Index, Phase, Revision, RevisionState, Rotation, SecretState,
    Storage, TierRecord, Wait,
};
pub use aemkeys_core::aem::{CallOptions, TierResult, Verdict, WHO_AM_I};
pub use aemkeys_core::http::{FormPart, PartValue, Response};
