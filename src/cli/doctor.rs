//! `aemkeys doctor`: checks this machine for problems.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::environment_of;
use super::output::{self, Cell};
use crate::app::doctor::{self, Finding, Verdict};
use crate::app::{resolve, storage};
use aemkeys_core::credential::Problem;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Check this machine for problems
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys doctor
  aemkeys doctor wknd-stage --json")]
pub struct DoctorArgs {
    /// Check only this environment
    #[arg(value_name = "ENV")]
    name: Option<String>,
    /// Dismiss the warning that an older copy of the storage file was restored
    #[arg(long)]
    accept_older_storage: bool,
}

/// The results of the checks.
#[derive(Serialize, JsonSchema)]
pub struct DoctorDocument {
    /// One entry for each check.
    findings: Vec<Finding>,
}

pub fn run(globals: &Globals, args: DoctorArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let only = match &args.name {
        Some(name) => {
            Some(resolve::environment(context.read_index()?.as_ref(), environment_of(name))?.id)
        }
        None => None,
    };
    if args.accept_older_storage {
        if storage::rollback(context.state_dir.as_deref()).is_some() {
            block_on(storage::accept_rollback(&context))?;
            output::note("Accepted the older copy of the storage file.");
        } else {
            output::note("The storage file is not an older copy.");
        }
    }
    let findings = block_on(async { Ok(doctor::examine(&context, only).await) })?;
    let wrong = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Wrong);
    if output::mode().json {
        document::answer(DoctorDocument { findings });
        return Ok(u8::from(wrong));
    }
    for finding in &findings {
        let (glyph, paint) = output::verdict(finding.verdict);
        let row = vec![
            Cell::painted(glyph, paint),
            Cell::plain(format!("{:<8}", finding.topic)),
            Cell::plain(finding.text.clone()),
        ];
        output::answer(output::table(&[row]).as_bytes())?;
        if let Some(step) = &finding.next_step {
            output::answer_line(&format!("             next: {}", step.in_shell()))?;
        }
    }
    Ok(u8::from(wrong))
}
