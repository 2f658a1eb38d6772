//! Runs each job with its use case. Parses typed text first; a parse error ends the job.

use super::rotation;
use super::work::JobContext;
use crate::app::add::{AddOptions, Added};
use crate::app::edit::{Edit, EditIdentity};
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::app::test_call::TestRequest;
use crate::app::{
    add, copy, doctor, edit, exchange, remove, revisions, rotate, storage, test_call, token,
};
use crate::tui::effect::{AddFields, EditFields, ImportId, Job};
use crate::tui::message::{
    CopyOutcome, Event, ExchangeOutcome, JobOutcome, Recognised, StoreOutcome, TokenPasted,
};
use crate::tui::task::TaskId;
use aemkeys_core::credential::{Code, Guidance, Imported, Problem, Secret, detect};
use aemkeys_core::environment::{Hosts, Name, TierAddress, UsedBy, parse_domain};

pub(super) async fn carry_out(
    jobs: &JobContext,
    task: TaskId,
    job: Job,
) -> Result<JobOutcome, Problem> {
    let context = &jobs.context;
    Ok(match job {
        Job::Copy { identity, format } => JobOutcome::Copied(copied(jobs, identity, format).await?),
        Job::CopyText { what, text } => {
            put(jobs, Secret::from(text)).await?;
            JobOutcome::Copied(CopyOutcome {
                what: what.to_owned(),
                can_be_cleared: false,
                warnings: Vec::new(),
            })
        }
        Job::Exchange { identity } | Job::Refresh { identity } => {
            let _place = jobs.exchanges.acquire().await;
            let fresh = exchange::refresh(context, identity).await?;
            // The token is needed even if the storage failed.
            if let Some(problem) = fresh.not_saved {
                return Err(problem);
            }
            JobOutcome::Exchanged(ExchangeOutcome {
                facts: fresh.facts,
                warnings: fresh.warnings,
            })
        }
        Job::Test {
            identity,
            tiers,
            path,
        } => {
            let _place = jobs.exchanges.acquire().await;
            let request = TestRequest { tiers, path };
            JobOutcome::Tested(test_call::test(context, identity, request).await?)
        }
        Job::Call {
            identity,
            request,
            typed,
        } => JobOutcome::Called(super::call::send(jobs, identity, request, typed).await?),
        Job::Recognise { input } => JobOutcome::Recognised(recognise(jobs, input).await?),
        Job::ReadFile { path } => {
            let path = expand(&path);
            let own = context.clone();
            let input = tokio::task::spawn_blocking(move || own.read_input(&path))
                .await
                .map_err(|_| {
                    Problem::new(Code::Internal, "reading the file ended unexpectedly")
                })??;
            JobOutcome::Recognised(recognise(jobs, input).await?)
        }
        Job::Store {
            import,
            fields,
            typed,
        } => JobOutcome::Stored(store(jobs, import, &fields, typed).await?),
        Job::StoreLocal { fields } => {
            JobOutcome::Stored(stored(add::store_local(context, choices(&fields)?).await?))
        }
        Job::PasteToken {
            import,
            environment,
            identity,
            ..
        } => JobOutcome::TokenPasted(paste(jobs, import, environment, identity).await?),
        Job::Claims { identity } => {
            let item = context.token(identity).await?.ok_or_else(|| {
                Problem::new(Code::NoToken, "no token is stored for this identity")
                    .next_step("press x to exchange")
            })?;
            JobOutcome::Claims(item.token.claims_json())
        }
        Job::MakePassphraseFile => {
            let passphrase = jobs.typing.borrow_mut().both()?;
            JobOutcome::StorageChosen(storage::choose_passphrase_file(context, passphrase).await?)
        }
        Job::RunDoctor => JobOutcome::Examined(doctor::examine(context, None).await),
        Job::Rotate {
            identity,
            way,
            typed,
        } => {
            let watch = |progress| jobs.answer(Event::Rotating { task, progress });
            let renewal = rotation::rotate(jobs, identity, way, typed, &watch).await?;
            JobOutcome::Rotated(Box::new(renewal))
        }
        Job::Tick { identity, who, has } => {
            JobOutcome::Ticked(rotation::tick(jobs, identity, who, has).await?)
        }
        Job::Leaked {
            identity,
            revision,
            work,
            typed,
        } => JobOutcome::Leaked(Box::new(
            rotation::after_leak(jobs, identity, revision, work, typed).await?,
        )),
        job => JobOutcome::Said(change(jobs, job).await?),
    })
}

