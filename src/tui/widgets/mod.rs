//! What pages are made of: text, forms, rows, bars. Arithmetic on cells is done here.

mod canvas;
mod form;
mod form_view;
mod gauge;
pub mod problem;
pub mod recognised;
mod text;
mod text_input;
mod text_view;

pub use canvas::{Canvas, Row, body};
pub use form::{Button, Field, FieldId, Form, address_text};
pub use gauge::{Gauge, bar};
pub use text::{elapsed, fit, hint, hint_line, spinner, width, wrap};
pub use text_input::TextInput;
pub use text_view::{TextView, readable};
