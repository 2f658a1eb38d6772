//! The dashboard without a terminal: keys and results in, frames and effects out.

#![expect(clippy::unwrap_used, reason = "a test says by panicking what is wrong")]

mod demo;
mod everything;
mod fixture;
mod guides;
mod hostile;
#[path = "../support/hostile_texts.rs"]
mod hostile_texts;
mod keys;
mod pages;
mod passphrase;
mod safety;
mod terminal_bytes;
mod timeline;
mod waiting;
