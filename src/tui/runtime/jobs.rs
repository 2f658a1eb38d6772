//! Which use case is behind each effect? Texts that were typed become values here, and problems of those are told.

use super::rotation;
use super::work::Office;
use crate::app::add::{Added, Choices};
use crate::app::edit::{Edit, EditIdentity};
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::app::test_call::TestRequest;
use crate::app::{
    add, copy, doctor, edit, exchange, remove, revisions, rotate, storage, test_call, token,
};
use crate::credential::{Code, Imported, Problem, Secret, detect};
use crate::environment::{HostName, Hosts, Name, TierAddress, UsedBy};
use crate::tui::effect::{AddFields, EditFields, Effect, ImportId};
use crate::tui::message::{Copied, Exchanged, Outcome, Recognised, Stored, TokenPasted};

pub(super) async fn carry_out(office: &Office, effect: Effect) -> Option<Outcome> {
    let world = &office.world;
    match effect {
        Effect::Copy {
            identity, format, ..
        } => Some(Outcome::Copied(copied(office, identity, format).await)),
        Effect::CopyText { what, text, .. } => Some(Outcome::Copied(
            put(office, Secret::from(text)).await.map(|_| Copied {
                what: what.to_owned(),
                can_be_cleared: false,
                warnings: Vec::new(),
            }),
        )),
        Effect::Exchange { identity, .. } => {
            let _place = office.exchanges.acquire().await.ok()?;
            let result = exchange::refresh(world, identity).await;
            // The storage is where the token was wanted.
            Some(Outcome::Exchanged(result.and_then(|fresh| {
                fresh.not_saved.map_or(
                    Ok(Exchanged {
                        facts: fresh.facts,
                        warnings: fresh.warnings,
                    }),
                    Err,
                )
            })))
        }
        Effect::Test {
            identity,
            tiers,
            path,
            ..
        } => {
            let _place = office.exchanges.acquire().await.ok()?;
            let request = TestRequest { tiers, path };
            Some(Outcome::Tested(
                test_call::test(world, identity, request).await,
            ))
        }
        Effect::Call {
            identity,
            request,
            typed,
            ..
        } => Some(Outcome::Called(
            super::call::send(office, identity, request, typed).await,
        )),
        Effect::Recognise { input, .. } => Some(Outcome::Recognised(recognise(office, input))),
        Effect::ReadFile { path, .. } => {
            let path = expand(&path);
            let own = world.clone();
            let read = tokio::task::spawn_blocking(move || own.read_input(&path)).await;
            let result = match read {
                Ok(result) => result.and_then(|input| recognise(office, input)),
                Err(_) => Err(Problem::new(
                    Code::Internal,
                    "reading the file ended unexpectedly",
                )),
            };
            Some(Outcome::Recognised(result))
        }
        Effect::Store { import, fields, .. } => {
            Some(Outcome::Stored(store(office, import, fields).await))
        }
        Effect::StoreLocal { fields, .. } => {
            let result = match choices(&fields) {
                Ok(choices) => add::store_local(world, choices).await.map(stored),
                Err(problem) => Err(problem),
            };
            Some(Outcome::Stored(result))
        }
        Effect::PastePersonalToken {
            import,
            environment,
            identity,
            ..
        } => Some(Outcome::TokenPasted(
            paste(office, import, environment, identity).await,
        )),
        Effect::Claims { identity, .. } => {
            let item = world.token(identity).await;
            Some(Outcome::Claims(item.and_then(|item| {
                item.map(|item| item.token.claims_json()).ok_or_else(|| {
                    Problem::new(
                        Code::NoToken,
                        "the storage holds no token for this identity",
                    )
                    .next_step("x exchanges one")
                })
            })))
        }
        Effect::MakePassphraseFile { .. } => {
            let typed = office.typing.borrow_mut().both();
            Some(Outcome::StorageChosen(match typed {
                Ok(passphrase) => storage::choose_passphrase_file(world, passphrase).await,
                Err(problem) => Err(problem),
            }))
        }
        Effect::RunDoctor { .. } => Some(Outcome::Examined(doctor::examine(world, None).await)),
        effect @ (Effect::Rotate { .. } | Effect::Tick { .. } | Effect::Leaked { .. }) => {
            rotation::carry_out(office, effect).await
        }
        effect => changed(office, effect).await.map(Outcome::Said),
    }
}

