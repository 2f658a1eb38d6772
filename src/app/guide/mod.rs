//! Step-by-step guides to Adobe's consoles, with the names of the environment filled in.
//!
//! The texts are data in `content`; this file chooses the lines that apply to the identity and fills in the names.

mod content;
mod ticks;

use aemkeys_core::credential::{Guidance, NextStep, Part};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::rotate::{RemainingSteps, remaining_steps};
use crate::storage::{EnvironmentEntry, IdentityEntry, Revision, RevisionState};
use aemkeys_core::aem::Verdict;
use aemkeys_core::credential::Kind;
pub use aemkeys_core::credential::Topic;
use aemkeys_core::environment::{EnvironmentType, Tier};

use content::{ConsolePage, Known, StepText, When};
pub use ticks::{GuideKey, GuideTicks, read_ticks, write_ticks};

/// Returns the title of a topic.
pub fn title(topic: Topic) -> &'static str {
    content::of(topic).title
}

/// Returns one sentence about a topic.
pub fn about(topic: Topic) -> &'static str {
    content::of(topic).about
}

/// Returns the guide that helps after a verdict. `None` if no console can help.
pub fn topic_for_verdict(verdict: Verdict, kind: Kind) -> Option<Topic> {
    match (verdict, kind) {
        (_, Kind::Local) => None,
        (Verdict::LacksScopes, _) => Some(Topic::Oauth),
        (Verdict::NotPermitted | Verdict::ClientNotAllowlisted, _) => Some(Topic::Permissions),
        (
            Verdict::Anonymous | Verdict::TokenRefused | Verdict::LoginPage,
            Kind::DevelopmentToken,
        ) => Some(Topic::DevelopmentToken),
        (Verdict::TokenRefused, Kind::OauthServerToServer) => Some(Topic::Oauth),
        (Verdict::TokenRefused, _) => Some(Topic::Rotate),
        (Verdict::Anonymous | Verdict::LoginPage, _) => Some(Topic::Permissions),
        _ => None,
    }
}

/// A guide, with the names of an environment filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Guide {
    pub topic: Topic,
    /// The title.
    pub title: String,
    /// The identity whose names are filled in; null for a general guide.
    pub name: Option<String>,
    /// What the guide is for.
    pub intro: String,
    /// Who may carry it out.
    pub who_may: String,
    /// The steps, in order.
    pub steps: Vec<GuideStep>,
}

/// A step of a guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GuideStep {
    /// Never changes: ticks are stored under it.
    pub id: &'static str,
    /// What to do.
    pub text: Guidance,
    /// The address of a page that helps.
    pub link: Option<String>,
    pub file: Option<File>,
    /// Minutes until the change has reached every tier; an earlier test proves nothing.
    pub wait_minutes: Option<u8>,
    /// Whether it is known to be done, or was ticked.
    pub done: bool,
    /// Programs that would stop: the step waits until they have the new credential.
    pub locked_by: Vec<String>,
}

/// A file that a step asks the user to save.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct File {
    /// The name of the file.
    pub name: &'static str,
    /// The content.
    pub text: String,
}

impl Guide {
    /// Builds a guide without names, for use before anything is stored.
    pub fn general(topic: Topic) -> Self {
        build(topic, None)
    }

    /// Builds the guide of an identity. A step that the list knows to be done is done, with those before it.
    pub fn of(
        topic: Topic,
        environment: &EnvironmentEntry,
        identity: &IdentityEntry,
        now: Timestamp,
    ) -> Self {
        let mut guide = build(topic, Some((environment, identity)));
        let is_known = |step: &GuideStep| {
            let mut lines = content::of(topic).lines.iter();
            let known = lines
                .find(|line| line.id == step.id)
                .and_then(|it| it.known);
            known.is_some_and(|known| is_so(known, environment, identity, now))
        };
        let last = guide.steps.iter().rposition(is_known);
        for step in guide.steps.iter_mut().take(last.map_or(0, |at| at + 1)) {
            step.done = true;
        }
        guide
    }

    pub fn file(&self) -> Option<&File> {
        self.steps.iter().find_map(|step| step.file.as_ref())
    }
}

type Whose<'a> = Option<(&'a EnvironmentEntry, &'a IdentityEntry)>;

fn build(topic: Topic, whose: Whose<'_>) -> Guide {
    let text = content::of(topic);
    Guide {
        topic,
        title: text.title.to_owned(),
        name: whose.map(|(environment, identity)| super::resolve::full_name(environment, identity)),
        intro: fill(text.intro, whose),
        who_may: fill(text.who_may, whose),
        steps: text
            .lines
            .iter()
            .filter(|line| fits(line.when, whose))
            .map(|line| step(line, whose))
            .collect(),
    }
}