/// Runs jobs that end with a text to show.
async fn change(jobs: &JobContext, job: Job) -> Result<String, Problem> {
    let context = &jobs.context;
    let said = match job {
        Job::Discard { identity, typed } => {
            let confirmed =
                confirmed(jobs, Subject::Identity(identity), Act::Discard, typed).await?;
            if rotate::discard(context, identity, &confirmed).await? {
                "new credential discarded"
            } else {
                "no new credential to discard"
            }
        }
        Job::DropRevision {
            identity,
            revision,
            typed,
        } => {
            let subject = Subject::Identity(identity);
            let confirmed = confirmed(jobs, subject, Act::DropRevision, typed).await?;
            let dropped =
                revisions::drop_revision(context, identity, Some(revision), &confirmed).await?;
            let name = dropped.full_name;
            return Ok(format!("{name}: revision {revision} deleted"));
        }
        Job::Edit {
            environment,
            identity,
            fields,
            typed,
        } => return save(jobs, environment, identity, *fields, typed).await,
        Job::SetAutoRefresh { identity, on } => {
            let change = EditIdentity {
                keep_fresh: Some(on),
                ..EditIdentity::default()
            };
            edit::identity(context, identity, change).await?;
            if on {
                "auto-refresh on"
            } else {
                "auto-refresh off"
            }
        }
        Job::RemoveIdentity { identity, typed } => {
            let confirmed =
                confirmed(jobs, Subject::Identity(identity), Act::Remove, typed).await?;
            remove::identity(context, identity, &confirmed).await?;
            "removed"
        }
        Job::RemoveEnvironment {
            environment, typed, ..
        } => {
            let subject = Subject::Environment(environment);
            let confirmed = confirmed(jobs, subject, Act::Remove, typed).await?;
            remove::environment(context, environment, &confirmed).await?;
            "removed"
        }
        Job::Invalidate { identity, typed } => {
            let subject = Subject::Identity(identity);
            let confirmed = confirmed(jobs, subject, Act::InvalidateToken, typed).await?;
            remove::invalidate_token(context, identity, false, &confirmed).await?;
            "token invalidated"
        }
        Job::OpenBrowser { url } => {
            let desktop = jobs.desktop.clone();
            return tokio::task::spawn_blocking(move || desktop.open(&url))
                .await
                .map_err(|_| Problem::new(Code::Internal, "no browser was opened"))?;
        }
        _ => "",
    };
    Ok(said.to_owned())
}

/// Compares the typed name with the storage. If the list was outdated and no name was requested, it has been repaired.
pub(super) async fn confirmed(
    jobs: &JobContext,
    subject: Subject,
    act: Act,
    typed: Option<String>,
) -> Result<Confirmed, Problem> {
    let was_asked = typed.is_some();
    let guard = guard::ask(&jobs.context, subject, act).await?;
    guard.confirm(&Consent::of(typed)).map_err(|problem| {
        if was_asked {
            problem
        } else {
            problem.next_step("the list was out of date: try again and type the name")
        }
    })
}

async fn copied(
    jobs: &JobContext,
    identity: uuid::Uuid,
    format: crate::app::token_format::TokenFormat,
) -> Result<CopyOutcome, Problem> {
    let copyable = {
        let _place = jobs.exchanges.acquire().await;
        copy::prepare(&jobs.context, identity, format).await?
    };
    let can_be_cleared = put(jobs, copyable.text).await?;
    let mut warnings = copyable.warnings;
    if !can_be_cleared {
        warnings.insert(
            0,
            "copied by the terminal, which can't be cleared automatically".into(),
        );
    }
    Ok(CopyOutcome {
        what: format.title().to_owned(),
        can_be_cleared,
        warnings,
    })
}

/// Copies the text and returns whether it can be cleared.
async fn put(jobs: &JobContext, text: Secret) -> Result<bool, Problem> {
    let desktop = jobs.desktop.clone();
    tokio::task::spawn_blocking(move || desktop.copy(&text))
        .await
        .unwrap_or_else(|_| {
            Err(Problem::new(
                Code::Internal,
                "could not copy to the clipboard",
            ))
        })
}

async fn recognise(jobs: &JobContext, input: Secret) -> Result<Box<Recognised>, Problem> {
    let mut imported = detect(input.expose())?;
    let choices = AddOptions::default();
    let mut preview = add::preview(&jobs.context, &imported, &choices)?;
    preview.changes = add::changes(&jobs.context, &mut imported, &choices).await?;
    Ok(Box::new(Recognised {
        import: jobs.keep(input),
        preview,
    }))
}

/// Expands `~/` like a shell.
pub(super) fn expand(path: &str) -> std::path::PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

