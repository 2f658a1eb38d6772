//! Credentials, access tokens and test calls of Adobe Experience Manager as a Cloud Service.
//!
//! [`credential`] parses the files and tokens that Adobe issues, and their expiry. [`environment`] names environments and their
//! hosts. [`ims`] exchanges a credential for an access token. [`aem`] makes test calls. [`cloud_manager`] lists programs and
//! environments. [`explain`] names the sender of a response or an error, its cause and the next step. [`http`] is the client of
//! all: it decides which host may receive which secret. [`time`] formats dates and durations.
//!
//! This crate uses no terminal, no keyring and no global clock: the caller passes the time.

#[macro_use]
mod enum_table;

pub mod aem;
pub mod cloud_manager;
pub mod credential;
pub mod environment;
pub mod explain;
pub mod http;
pub mod ims;
pub mod time;
