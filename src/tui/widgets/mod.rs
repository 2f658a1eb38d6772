//! What pages are made of: text, forms, tables, panels. Arithmetic on cells is done here.

mod choices;
mod columns;
mod file_list;
mod footer;
mod form;
mod form_view;
mod gauge;
mod json;
mod lines;
mod painter;
mod panel;
pub mod problem;
pub mod recognised;
mod status;
mod text;
mod text_input;
mod text_view;

pub use choices::ChoiceList;
pub use columns::{Columns, TableColumn, fitting, needed};
pub use footer::{FooterHint, StatusLines, StatusMessage};
pub use form::{Button, FieldId, FieldValue, Form, FormField, address_text};
pub use form_view::form_columns;
pub use gauge::{bar, bar_line};
pub use json::indented;
pub use painter::{Painter, first_row, scrolled};
pub use panel::{Panel, PanelFilter, dialog_columns};
pub use status::running;
pub use text::{
    StepBox, fit, fit_beside, fit_in_row, gap_after, hanging, hint, listed, paragraph, step, width,
    wrap,
};
pub use text_input::TextInput;
pub use text_view::TextView;