fn stored(added: Added) -> StoreOutcome {
    match added {
        Added::Stored {
            identity,
            full_name,
            warnings,
            ..
        } => StoreOutcome {
            identity,
            full_name,
            already: false,
            warnings: warnings.into_iter().map(Guidance::from).collect(),
        },
        Added::Updated {
            identity,
            full_name,
            notes,
            ..
        }
        | Added::Restored {
            identity,
            full_name,
            notes,
        } => StoreOutcome {
            identity,
            full_name,
            already: false,
            warnings: notes,
        },
        Added::AlreadyStored {
            identity,
            full_name,
        } => StoreOutcome {
            identity,
            full_name,
            already: true,
            warnings: Vec::new(),
        },
    }
}

async fn store(
    jobs: &JobContext,
    import: ImportId,
    fields: &AddFields,
    typed: Option<String>,
) -> Result<StoreOutcome, Problem> {
    let input = jobs.import(import)?;
    let mut imported = detect(input.expose())?;
    let mut choices = choices(fields)?;
    if let Some(changes) = add::changes(&jobs.context, &mut imported, &choices).await?
        && changes.needs_confirmation
    {
        let subject = Subject::Identity(changes.identity);
        choices.confirmed = Some(confirmed(jobs, subject, Act::Edit, typed).await?);
    }
    let added = add::store(&jobs.context, imported, choices).await?;
    jobs.forget(import);
    Ok(stored(added))
}

async fn paste(
    jobs: &JobContext,
    import: ImportId,
    environment: uuid::Uuid,
    identity: Option<uuid::Uuid>,
) -> Result<TokenPasted, Problem> {
    let input = jobs.import(import)?;
    let Imported::DevelopmentToken(access_token) = detect(input.expose())? else {
        return Err(Problem::new(
            Code::NotAToken,
            "this is not a local development token",
        ));
    };
    let pasted = token::paste(&jobs.context, environment, identity, *access_token).await?;
    jobs.forget(import);
    Ok(TokenPasted {
        identity: pasted.identity,
        full_name: pasted.full_name,
        verified: pasted.verified,
        warnings: pasted.warnings,
    })
}

fn some(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

fn name(text: &str) -> Result<Option<Name>, Problem> {
    some(text).map(Name::parse).transpose()
}

fn address(text: Option<&str>) -> Result<Option<TierAddress>, Problem> {
    text.and_then(some).map(TierAddress::parse).transpose()
}

fn choices(fields: &AddFields) -> Result<AddOptions, Problem> {
    let domain = some(&fields.publish_domain);
    Ok(AddOptions {
        name: name(&fields.name)?,
        label: name(&fields.label)?,
        environment_type: fields.environment_type,
        customer: some(&fields.customer).map(str::to_owned),
        hosts: Hosts {
            author: address(Some(&fields.author))?,
            publish: address(Some(&fields.publish))?,
            preview: address(Some(&fields.preview))?,
            publish_domain: domain.map(parse_domain).transpose()?,
        },
        trusted: fields.trusted.clone(),
        accept_suggestions: true,
        ..AddOptions::default()
    })
}

async fn save(
    jobs: &JobContext,
    environment: uuid::Uuid,
    identity: uuid::Uuid,
    fields: EditFields,
    typed: Option<String>,
) -> Result<String, Problem> {
    let own = EditIdentity {
        label: fields.label.as_deref().map(name).transpose()?.flatten(),
        used_by: fields
            .used_by
            .map(|names| names.into_iter().map(UsedBy::new).collect()),
        keep_fresh: None,
    };
    let domain = fields.publish_domain.as_deref().map(str::trim);
    let mut shared = Edit {
        name: fields.name.as_deref().map(name).transpose()?.flatten(),
        environment_type: fields.environment_type,
        customer: fields.customer,
        trusted_hosts: fields.trusted.into_iter().map(|it| it.host).collect(),
        clear_publish_domain: domain == Some(""),
        hosts: Hosts {
            author: address(fields.author.as_deref())?,
            publish: address(fields.publish.as_deref())?,
            preview: address(fields.preview.as_deref())?,
            publish_domain: domain
                .filter(|text| !text.is_empty())
                .map(parse_domain)
                .transpose()?,
        },
        notes: fields.notes,
        console_url: fields.console_url,
        ..Edit::default()
    };
    if edit::needs_confirmation(&jobs.context, environment, shared.clone()).await? {
        let subject = Subject::Environment(environment);
        shared.confirmed = Some(confirmed(jobs, subject, Act::Edit, typed).await?);
    }
    let mut alike = edit::environment(&jobs.context, environment, shared).await?;
    if own.label.is_some() || own.used_by.is_some() {
        alike = alike.or(edit::identity(&jobs.context, identity, own).await?);
    }
    Ok(match alike {
        Some(warning) => format!("saved; {warning}"),
        None => "saved".to_owned(),
    })
}
