//! `aemkeys` alone: the dashboard.

use std::io::IsTerminal as _;

use super::context::{Context, say_all};
use super::output;
use crate::credential::{Code, Problem};
use crate::tui;

/// Without a command: the dashboard. Where there is no terminal to draw on, that is said.
pub fn run(context: &Context) -> Result<u8, Problem> {
    if !output::Stream::Out.is_terminal() || !std::io::stdin().is_terminal() {
        return Err(
            Problem::new(Code::Usage, "the dashboard needs a terminal").next_step(
                "`aemkeys list` prints the same without one; `aemkeys --help` shows all commands",
            ),
        );
    }
    crate::app::install_crypto();
    crate::app::start_log();
    // Settings, theme and keys: whoever corrects one of them should not find the next one then.
    let (configuration, mut mistakes) = crate::app::configuration();
    mistakes.extend(tui::Settings::mistakes(&configuration));
    if !mistakes.is_empty() {
        return Err(say_all(mistakes));
    }
    let (world, storage_is_chosen) = context.dashboard()?;
    let settings = tui::Settings {
        storage_is_chosen,
        ..tui::Settings::of(&world).map_err(say_all)?
    };
    tui::run(world, settings).map(|()| 0)
}
