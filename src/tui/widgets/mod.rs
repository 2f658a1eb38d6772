//! The widgets of the pages: text, forms, rows and bars, with all cell arithmetic.

mod canvas;
mod columns;
mod form;
mod form_view;
mod gauge;
pub mod problem;
pub mod recognised;
mod text;
mod text_input;
mod text_view;

pub use canvas::{Canvas, Row, body, pad_right, row_of};
pub use columns::Columns;
pub use form::{Button, Field, FieldId, Form, address_text};
pub use gauge::{Gauge, bar};
pub use text::{
    elapsed, fit, form_hints, hanging, hint, hint_line, paragraph, spinner, width, wrap,
};
pub use text_input::TextInput;
pub use text_view::{TextView, readable};
