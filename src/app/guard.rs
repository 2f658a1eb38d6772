//! Confirmation of actions on Production and untyped environments, decided from the storage.
//!
//! A frontend calls [`confirmation_request`], shows the question, and turns the answer into a [`Confirmed`]. Every use case that changes,
//! exports or deletes something takes a [`Confirmed`] and checks it against the environment that it has read itself. The
//! list (`index.json`) is a cache that anyone with access to the file can change, so it decides nothing here.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use uuid::Uuid;

use super::AppContext;
use super::resolve::no_longer_stored;
use crate::storage::{Index, ItemName, Storage, StorageError};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::{Environment, EnvironmentType};

/// The action that the user confirms. A confirmation is valid for one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A call with a method other than GET, HEAD or OPTIONS.
    Call,
    Exec,
    /// A server that forwards every method.
    Serve,
    /// An edit that changes the hosts, or a guarded type to an unguarded one.
    Edit,
    Export,
    Credential,
    Rotate,
    /// A rotation to a credential that cannot be tested, because the environment has no hosts.
    RotateUntested,
    GoBack,
    Discard,
    DropRevision,
    InvalidateToken,
    Leaked,
    Remove,
    /// Replaces a stored environment by the one in a file.
    Import,
}

impl Act {
    /// Returns true if the action needs confirmation on every type: a yes if the environment is unguarded, else its name.
    pub fn always_asks(self) -> bool {
        matches!(
            self,
            Self::Rotate
                | Self::RotateUntested
                | Self::GoBack
                | Self::Discard
                | Self::DropRevision
                | Self::InvalidateToken
                | Self::Leaked
                | Self::Remove
        )
    }

    /// Returns the error of the act if it was not confirmed.
    pub fn not_confirmed(self, cause: impl Into<String>) -> Problem {
        let undone = match self {
            Self::Exec => "the program was not started",
            Self::Serve => "no server was started",
            Self::Call => "nothing was sent",
            Self::Export | Self::Credential => "nothing was exported",
            _ => "nothing was changed",
        };
        Problem::new(Code::Guarded, format!("not confirmed, so {undone}")).cause(cause)
    }
}

/// What the act changes, exports or deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Environment(Uuid),
    Identity(Uuid),
}

/// The user's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The name that was typed or given by a flag.
    Named(String),
    /// Yes, without a name: enough if the environment is not guarded.
    Yes,
}

impl Consent {
    pub fn of(typed: Option<String>) -> Self {
        typed.map_or(Self::Yes, Self::Named)
    }
}

/// A question for the user.
#[derive(Clone, Debug)]
pub struct ConfirmationRequest {
    act: Act,
    environment: Uuid,
    name: String,
    /// The label of the identity, if the act concerns one.
    label: Option<String>,
    environment_type: EnvironmentType,
}

/// The confirmation of one act on one environment. Only [`ConfirmationRequest::confirm`] creates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    act: Act,
    environment: Uuid,
    named: bool,
}

/// Returns why an environment is guarded, for example `wknd is a Production environment`; `None` if it is not.
pub(super) fn why_guarded(environment: &Environment) -> Option<String> {
    let environment_type = environment.environment_type;
    let why = || format!("{} {}", environment.name, why(environment_type));
    environment_type.is_guarded().then(why)
}

/// Reads the environment from the storage and returns what must be confirmed. Repairs its entry in the list if it differs.
pub async fn confirmation_request(
    context: &AppContext,
    subject: Subject,
    act: Act,
) -> Result<ConfirmationRequest, Problem> {
    let index = context.read_index()?;
    let entry = match subject {
        Subject::Environment(id) => index.environment(id),
        Subject::Identity(id) => index.identity(id).map(|(environment, _)| environment),
    };
    let found = match subject {
        Subject::Environment(id) => stored(context, id).await?,
        Subject::Identity(id) => environment_listed_in(context, &index, id).await?,
    };
    let Some(stored) = found else {
        // Its type is unknown, so it counts as untyped.
        let entry = entry.ok_or_else(no_longer_stored)?;
        if !matches!(act, Act::Remove | Act::Import) {
            // Fails if its item is lost: then nothing else can be done with it.
            let id = entry.id;
            context
                .storage(move |storage| storage.environment(id))
                .await?;
        }
        return Ok(ConfirmationRequest {
            act,
            environment: entry.id,
            name: entry.name.to_string(),
            label: None,
            environment_type: EnvironmentType::Untyped,
        });
    };
    if !index.lists(&stored) {
        repair(context, stored.id).await;
    }
    let label = match subject {
        Subject::Environment(_) => None,
        Subject::Identity(id) => stored.identity(id).map(|it| it.label.to_string()),
    };
    Ok(ConfirmationRequest {
        act,
        environment: stored.id,
        name: stored.name.to_string(),
        label,
        environment_type: stored.environment_type,
    })
}

