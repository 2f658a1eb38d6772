//! aemkeys: every AEM as a Cloud Service environment, its yearly credential and its daily token.

pub mod aem;
pub mod app;
pub mod cli;
pub mod credential;
pub mod environment;
pub mod http;
pub mod ims;
pub mod platform;
pub mod simulator;
pub mod tui;
pub mod vault;
