//! The dashboard.
//!
//! Input events, clock ticks and job results become a [`message::Message`]. [`update::update`] changes the [`App`] and
//! returns [`effect::Effect`]s, [`view::draw`] draws the app, and the runtime performs the effects and sends one
//! message for each finished job.

pub mod action;
mod app;
mod auto_refresh;
mod availability;
mod colors;
mod command;
mod confirm_hosts;
mod counts;
pub mod deadline;
pub mod document;
pub mod effect;
mod event_loop;
mod explain;
mod failures;
mod filter;
mod footer;
pub mod frame;
mod header;
pub mod key;
pub mod key_hints;
mod keyboard_layouts;
pub mod keymap;
pub mod layout;
pub mod linear;
pub mod links;
mod list;
mod local_server;
pub mod message;
pub mod model;
mod next_step;
mod notices;
#[macro_use]
mod page;
pub mod pages;
pub mod print;
mod reports;
pub mod request;
mod row;
mod runtime;
mod settings;
pub mod svg;
pub mod task;
pub mod theme;
mod title;
mod token_target;
pub mod update;
pub mod view;
pub mod widgets;

pub use app::App;
pub use command::Tab;
pub use event_loop::run;
pub use runtime::terminal::check as check_terminal;
pub use runtime::terminal::restore as restore_terminal;
pub use settings::Settings;
