//! The third frontend: a reverse proxy on this computer that adds the token to each request (`aemkeys serve`).
//!
//! `accept` decides which requests are accepted, `request_headers` and `response_headers` what is changed; all three are pure.

pub mod accept;
mod handler;
pub mod listener;
mod page;
pub mod recipes;
mod request_headers;
mod response_headers;
mod server;

pub use handler::RequestLog;
pub use server::{Server, run, signals};
