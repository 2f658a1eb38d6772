//! `aemkeys` without a command: opens the dashboard.

use super::globals::{Globals, report_all};
use super::output;
use crate::app::AppContext;
use crate::tui;
use aemkeys_core::credential::Problem;

/// Opens the dashboard, or returns an error without a terminal that it can use.
///
/// `is_plain`: as lines of text, which need no terminal.
pub fn run(globals: &Globals, is_plain: bool) -> Result<u8, Problem> {
    let is_plain = is_plain || tui::linear::is_wanted();
    if !is_plain {
        tui::check_terminal()?;
    }
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
    open(context, settings, is_plain)
}

/// Runs the dashboard, or the linear mode.
pub fn open(context: AppContext, settings: tui::Settings, is_plain: bool) -> Result<u8, Problem> {
    let note = if is_plain {
        tui::linear::run(context, settings)?
    } else {
        tui::run(context, settings)?
    };
    if let Some(note) = note {
        output::note(&note);
    }
    Ok(0)
}