fn fits(when: When, whose: Whose<'_>) -> bool {
    let kind = whose.map(|(_, identity)| identity.kind);
    let is_rde =
        whose.is_some_and(|(environment, _)| environment.environment_type == EnvironmentType::Rde);
    match when {
        When::Always => true,
        // If the kind is unknown, both variants are shown.
        When::Oauth => kind.is_none_or(|kind| kind == Kind::OauthServerToServer),
        When::NotOauth => kind.is_none_or(|kind| kind != Kind::OauthServerToServer),
        When::Rde => is_rde,
        When::NotRde => !is_rde,
    }
}

fn step(line: &StepText, whose: Whose<'_>) -> GuideStep {
    let locked_by = if line.revokes_old {
        without_new(whose)
    } else {
        Vec::new()
    };
    let mut text = Guidance::default();
    if !locked_by.is_empty() {
        let who = locked_by.join(", ");
        text.push(format!(
            "Not yet: the old credential is still used by {who}. To tick one after its update, "
        ));
        text.push(for_whom(NextStep::TickUser, whose));
        text.push(". ");
    }
    text.append(steps_in(line.text, whose));
    GuideStep {
        id: line.id,
        text,
        done: false,
        locked_by,
        link: line.link.and_then(|place| address(place, whose)),
        file: line.api_yaml.then(|| File {
            name: "api.yaml",
            text: api_yaml(whose),
        }),
        wait_minutes: line.wait_minutes,
    }
}

/// Returns the link of a page. `None` if it needs a host that is not known.
fn address(place: ConsolePage, whose: Whose<'_>) -> Option<String> {
    const CLOUD_MANAGER: &str = "https://experience.adobe.com/cloud-manager";
    let author = || {
        let (environment, _) = whose?;
        Some(environment.hosts.of(Tier::Author)?.origin())
    };
    match place {
        ConsolePage::CloudManager => Some(CLOUD_MANAGER.to_owned()),
        // The console's address cannot be derived from the ids; Cloud Manager links to it.
        ConsolePage::DeveloperConsole => Some(
            whose
                .and_then(|(environment, _)| environment.console_url.clone())
                .unwrap_or_else(|| CLOUD_MANAGER.to_owned()),
        ),
        ConsolePage::AdminConsole => Some("https://adminconsole.adobe.com/".to_owned()),
        ConsolePage::AdobeDeveloperConsole => {
            Some("https://developer.adobe.com/console".to_owned())
        }
        ConsolePage::Users => author().map(|origin| format!("{origin}/security/users.html")),
        ConsolePage::Support => Some("https://experienceleague.adobe.com/support".to_owned()),
    }
}

fn without_new(whose: Whose<'_>) -> Vec<String> {
    whose.map_or_else(Vec::new, |(_, identity)| {
        identity.without_new().map(str::to_owned).collect()
    })
}

/// Returns whether the list says so.
fn is_so(
    known: Known,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    now: Timestamp,
) -> bool {
    match known {
        Known::Stored(kind) => environment.identities.iter().any(|it| it.kind == kind),
        Known::SignedIn => {
            let signed_in = Verdict::SignedIn.code();
            let mut tests = identity.last_test.iter();
            identity.kind.can_exchange()
                && tests.any(|it| it.tier == Tier::Author && it.verdict == signed_in.as_str())
        }
        Known::Candidate => matches!(
            remaining_steps(identity),
            Some(RemainingSteps::Candidate {
                went_back: false,
                ..
            })
        ),
        // One that has expired is of an earlier rotation.
        Known::Replaced => stored_old(identity).is_some_and(|old| {
            old.state != RevisionState::Active && old.facts.not_after.is_none_or(|end| end > now)
        }),
        Known::HandedOn => {
            is_so(Known::Replaced, environment, identity, now)
                && !identity.used_by.is_empty()
                && identity.without_new().next().is_none()
        }
        Known::Revoked => stored_old(identity).is_some_and(|old| {
            let fingerprint = &old.facts.fingerprint;
            let mut leaked = identity.leaked.iter();
            leaked.any(|key| key.revoked && key.fingerprint == *fingerprint)
        }),
    }
}

/// Returns the revision to revoke: a leaked one, else the one before the active one.
fn stored_old(identity: &IdentityEntry) -> Option<&Revision> {
    let mut held = identity.revisions.iter();
    let leaked = held.find(|known| known.leaked);
    leaked.or_else(|| identity.in_state(RevisionState::Old))
}

