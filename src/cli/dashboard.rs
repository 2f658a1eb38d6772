//! `aemkeys` without a command: opens the dashboard.

use std::io::IsTerminal as _;

use super::context::{Context, report_all};
use super::output;
use crate::credential::{Code, Problem};
use crate::tui;

/// Opens the dashboard, or returns an error without a terminal.
pub fn run(context: &Context) -> Result<u8, Problem> {
    if !output::Stream::Out.is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Problem::new(Code::Usage, "the dashboard needs a terminal")
            .next_step("`aemkeys list` works without one; `aemkeys --help` shows all commands"));
    }
    crate::app::install_crypto();
    crate::app::start_log();
    // Report all errors in settings, theme and keys together.
    let (configuration, mut mistakes) = crate::app::configuration();
    mistakes.extend(tui::Settings::mistakes(&configuration));
    if !mistakes.is_empty() {
        return Err(report_all(mistakes));
    }
    let (world, storage_is_chosen) = context.dashboard()?;
    let settings = tui::Settings {
        storage_is_chosen,
        ..tui::Settings::of(&world).map_err(report_all)?
    };
    tui::run(world, settings).map(|()| 0)
}
