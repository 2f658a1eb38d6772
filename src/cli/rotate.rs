//! `aemkeys rotate`: tests a new credential beside the old one, and then replaces it.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{ConfirmOrYes, IdentityName};
use super::output::{self, Cell, Paint, Stream};
use crate::app::guard::{Act, Subject};
use crate::app::rotate::{self, Compared, Comparison, Progress, Rotated, StepState};
use crate::app::{AppContext, Index, RevisionState, read_credential, resolve};
use aemkeys_core::credential::shell;
use aemkeys_core::credential::{
    CredentialFacts, Fingerprint, Guidance, Imported, Kind, Problem, detect,
};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;
use uuid::Uuid;

/// Rotate a credential, after testing the new one beside the old one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys rotate wknd-stage new_service_token.json
  aemkeys rotate wknd-prod new.json --confirm wknd-prod
  aemkeys rotate wknd-stage --go-back")]
pub struct RotateArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// The new file, or `-`; if omitted, continues with the new credential already stored
    file: Option<PathBuf>,
    /// Go back to the old credential; the newer one stays stored
    #[arg(long, conflicts_with_all = ["file", "discard"])]
    go_back: bool,
    /// Discard the new credential, which is stored but not yet tested
    #[arg(long, conflicts_with = "file")]
    discard: bool,
    /// Switch without a test if the environment has no hosts
    #[arg(long, conflicts_with_all = ["go_back", "discard"])]
    untested: bool,
    #[command(flatten)]
    confirm: ConfirmOrYes,
}

/// The result of a rotation.
#[derive(Serialize, JsonSchema)]
pub struct RotateDocument {
    /// The name of the identity.
    name: String,
    /// The revision that is active now.
    revision: u32,
    /// The fingerprint of the old credential.
    old: Option<Fingerprint>,
    /// The fingerprint of the new credential.
    new: Fingerprint,
    /// The same requests with both credentials.
    compared: Vec<Compared>,
    /// What was compared, and what could not be.
    notes: Vec<Guidance>,
    /// Why the steps after the switch failed; the next run continues with them.
    warning: Option<Guidance>,
    /// The servers and programs that need the new credential before the old key can be revoked.
    used_by_missing: Vec<String>,
}

/// Whether a new credential was discarded.
#[derive(Serialize, JsonSchema)]
pub struct DiscardDocument {
    /// The name of the identity.
    name: String,
    /// False if there was none.
    discarded: bool,
}

pub fn run(globals: &Globals, args: RotateArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let id = args.identity.resolve(&index)?;
    if args.discard {
        return discard(&context, &index, id, &args);
    }
    let imported = match &args.file {
        Some(file) => {
            let input = read_credential(file)?;
            Some(detect(input.expose())?)
        }
        None => None,
    };
    if !output::mode().json
        && let Some(comparison) = comparison(&context, &index, id, imported.as_ref())
    {
        side_by_side(&comparison);
    }
    // Check first, so that nobody confirms an act that would be refused.
    block_on(rotate::preflight(
        &context,
        id,
        imported.as_ref(),
        args.go_back,
        args.untested,
    ))?;
    let name = resolve::name_of(&index, id);
    let question = if args.go_back {
        format!("Go back to the old credential of {name}?")
    } else {
        format!("Rotate the credential of {name}?")
    };
    let act = if args.go_back {
        Act::GoBack
    } else if args.untested {
        Act::RotateUntested
    } else {
        Act::Rotate
    };
    let subject = Subject::Identity(id);
    let confirmed = args.confirm.ask(&context, subject, act, &question)?;
    let watch = |progress: Progress| {
        say(&progress);
    };
    let done = block_on(async {
        if args.go_back {
            rotate::go_back(&context, id, &confirmed, &watch).await
        } else {
            rotate::rotate(&context, id, imported, &confirmed, &watch).await
        }
    })?;
    if output::mode().json {
        document::answer(RotateDocument::new(done));
        return Ok(0);
    }
    let is_leaked = |old: &CredentialFacts| {
        let stored = index.identity(id).map(|(_, stored)| stored);
        stored.is_some_and(|it| {
            it.leaked
                .iter()
                .any(|key| key.fingerprint == old.fingerprint)
        })
    };
    let old_is_leaked = done.old.as_ref().is_some_and(is_leaked);
    report(&done, args.go_back, old_is_leaked)
}

