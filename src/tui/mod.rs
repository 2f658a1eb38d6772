//! Face 1, the dashboard: model, message, update, layout, keymap, view, runtime. One way round.
//!
//! Keys, pastes, clicks, sizes, the clock and results become a [`message::Message`]; [`update::update`] changes the
//! [`model::Model`] and returns [`effect::Effect`]s; [`view::draw`] draws the model; the runtime carries the effects out
//! and sends one message back for each.

pub mod action;
pub mod deadline;
pub mod effect;
pub mod frame;
pub mod keymap;
pub mod layout;
pub mod message;
pub mod model;
pub mod print;
mod runtime;
mod settings;
pub mod svg;
pub mod theme;
mod time;
pub mod update;
pub mod view;
mod why;
mod words;

pub use model::Settings;
pub use runtime::run;