/// Reads an environment from the storage. A damaged item counts as missing.
pub(super) async fn stored(context: &AppContext, id: Uuid) -> Result<Option<Environment>, Problem> {
    context.storage(move |storage| readable(storage, id)).await
}

/// Reads the environment of an identity from the storage. The list only says where to look first.
pub(super) async fn environment_of(
    context: &AppContext,
    identity: Uuid,
) -> Result<Option<Environment>, Problem> {
    environment_listed_in(context, context.read_index()?.as_ref(), identity).await
}

/// Like [`environment_of`], for callers that have read the index.
pub(super) async fn environment_listed_in(
    context: &AppContext,
    index: &Index,
    identity: Uuid,
) -> Result<Option<Environment>, Problem> {
    let listed = index
        .identity(identity)
        .map(|(environment, _)| environment.id);
    context
        .storage(move |storage| {
            if let Some(listed) = listed
                && let Some(environment) = readable(storage, listed)?
                && environment.identity(identity).is_some()
            {
                return Ok(Some(environment));
            }
            for item in storage.items()? {
                if let ItemName::Environment(id) = item
                    && let Some(environment) = readable(storage, id)?
                    && environment.identity(identity).is_some()
                {
                    return Ok(Some(environment));
                }
            }
            Ok(None)
        })
        .await
}

fn readable(storage: &Storage, id: Uuid) -> Result<Option<Environment>, StorageError> {
    match storage.environment(id) {
        Err(error) if error.is_unreadable() => Ok(None),
        outcome => outcome,
    }
}

/// Repairs the entry in the list, if possible: the act does not depend on it.
async fn repair(context: &AppContext, id: Uuid) {
    let repaired = async {
        // Read again under the lock, because another process may be changing it.
        let _lock = context.lock_for_change().await?;
        let stored = context
            .storage(move |storage| storage.environment(id))
            .await?;
        if let Some(stored) = stored {
            context
                .update_index(move |index| index.put_environment(&stored))
                .await?;
        }
        Ok::<(), Problem>(())
    };
    if let Err(problem) = repaired.await {
        tracing::warn!(
            code = problem.code.as_str(),
            "could not repair an entry of the list"
        );
    }
}

impl ConfirmationRequest {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn environment_type(&self) -> EnvironmentType {
        self.environment_type
    }

    /// Returns whether the name must be typed: for Production and untyped environments.
    pub fn is_guarded(&self) -> bool {
        self.environment_type.is_guarded()
    }

    pub fn confirm(self, consent: &Consent) -> Result<Confirmed, Problem> {
        let named = match consent {
            Consent::Named(typed) if self.matches_name(typed) => true,
            Consent::Named(_) => {
                let name = &self.name;
                let cause = format!("the typed name is not {name}");
                return Err(self
                    .act
                    .not_confirmed(cause)
                    .next_step("type its name to confirm"));
            }
            Consent::Yes if self.is_guarded() => {
                return Err(must_confirm(self.act, &self.name, self.environment_type));
            }
            Consent::Yes => false,
        };
        Ok(Confirmed {
            act: self.act,
            environment: self.environment,
            named,
        })
    }

    /// Returns whether this is `ENV`, or `ENV/LABEL` of the identity. Ignores case.
    pub fn matches_name(&self, typed: &str) -> bool {
        let typed = typed.trim().to_lowercase();
        let name = self.name.to_lowercase();
        typed == name
            || self
                .label
                .as_ref()
                .is_some_and(|label| typed == format!("{name}/{}", label.to_lowercase()))
    }
}

impl Confirmed {
    /// Returns whether the user accepts a credential that was not tested.
    pub(super) fn accepts_untested(&self) -> bool {
        self.act == Act::RotateUntested
    }

