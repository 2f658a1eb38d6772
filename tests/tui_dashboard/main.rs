//! The dashboard without a terminal: keys and results in, frames and effects out.

mod demo;
mod everything;
mod fixture;
mod keys;
mod pages;
mod safety;
