//! Credentials, access tokens and test calls of Adobe Experience Manager as a Cloud Service.
//!
//! [`credential`] parses what Adobe hands out and tells when it expires. [`environment`] names environments and their
//! hosts. [`ims`] exchanges a credential for an access token. [`aem`] makes test calls. [`explain`] tells who answered and why. [`http`] is the client of both: it
//! decides which host may receive which secret. [`time`] formats dates and durations.
//!
//! This crate uses no terminal, no keyring and no global clock: the caller passes the time.

#[macro_use]
mod enum_table;

pub mod aem;
pub mod credential;
pub mod environment;
pub mod explain;
pub mod http;
pub mod ims;
pub mod time;