/// What ends with words to say.
async fn changed(office: &Office, effect: Effect) -> Option<Result<String, Problem>> {
    let world = &office.world;
    match effect {
        effect @ (Effect::Discard { .. }
        | Effect::DropRevision { .. }
        | Effect::RemoveIdentity { .. }
        | Effect::RemoveEnvironment { .. }
        | Effect::Invalidate { .. }) => Some(taken_away(office, effect).await),
        Effect::Edit {
            environment,
            identity,
            fields,
            typed,
            ..
        } => Some(save(office, environment, identity, fields, typed).await),
        Effect::KeepFresh { identity, on, .. } => {
            let change = EditIdentity {
                keep_fresh: Some(on),
                ..EditIdentity::default()
            };
            let words = if on {
                "kept fresh while this is open"
            } else {
                "no longer kept fresh"
            };
            Some(
                edit::identity(world, identity, change)
                    .await
                    .map(|()| words.to_owned()),
            )
        }
        Effect::OpenBrowser { url, .. } => {
            let hands = office.hands.clone();
            let opened = tokio::task::spawn_blocking(move || hands.open(&url)).await;
            Some(opened.unwrap_or_else(|_| {
                Err(Problem::new(Code::Internal, "the browser was not opened"))
            }))
        }
        _ => None,
    }
}

/// What takes something away needs a confirmation of the guard.
async fn taken_away(office: &Office, effect: Effect) -> Result<String, Problem> {
    let world = &office.world;
    match effect {
        Effect::Discard {
            identity, typed, ..
        } => {
            let subject = Subject::Identity(identity);
            let confirmed = confirmed(office, subject, Act::Discard, typed).await?;
            let words = if rotate::discard(world, identity, &confirmed).await? {
                "the new credential is dropped"
            } else {
                "nothing waits beside its credential"
            };
            Ok(words.to_owned())
        }
        Effect::DropRevision {
            identity,
            revision,
            typed,
            ..
        } => {
            let subject = Subject::Identity(identity);
            let confirmed = confirmed(office, subject, Act::DropRevision, typed).await?;
            let dropped =
                revisions::drop_revision(world, identity, Some(revision), &confirmed).await?;
            let name = dropped.full_name;
            Ok(format!("{name} revision {revision} is dropped"))
        }
        Effect::RemoveIdentity {
            identity, typed, ..
        } => {
            let subject = Subject::Identity(identity);
            let confirmed = confirmed(office, subject, Act::Remove, typed).await?;
            remove::identity(world, identity, &confirmed).await?;
            Ok("removed".to_owned())
        }
        Effect::RemoveEnvironment {
            environment, typed, ..
        } => {
            let subject = Subject::Environment(environment);
            let confirmed = confirmed(office, subject, Act::Remove, typed).await?;
            remove::environment(world, environment, &confirmed).await?;
            Ok("removed".to_owned())
        }
        Effect::Invalidate {
            identity, typed, ..
        } => {
            let subject = Subject::Identity(identity);
            let confirmed = confirmed(office, subject, Act::InvalidateToken, typed).await?;
            remove::invalidate_token(world, identity, false, &confirmed).await?;
            Ok("the token is invalidated: IMS refuses it from now on".to_owned())
        }
        _ => Err(Problem::new(Code::Internal, "this takes nothing away")),
    }
}

/// What was typed, compared with the storage. Where the list did not know that a name is needed, it has been repaired.
pub(super) async fn confirmed(
    office: &Office,
    subject: Subject,
    act: Act,
    typed: Option<String>,
) -> Result<Confirmed, Problem> {
    let was_asked = typed.is_some();
    let guard = guard::ask(&office.world, subject, act).await?;
    guard.confirm(&Consent::of(typed)).map_err(|problem| {
        if was_asked {
            problem
        } else {
            problem.next_step("the list was out of date: try again, and type the name")
        }
    })
}

