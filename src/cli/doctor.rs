//! `aemkeys doctor`: checks this machine for problems.

use super::arguments::Doctor;
use super::globals::{Globals, block_on};
use super::output::{self, Cell, Paint};
use crate::app::doctor::{self, Verdict};
use crate::app::{resolve, storage};
use aemkeys_core::credential::Problem;

pub fn run(globals: &Globals, args: &Doctor) -> Result<u8, Problem> {
    let context = globals.open()?;
    let only = match &args.name {
        Some(name) => Some(
            resolve::environment(
                &context.read_index()?,
                name.split('/').next().unwrap_or(name),
            )?
            .id,
        ),
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
    if args.json {
        output::answer_json(&serde_json::json!({"version": 1, "findings": findings}))?;
        return Ok(u8::from(wrong));
    }
    for finding in &findings {
        let (glyph, paint) = match finding.verdict {
            Verdict::Fine => ("●", Paint::Green),
            Verdict::Warning => ("▲", Paint::Yellow),
            Verdict::Wrong => ("✕", Paint::Red),
            Verdict::Unknown => ("?", Paint::Dim),
        };
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