/// The fingerprint of the credential to revoke. Never the active one, unless it leaked.
fn old_fingerprint(identity: &IdentityEntry) -> Option<String> {
    let deleted = || {
        let marks = identity.leaked.iter().rev();
        marks.into_iter().find(|key| !key.revoked)
    };
    stored_old(identity)
        .map(|known| &known.facts.fingerprint)
        .or_else(|| deleted().map(|key| &key.fingerprint))
        .map(ToString::to_string)
        .or_else(|| {
            let active = &identity.credential.as_ref()?.fingerprint;
            Some(format!(
                "that of the old credential (not {active}, which is in use until you rotate)"
            ))
        })
}

/// The step, with the identity as its subject.
fn for_whom(step: NextStep, whose: Whose<'_>) -> Part {
    match whose {
        Some((environment, identity)) => step.of(super::resolve::full_name(environment, identity)),
        None => step.into(),
    }
}

/// Replaces `{Rotate}` and the like with steps, and other `{..}` as in [`fill`].
fn steps_in(text: &str, whose: Whose<'_>) -> Guidance {
    let subject =
        whose.map(|(environment, identity)| super::resolve::full_name(environment, identity));
    Guidance::template(text, subject.as_deref(), |text| fill(text, whose))
}

/// Replaces `{..}` with names, or with a general description where a name is not known.
fn fill(text: &str, whose: Whose<'_>) -> String {
    let facts = whose.and_then(|(_, identity)| identity.credential.as_ref());
    let known = |value: Option<String>, otherwise: &str| {
        value
            .filter(|value| !value.is_empty())
            .unwrap_or_else(|| otherwise.to_owned())
    };
    let ids = whose.and_then(|(environment, _)| environment.ids);
    let names = [
        (
            "{environment}",
            known(
                whose.map(|(environment, _)| match environment.ids {
                    Some(ids) => format!("{} ({ids})", environment.name),
                    None => environment.name.to_string(),
                }),
                "your environment",
            ),
        ),
        (
            "{program}",
            known(
                ids.map(|ids| format!("the program {}", ids.program)),
                "your program",
            ),
        ),
        (
            "{client}",
            known(
                facts.map(|facts| format!("with the client id {}", facts.client_id)),
                "whose client id is in your file (`clientId`)",
            ),
        ),
        (
            "{login}",
            known(
                facts.and_then(|facts| facts.technical_account_email.clone()),
                "the login name of the account (`email` in your file, ...@techacct.adobe.com)",
            ),
        ),
        (
            "{author}",
            known(
                whose
                    .and_then(|(environment, _)| environment.hosts.of(Tier::Author))
                    .map(aemkeys_core::environment::TierAddress::origin),
                "author",
            ),
        ),
        (
            "{fingerprint}",
            known(
                facts.map(|facts| facts.fingerprint.to_string()),
                "that of the old credential",
            ),
        ),
        (
            "{old_fingerprint}",
            known(
                whose.and_then(|(_, identity)| old_fingerprint(identity)),
                "that of the old credential",
            ),
        ),
        (
            "{used_by}",
            known(
                whose.map(|(_, identity)| {
                    let names: Vec<&str> = identity
                        .used_by
                        .iter()
                        .map(|who| who.name.as_str())
                        .collect();
                    names.join(", ")
                }),
                "every server and program that uses it",
            ),
        ),
    ];
    names.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(name, value)
    })
}

/// The file for the configuration pipeline that lists which OAuth client AEM allows on which tier.
fn api_yaml(whose: Whose<'_>) -> String {
    let client = whose
        .filter(|(_, identity)| identity.kind == Kind::OauthServerToServer)
        .and_then(|(_, identity)| identity.credential.as_ref())
        .map_or("<client_id>", |facts| facts.client_id.as_str());
    // The id is cleaned text of a file: quoted as JSON, it is one YAML string whatever it holds.
    let client = serde_json::Value::from(client).to_string();
    let mut text = String::from("kind: \"API\"\nversion: \"1\"\ndata:\n  allowedClientIDs:\n");
    for tier in Tier::STORED {
        let has_tier = whose.is_none_or(|(environment, _)| {
            environment.hosts.is_empty() || environment.hosts.of(tier).is_some()
        });
        if has_tier {
            text.extend(["    ", tier.as_str(), ":\n      - ", &client, "\n"]);
        }
    }
    text
}

#[cfg(test)]
mod tests;
