//! `aemkeys schedule`: runs `check --notify` every day.

use std::path::{Path, PathBuf};

use super::document;
use super::globals::Globals;
use crate::app::schedule::{Scheduler, TimeOfDay, no_scheduler};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::text::clean;
use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

/// Run `check --notify` every day: a desktop notification about credentials that expire soon
#[derive(Debug, Args)]
#[command(after_help = "\
Uses a timer of systemd in your session, an agent of launchd on macOS, or a task of the Task Scheduler on Windows. What counts as soon is set by \
thresholds.credential_soon in config.toml.

Examples:
  aemkeys schedule install
  aemkeys schedule status")]
pub struct ScheduleArgs {
    #[command(subcommand)]
    action: ScheduleAction,
}

#[derive(Debug, Subcommand)]
enum ScheduleAction {
    /// Write the timer and start it
    #[command(after_help = "Examples:
  aemkeys schedule install
  aemkeys schedule install --at 08:30")]
    Install {
        /// Time of the daily check
        #[arg(long, value_name = "HH:MM", default_value = "09:00")]
        at: TimeOfDay,
    },
    /// Stop the timer and delete its files
    #[command(after_help = "Examples:
  aemkeys schedule remove")]
    Remove,
    /// Show whether the timer is installed
    #[command(after_help = "Examples:
  aemkeys schedule status
  aemkeys schedule status --json")]
    Status,
}

/// The daily check.
#[derive(Serialize, JsonSchema)]
pub struct ScheduleDocument {
    /// Whether the check runs every day now.
    installed: bool,
    /// `systemd`, `launchd` or `Task Scheduler`; null if this system has none of them.
    scheduler: Option<&'static str>,
    /// The files of the timer, whether they exist or not.
    files: Vec<String>,
}

pub fn run(_: &Globals, args: ScheduleArgs) -> Result<u8, Problem> {
    let Some(scheduler) = Scheduler::find() else {
        return without_scheduler(&args.action);
    };
    let name = scheduler.name();
    let files = scheduler.files()?;
    let listed = list_of(&files);
    let (installed, text) = match args.action {
        ScheduleAction::Install { at } => {
            scheduler.install(at)?;
            let text = format!(
                "wrote {listed}: {name} checks every day at {at}. To undo it, run `aemkeys schedule remove`"
            );
            (true, text)
        }
        ScheduleAction::Remove => {
            let removed = scheduler.remove()?;
            let text = if removed.is_empty() {
                "no daily check is installed".to_owned()
            } else {
                format!("removed {}", list_of(&removed))
            };
            (false, text)
        }
        ScheduleAction::Status => {
            let is_running = scheduler.is_installed()? && scheduler.is_running();
            let text = if is_running {
                format!("{name} checks every day: {listed}")
            } else if scheduler.is_installed()? {
                format!(
                    "there is no daily check: {name} does not run {listed}. To start it, run `aemkeys schedule install`"
                )
            } else {
                "no daily check is installed".to_owned()
            };
            (is_running, text)
        }
    };
    document::done(
        &text,
        ScheduleDocument {
            installed,
            scheduler: Some(name),
            files: files.iter().map(|file| shown(file)).collect(),
        },
    )
}

fn shown(file: &Path) -> String {
    clean(&file.display().to_string(), 300)
}

fn list_of(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| shown(file)).collect();
    files.join(" and ")
}

/// Cron is left to the person: aemkeys changes no crontab.
fn without_scheduler(action: &ScheduleAction) -> Result<u8, Problem> {
    if let ScheduleAction::Install { at } = action {
        return Err(no_scheduler(*at));
    }
    document::done(
        "no daily check is installed; `crontab -l` lists what you have added to cron",
        ScheduleDocument {
            installed: false,
            scheduler: None,
            files: Vec::new(),
        },
    )
}
