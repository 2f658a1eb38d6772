//! The dashboard without a terminal: keys and results in, frames and effects out.

#![expect(clippy::unwrap_used, reason = "a test says by panicking what is wrong")]

mod auto_refresh;
mod calls;
mod damaged;
mod demo;
mod everything;
mod fixture;
mod guides;
mod habits;
mod hostile;
mod keys;
mod many;
mod marks;
mod pages;
mod passphrase;
mod pasted;
mod renewal;
mod safety;
mod small;
mod small_sizes;
mod snapshot;
mod terminal_bytes;
mod timeline;
mod told;
mod waiting;
