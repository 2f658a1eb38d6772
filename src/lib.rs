//! aemkeys: credentials and access tokens for AEM as a Cloud Service, in a dashboard and a command line.
//!
//! From an input event to a frame:
//!
//! ```text
//!  keys, paste, mouse, resize ─┐                             ┌─► tui::view ─► frame, and the target of each click
//!  deadlines ──────────────────┼─► Message ─► tui::update ───┤
//!  results of jobs ────────────┘         (&mut App)          └─► Vec<Effect> ─► tui::runtime ─► app ─► Message ─┐
//!         ▲                                                                                                     │
//!         └─────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! A page on top of the screen gets the keys first; each page is a file of `tui::pages`:
//!
//! ```text
//!  ┌ tui/header.rs ─────────────────────────────────────────────────────────────┐
//!  │╭ pages/environments ────────────────╮╭ pages/environments/detail.rs ──────╮│
//!  ││ the list, or welcome.rs if nothing ││ hosts, credential, token, tests    ││
//!  ││ is stored                          ││                                    ││
//!  ││                                    ││                                    ││
//!  ││   or another tab: timeline.rs, activity.rs, doctor.rs                    ││
//!  ││      ╭ pages on top: add, edit, rotate, leaked, test, guide, menu, .. ╮  ││
//!  ││      ╰────────────────────────────────────────────────────────────────╯  ││
//!  │╰────────────────────────────────────╯╰────────────────────────────────────╯│
//!  │ tui/footer.rs: the latest message; the available keys                      │
//!  └────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The command line (`cli`) and the local proxy (`serve`) run the same use cases in `app`.

pub mod app;
pub mod cli;
pub mod platform;
pub mod serve;
pub mod storage;
pub mod tui;