async fn copied(
    office: &Office,
    identity: uuid::Uuid,
    format: crate::app::present::Format,
) -> Result<Copied, Problem> {
    let copyable = {
        let _place = office.exchanges.acquire().await;
        copy::prepare(&office.world, identity, format).await?
    };
    let can_be_cleared = put(office, copyable.text).await?;
    let mut warnings = copyable.warnings;
    if !can_be_cleared {
        warnings.insert(
            0,
            "sent to the terminal: it cannot be cleared from here".to_owned(),
        );
    }
    Ok(Copied {
        what: format.title().to_owned(),
        can_be_cleared,
        warnings,
    })
}

/// On the clipboard; says whether it can be cleared from here.
async fn put(office: &Office, text: Secret) -> Result<bool, Problem> {
    let hands = office.hands.clone();
    tokio::task::spawn_blocking(move || hands.copy(&text))
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::Internal, "copying ended unexpectedly")))
}

fn recognise(office: &Office, input: Secret) -> Result<Box<Recognised>, Problem> {
    let imported = detect(input.expose())?;
    let preview = add::preview(&office.world, &imported, &Choices::default())?;
    Ok(Box::new(Recognised {
        import: office.keep(input),
        preview,
    }))
}

/// `~/` as a shell would read it: people type it.
pub(super) fn expand(path: &str) -> std::path::PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

fn stored(added: Added) -> Stored {
    match added {
        Added::Stored {
            identity,
            full_name,
            ..
        } => Stored {
            identity,
            full_name,
            already: false,
        },
        Added::AlreadyStored {
            identity,
            full_name,
        } => Stored {
            identity,
            full_name,
            already: true,
        },
    }
}

async fn store(office: &Office, import: ImportId, fields: AddFields) -> Result<Stored, Problem> {
    let input = office.import(import)?;
    let imported = detect(input.expose())?;
    let added = add::store(&office.world, imported, choices(&fields)?).await?;
    office.forget(import);
    Ok(stored(added))
}

async fn paste(
    office: &Office,
    import: ImportId,
    environment: uuid::Uuid,
    identity: Option<uuid::Uuid>,
) -> Result<TokenPasted, Problem> {
    let input = office.import(import)?;
    let Imported::DevelopmentToken(access_token) = detect(input.expose())? else {
        return Err(Problem::new(
            Code::NotAToken,
            "this is not a local development token",
        ));
    };
    let pasted = token::paste(&office.world, environment, identity, *access_token).await?;
    office.forget(import);
    Ok(TokenPasted {
        identity: pasted.identity,
        full_name: pasted.full_name,
        proof: pasted.proof,
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

fn choices(fields: &AddFields) -> Result<Choices, Problem> {
    let domain = some(&fields.publish_domain);
    Ok(Choices {
        name: name(&fields.name)?,
        label: name(&fields.label)?,
        environment_type: fields.environment_type,
        customer: some(&fields.customer).map(str::to_owned),
        hosts: Hosts {
            author: address(Some(&fields.author))?,
            publish: address(Some(&fields.publish))?,
            preview: address(Some(&fields.preview))?,
            publish_domain: domain.map(HostName::parse).transpose()?,
        },
        trusted: fields.trusted.clone(),
        accept_suggestions: true,
        ..Choices::default()
    })
}

async fn save(
    office: &Office,
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
                .map(HostName::parse)
                .transpose()?,
        },
        notes: fields.notes,
        console_url: fields.console_url,
        ..Edit::default()
    };
    let alike = match &shared.name {
        Some(name) => add::lookalike(&office.world.read_index()?, name, Some(environment)),
        None => None,
    };
    if edit::needs_confirmation(&office.world, environment, shared.clone()).await? {
        let subject = Subject::Environment(environment);
        shared.confirmed = Some(confirmed(office, subject, Act::Edit, typed).await?);
    }
    edit::environment(&office.world, environment, shared).await?;
    if own.label.is_some() || own.used_by.is_some() {
        edit::identity(&office.world, identity, own).await?;
    }
    Ok(match alike {
        Some(warning) => format!("saved; {warning}"),
        None => "saved".to_owned(),
    })
}
