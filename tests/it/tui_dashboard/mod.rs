//! The dashboard without a terminal: keys and results in, frames and effects out.

#![expect(clippy::unwrap_used, reason = "a test says by panicking what is wrong")]

mod auto_refresh;
mod batches;
mod calls;
mod closing;
mod copy_menu;
mod damaged_list;
mod demo;
mod discover;
mod everything;
mod failures;
mod filters;
mod fixture;
mod guides;
mod hostile;
mod interaction;
mod key_hints;
mod keys;
mod list;
mod marked_rows;
mod messages;
mod movement;
mod notices;
mod overflow;
mod pages;
mod passphrase;
mod pasted_tokens;
mod paths;
mod places;
mod responses;
mod rotation;
mod row_menu;
mod running_tasks;
mod safety;
mod servers;
mod small_sizes;
mod snapshot;
mod space;
mod terminal_bytes;
mod timeline;
mod undo;
mod without_ids;
