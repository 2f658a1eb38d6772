//! `aemkeys` without a command: opens the dashboard.

use super::globals::{Globals, report_all};
use super::output;
use crate::tui;
use aemkeys_core::credential::Problem;

/// Opens the dashboard, or returns an error without a terminal that it can use.
pub fn run(globals: &Globals) -> Result<u8, Problem> {
    tui::check_terminal().map_err(|problem| {
        problem.next_step("`aemkeys list` works without one; `aemkeys --help` shows all commands")
    })?;
    crate::app::start_log(false);
    // Report all errors in settings, theme and keys together.
    let (configuration, mut mistakes) = crate::app::configuration();
    mistakes.extend(tui::Settings::mistakes(&configuration));
    if !mistakes.is_empty() {
        return Err(report_all(mistakes));
    }
    let (context, storage_is_chosen) = globals.dashboard()?;
    let settings = tui::Settings {
        storage_is_chosen,
        ..tui::Settings::of(&context).map_err(report_all)?
    };
    if let Some(note) = tui::run(context, settings)? {
        output::note(&note);
    }
    Ok(0)
}
