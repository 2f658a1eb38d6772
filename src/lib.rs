//! aemkeys: every AEM as a Cloud Service environment, its yearly credential and its daily token.
//!
//! From an input event to a frame:
//!
//! ```text
//!  keys, paste, mouse, resize ─┐                             ┌─► tui::view ─► frame + what a click means
//!  deadlines ──────────────────┼─► Message ─► tui::update ───┤
//!  results of jobs ────────────┘         (&mut App)          └─► Vec<Effect> ─► tui::runtime ─► app ─► Message ─┐
//!         ▲                                                                                                     │
//!         └─────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The parts of the screen and the files in `tui/view/` that draw them:
//!
//! ```text
//!  ┌ header.rs ────────────────────────────────────────────────────────────────┐
//!  │╭ list.rs ───────────────────────────╮╭ detail.rs ────────────────────────╮│
//!  ││ welcome.rs if nothing is stored    ││ hosts, credential, token, tests   ││
//!  ││                                    ││                                   ││
//!  ││  or, on pages 2 to 4, timeline.rs, activity.rs, doctor.rs over both    ││
//!  ││       ╭ one overlay on top owns the input ──────────────────╮          ││
//!  ││       │ add.rs (and edit), rotate.rs, renewed.rs, leaked.rs │          ││
//!  ││       │ test.rs, guide.rs, errors.rs, viewer.rs, finder.rs  │          ││
//!  ││       │ menu.rs, confirm.rs, paste.rs, progress.rs,         │          ││
//!  ││       │ passphrase.rs; form.rs draws fields and buttons     │          ││
//!  ││       ╰─────────────────────────────────────────────────────╯          ││
//!  │╰────────────────────────────────────╯╰───────────────────────────────────╯│
//!  │ footer.rs: the latest message; the available keys                          │
//!  └ plain.rs if the terminal is too small for this ────────────────────────────┘
//! ```
//!
//! The command line (`cli`) runs the same use cases in `app`.

pub mod app;
pub mod cli;
pub mod platform;
pub mod storage;
pub mod tui;