    /// Checks the confirmation against the environment that the use case has read from the storage.
    pub(super) fn check(&self, environment: &Environment, act: Act) -> Result<(), Problem> {
        self.check_stored(environment.id, Some(environment), act)
    }

    /// Like [`Confirmed::check`], for an environment that may be missing from the storage. It then counts as untyped.
    pub(super) fn check_stored(
        &self,
        id: Uuid,
        environment: Option<&Environment>,
        act: Act,
    ) -> Result<(), Problem> {
        if self.environment != id || self.act != act {
            return Err(act
                .not_confirmed("the confirmation was given for another environment or action")
                .next_step(guidance![NextStep::Doctor, ", then try again"]));
        }
        let environment_type = environment.map_or(EnvironmentType::Untyped, |e| e.environment_type);
        if environment_type.is_guarded() && !self.named {
            let name = environment.map_or("this environment", |it| it.name.as_str());
            return Err(must_confirm(act, name, environment_type));
        }
        Ok(())
    }
}

/// Checks the confirmation of one environment among several.
pub(super) fn check_each(
    confirmed: &[Confirmed],
    environment: &Environment,
    act: Act,
) -> Result<(), Problem> {
    if !environment.environment_type.is_guarded() {
        return Ok(());
    }
    match confirmed.iter().find(|it| it.environment == environment.id) {
        Some(confirmed) => confirmed.check(environment, act),
        None => Err(unconfirmed(act, environment)),
    }
}

/// Returns whether this edit needs the environment's name: it changes the type to an unguarded one, the hosts, or the identity
/// that scripts use.
pub(super) fn edit_is_guarded(before: &Environment, after: &Environment) -> bool {
    let default = |environment: &Environment| environment.default_identity().map(|it| it.id);
    let is_new = before.ids.is_none() && before.hosts.is_empty();
    let moved = before.hosts != after.hosts
        || before.ids != after.ids
        || before.approvals != after.approvals;
    before.environment_type.is_guarded()
        && (!after.environment_type.is_guarded()
            || (moved && !is_new)
            || default(before) != default(after))
}

pub(super) fn unconfirmed(act: Act, environment: &Environment) -> Problem {
    must_confirm(act, environment.name.as_str(), environment.environment_type)
}

fn must_confirm(act: Act, name: &str, environment_type: EnvironmentType) -> Problem {
    act.not_confirmed(format!("{name} {}", why(environment_type)))
        .next_step("type its name to confirm")
}