fn discard(
    context: &AppContext,
    index: &Index,
    id: Uuid,
    args: &RotateArgs,
) -> Result<u8, Problem> {
    let name = resolve::name_of(index, id);
    let question = format!("Discard the new, untested credential of {name}?");
    let subject = Subject::Identity(id);
    let confirmed = args
        .confirm
        .ask(context, subject, Act::Discard, &question)?;
    let any = block_on(rotate::discard(context, id, &confirmed))?;
    if output::mode().json {
        document::answer(DiscardDocument {
            name,
            discarded: any,
        });
    } else if any {
        output::answer_line(&format!("{name}: new credential discarded"))?;
    } else {
        output::answer_line(&format!("{name}: no new credential to discard"))?;
    }
    Ok(0)
}

/// Describes the change from the stored credential to the file's, or to the candidate.
fn comparison(
    context: &AppContext,
    index: &Index,
    id: Uuid,
    imported: Option<&Imported>,
) -> Option<Comparison> {
    let (_, entry) = index.identity(id)?;
    let (kind, facts): (Kind, CredentialFacts) = match imported {
        Some(Imported::Service(service)) => (Kind::ServiceCredentials, service.facts()),
        Some(Imported::Oauth(oauth)) => (Kind::OauthServerToServer, oauth.facts()),
        Some(Imported::DevelopmentToken(_)) => return None,
        None => {
            let candidate = entry.in_state(RevisionState::Candidate)?;
            (entry.kind, candidate.facts.clone())
        }
    };
    let old = entry.credential.as_ref().map(|old| (entry.kind, old));
    Some(rotate::compare(old, (kind, &facts), context.clock.now()))
}

fn side_by_side(comparison: &Comparison) {
    let mut rows = vec![output::headings(["", "OLD", "NEW", ""])];
    rows.extend(comparison.lines.iter().map(|line| {
        let mark = if line.differs { "differs" } else { "" };
        vec![
            Cell::painted(line.label, Paint::Dim),
            Cell::plain(line.old.clone()),
            Cell::plain(line.new.clone()),
            Cell::plain(mark),
        ]
    }));
    output::note(output::table(&rows).trim_end());
    output::note(&format!("Recognised: {}.", comparison.relation.words()));
    for warning in &comparison.warnings {
        output::warning(warning);
    }
}

/// Prints one line per finished step.
fn say(progress: &Progress) {
    let (glyph, paint) = match progress.state {
        StepState::Running => return,
        StepState::Done => (output::glyphs().fine, Paint::Green),
        StepState::Skipped => (output::glyphs().dash, Paint::Dim),
        StepState::Failed => (output::glyphs().over, Paint::Red),
    };
    let glyph = output::paint(paint, glyph, Stream::Err);
    let title = progress.step.title();
    output::note(&if progress.words.is_empty() {
        format!("{glyph} {title}")
    } else {
        format!("{glyph} {title}: {}", progress.words)
    });
}

fn report(done: &Rotated, went_back: bool, old_is_leaked: bool) -> Result<u8, Problem> {
    let old = done
        .old
        .as_ref()
        .map_or_else(|| "none".to_owned(), |facts| facts.fingerprint.to_string());
    output::answer_line(&format!(
        "{}: {old} -> {}",
        done.full_name, done.new.fingerprint
    ))?;
    let name = &done.full_name;
    if went_back {
        output::note(&format!(
            "The newer credential stays stored: `aemkeys rotate {quoted}` tries it again, `--discard` deletes it.",
            quoted = shell::quoted(&name)
        ));
        return Ok(0);
    }
    let quoted = shell::quoted(&name);
    // What was compared, and what could not be.
    for note in &done.notes {
        output::note(&format!("  {}", note.in_shell()));
    }
    if let Some(warning) = &done.warning {
        output::warning(&warning.in_shell());
    }
    if done.used_by.is_empty() {
        output::note(&format!(
            "When nothing uses the old credential any more, revoke it: `aemkeys guide revoke {quoted}` shows where.",
        ));
    } else {
        output::note("Deploy the new credential to:");
        for who in &done.used_by {
            output::note(&format!("  [ ] {who}"));
        }
        output::note(&format!(
            "After all are ticked (`aemkeys used-by {quoted} --tick WHO`), revoke the old one: `aemkeys guide revoke {quoted}` shows where.",
        ));
    }
    if old_is_leaked {
        output::note(&format!(
            "The old credential is marked as leaked: `aemkeys leaked {quoted}` shows the steps that are left."
        ));
    } else {
        output::note(&format!(
            "The old credential stays stored: `aemkeys rotate {quoted} --go-back` returns to it, `aemkeys revisions {quoted} --drop` deletes it."
        ));
    }
    Ok(0)
}

impl RotateDocument {
    fn new(done: Rotated) -> Self {
        Self {
            name: done.full_name,
            revision: done.revision,
            old: done.old.map(|facts| facts.fingerprint),
            new: done.new.fingerprint,
            compared: done.compared,
            notes: done.notes,
            warning: done.warning,
            used_by_missing: done.used_by,
        }
    }
}
