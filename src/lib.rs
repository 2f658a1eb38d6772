//! aemkeys: every AEM as a Cloud Service environment, its yearly credential and its daily token.
//!
//! From a key to a frame, and round again:
//!
//! ```text
//!  keys, paste, mouse, resize ─┐                             ┌─► tui::view ─► frame + what a click means
//!  deadlines ──────────────────┼─► Message ─► tui::update ───┤
//!  results of work ────────────┘         (&mut App)          └─► Vec<Effect> ─► tui::runtime ─► app ─► Message ─┐
//!         ▲                                                                                                     │
//!         └─────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! What draws which part of the screen, under `tui/view/`:
//!
//! ```text
//!  ┌ header.rs ────────────────────────────────────────────────────────────────┐
//!  │╭ list.rs ───────────────────────────╮╭ detail.rs ────────────────────────╮│
//!  ││ welcome.rs where nothing is stored ││ hosts, credential, token, tests   ││
//!  ││                                    ││                                   ││
//!  ││  or, on pages 2 to 4, timeline.rs, activity.rs, doctor.rs over both    ││
//!  ││       ╭ one overlay on top owns the input ──────────────────╮          ││
//!  ││       │ add.rs (and edit), rotate.rs, renewed.rs, leaked.rs │          ││
//!  ││       │ test.rs, guide.rs, errors.rs, viewer.rs, finder.rs  │          ││
//!  ││       │ menu.rs, confirm.rs, paste.rs, progress.rs,         │          ││
//!  ││       │ passphrase.rs; form.rs draws fields and buttons     │          ││
//!  ││       ╰─────────────────────────────────────────────────────╯          ││
//!  │╰────────────────────────────────────╯╰───────────────────────────────────╯│
//!  │ footer.rs: what was just said; the keys that work here                    │
//!  └ plain.rs where there is no room for any of this ──────────────────────────┘
//! ```
//!
//! On the shell side, `cli` types the same words to the same use cases in `app`.

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