pub(super) fn why(environment_type: EnvironmentType) -> &'static str {
    if environment_type == EnvironmentType::Production {
        "is a Production environment"
    } else {
        "is untyped, and is treated as Production"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Clock, add, demo_context};
    use aemkeys_core::environment::Name;

    const ACTS: [Act; 15] = [
        Act::Call,
        Act::Exec,
        Act::Serve,
        Act::Edit,
        Act::Export,
        Act::Credential,
        Act::Rotate,
        Act::RotateUntested,
        Act::GoBack,
        Act::Discard,
        Act::DropRevision,
        Act::InvalidateToken,
        Act::Leaked,
        Act::Remove,
        Act::Import,
    ];

    /// A context with one environment, and its ids.
    async fn context(environment_type: EnvironmentType) -> (AppContext, Uuid, Uuid) {
        let context = demo_context(([127, 0, 0, 1], 1).into(), Clock::real());
        let choices = add::AddOptions {
            name: Some(Name::parse("Größe-1").unwrap()),
            environment_type: Some(environment_type),
            ..add::AddOptions::default()
        };
        match add::store_local(&context, choices).await.unwrap() {
            add::Added::Stored {
                environment,
                identity,
                ..
            } => (context, environment, identity),
            other => panic!("{other:?}"),
        }
    }

    async fn answered(
        context: &AppContext,
        subject: Subject,
        act: Act,
        consent: &Consent,
    ) -> Result<Confirmed, Problem> {
        confirmation_request(context, subject, act)
            .await?
            .confirm(consent)
    }

    #[tokio::test]
    async fn every_act_on_every_type_with_every_answer() {
        let named = |text: &str| Consent::Named(text.to_owned());
        for environment_type in EnvironmentType::ALL {
            let (context, environment, identity) = context(environment_type).await;
            let stored = stored(&context, environment).await.unwrap().unwrap();
            for subject in [
                Subject::Environment(environment),
                Subject::Identity(identity),
            ] {
                for act in ACTS {
                    let yes = answered(&context, subject, act, &Consent::Yes).await;
                    let guarded = [EnvironmentType::Production, EnvironmentType::Untyped];
                    assert_eq!(yes.is_err(), guarded.contains(&environment_type));
                    for right in ["Größe-1", " GRÖSSE-1 ".replace("SS", "ß").as_str()] {
                        let confirmed = answered(&context, subject, act, &named(right)).await;
                        confirmed.unwrap().check(&stored, act).unwrap();
                    }
                    for wrong in ["", "Größe", "Größe-1/", "Größe-1/other", "Größe-1x"] {
                        let refused = answered(&context, subject, act, &named(wrong)).await;
                        assert_eq!(refused.unwrap_err().code, Code::Guarded, "{wrong}");
                    }
                    let label = answered(&context, subject, act, &named("größe-1/SDK")).await;
                    assert_eq!(label.is_ok(), matches!(subject, Subject::Identity(_)));
                }
            }
        }
    }

    #[tokio::test]
    async fn a_confirmation_counts_for_its_act_and_environment_alone() {
        let (context, environment, _) = context(EnvironmentType::Development).await;
        let subject = Subject::Environment(environment);
        let stored = stored(&context, environment).await.unwrap().unwrap();
        let yes = answered(&context, subject, Act::Remove, &Consent::Yes);
        let yes = yes.await.unwrap();
        yes.check(&stored, Act::Remove).unwrap();
        for act in ACTS.into_iter().filter(|act| *act != Act::Remove) {
            assert_eq!(yes.check(&stored, act).unwrap_err().code, Code::Guarded);
        }
        let other = Environment {
            id: Uuid::new_v4(),
            ..stored.clone()
        };
        assert!(yes.check(&other, Act::Remove).is_err());
        // A yes does not cover an environment that became Production after the question.
        let changed = Environment {
            environment_type: EnvironmentType::Production,
            ..stored
        };
        assert!(yes.check(&changed, Act::Remove).is_err());
        assert!(yes.check_stored(environment, None, Act::Remove).is_err());
        assert!(check_each(&[], &changed, Act::Export).is_err());
        assert!(check_each(&[yes], &changed, Act::Export).is_err());
    }

    /// A frontend cannot pass the confirmation of one act to another use case.
    #[tokio::test]
    async fn every_use_case_checks_what_was_confirmed() {
        use crate::app::rotate::unwatched;
        use crate::app::{
            call, edit, exec, export, export_credential, leaked, remove, revisions, rotate,
        };
        let (context, local, sdk) = context(EnvironmentType::Production).await;
        let end = "2027-02-14T07:35:37Z".parse().unwrap();
        let account = aemkeys_simulator::fixtures::ServiceAccount::new("p1-e2", 0, end);
        let file = aemkeys_core::credential::detect(&account.file()).unwrap();
        let choices = add::AddOptions {
            environment_type: Some(EnvironmentType::Production),
            ..add::AddOptions::default()
        };
        let added = add::store(&context, file, choices).await.unwrap();
        let add::Added::Stored {
            environment,
            identity,
            ..
        } = added
        else {
            panic!("{added:?}");
        };
        let named = Consent::Named("p1-e2".to_owned());
        let subject = Subject::Environment(environment);
        let other = answered(&context, subject, Act::Import, &named);
        let other = &other.await.unwrap();
        let before = stored(&context, environment).await.unwrap();
        let change = edit::Edit {
            environment_type: Some(EnvironmentType::Rde),
            confirmed: Some(other.clone()),
            ..edit::Edit::default()
        };
        let prepared = call::prepare(
            &context,
            sdk,
            crate::app::call::CallTarget::tier(aemkeys_core::environment::Tier::Author),
        );
        let options = crate::app::CallOptions {
            method: "DELETE".to_owned(),
            ..crate::app::CallOptions::default()
        };
        let prepared = prepared.await.unwrap();
        let minute = jiff::SignedDuration::from_mins(1);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export");
        let passphrase = aemkeys_core::credential::Secret::from("several good words");
        let (w, id, may) = (&context, identity, Some(other));
        let text = String::from_utf8(account.file()).unwrap();
        let text = text.replace("ent_aem_cloud_api", "ent_aem_cloud_api,ent_cloudmgr_sdk");
        let changed = || aemkeys_core::credential::detect(text.as_bytes()).unwrap();
        let unconfirmed = add::AddOptions::default();
        let wrongly_confirmed = add::AddOptions {
            confirmed: may.cloned(),
            ..add::AddOptions::default()
        };
        let refused = [
            add::store(w, changed(), unconfirmed).await.err(),
            add::store(w, changed(), wrongly_confirmed).await.err(),
            call::send(w, &prepared, "/x", &options, may).await.err(),
            call::send(w, &prepared, "/x", &options, None).await.err(),
            exec::values(w, id, minute, false, other, &[]).await.err(),
            edit::environment(w, environment, change).await.err(),
            export::export(
                w,
                vec![environment],
                std::slice::from_ref(other),
                true,
                &path,
                passphrase,
            )
            .await
            .err(),
            export_credential::adobe_json(w, id, other).await.err(),
            rotate::rotate(w, id, None, other, &unwatched).await.err(),
            rotate::go_back(w, id, other, &unwatched).await.err(),
            rotate::discard(w, id, other).await.err(),
            revisions::drop_revision(w, id, Some(1), other).await.err(),
            remove::invalidate_token(w, id, false, other).await.err(),
            leaked::mark(w, id, None, other).await.err(),
            leaked::invalidate(w, id, None, other).await.err(),
            leaked::delete(w, id, None, other).await.err(),
            remove::identity(w, id, other, true).await.err(),
            remove::environment(w, environment, other, true).await.err(),
            remove::environment(w, local, other, true).await.err(),
        ];
        for (number, problem) in refused.into_iter().enumerate() {
            let code = problem.map(|problem| problem.code);
            assert_eq!(code, Some(Code::Guarded), "use case {number}");
        }
        assert_eq!(stored(&context, environment).await.unwrap(), before);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn the_storage_decides_and_the_list_is_repaired() {
        let (context, environment, identity) = context(EnvironmentType::Production).await;
        let tamper = |index: &mut crate::storage::Index| {
            for entry in index.environments_mut() {
                entry.environment_type = EnvironmentType::Development;
                entry.name = Name::parse("harmless").unwrap();
            }
        };
        for subject in [
            Subject::Environment(environment),
            Subject::Identity(identity),
        ] {
            context.update_index(tamper).await.unwrap();
            let guard = confirmation_request(&context, subject, Act::Remove)
                .await
                .unwrap();
            assert_eq!(guard.name(), "Größe-1");
            assert!(guard.is_guarded());
            let index = context.read_index().unwrap();
            assert_eq!(index.environments[0].name.as_str(), "Größe-1");
        }
        // Listed under an id that the storage does not know: counts as untyped.
        let moved = |index: &mut crate::storage::Index| {
            for entry in index.environments_mut() {
                entry.id = Uuid::nil();
                entry.environment_type = EnvironmentType::Development;
            }
        };
        context.update_index(moved).await.unwrap();
        let unknown =
            confirmation_request(&context, Subject::Environment(Uuid::nil()), Act::Remove);
        assert!(unknown.await.unwrap().is_guarded());
        let found = confirmation_request(&context, Subject::Identity(identity), Act::Remove);
        let found = found.await.unwrap();
        assert_eq!(found.environment_type(), EnvironmentType::Production);
    }

    #[tokio::test]
    async fn another_type_or_other_hosts_of_production_are_guarded_edits() {
        let (context, environment, _) = context(EnvironmentType::Production).await;
        let before = stored(&context, environment).await.unwrap().unwrap();
        let same_type = Environment {
            notes: "changed".to_owned(),
            environment_type: EnvironmentType::Untyped,
            ..before.clone()
        };
        assert!(!edit_is_guarded(&before, &same_type));
        for environment_type in EnvironmentType::ALL {
            let after = Environment {
                environment_type,
                ..before.clone()
            };
            let guarded = edit_is_guarded(&before, &after);
            assert_eq!(guarded, !environment_type.is_guarded());
            let mut moved = after.clone();
            moved.hosts.publish = None;
            assert!(edit_is_guarded(&before, &moved));
            let to_production = edit_is_guarded(&moved, &before);
            assert_eq!(to_production, environment_type.is_guarded());
        }
    }
}
