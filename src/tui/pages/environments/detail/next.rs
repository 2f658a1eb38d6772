//! The next action for an identity, which stands first in the details.

use ratatui::style::Style;
use ratatui::text::Span;

use super::{Details, LABEL};
use crate::app::rotate::{RemainingSteps, remaining_steps};
use crate::app::{EnvironmentEntry, IdentityEntry, SecretState};
use crate::tui::action::Action;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use crate::tui::widgets::hanging;
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::time;

impl Details<'_, '_> {
    /// A failure says by itself what to do next.
    pub(super) fn next(&mut self, environment: &EnvironmentEntry, identity: &IdentityEntry) {
        let (model, theme) = (self.model, self.theme);
        if model.failures.of(identity.id).next().is_some() || model.tasks.on(identity.id).is_some()
        {
            return;
        }
        let (action, words, style) = next_action(model, theme, environment, identity);
        let key = if theme.glyphs.is_words {
            format!("{}:", model.press(action))
        } else {
            let key = model.settings.keymap.hint(action);
            key.unwrap_or_default()
        };
        let head = vec![
            Span::styled(format!("{:<LABEL$}", "Next"), theme.strong),
            Span::styled(format!("{key} "), theme.accent),
        ];
        let lines = hanging(head, &words, style, self.columns);
        self.lines.extend(lines);
        self.gap();
    }
}

fn next_action(
    model: &Model,
    theme: &Theme,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> (Action, String, Style) {
    let credential = model.credential_state(identity);
    let (_, _, urgency) = theme.state(credential);
    match identity.secret {
        SecretState::Missing => return (Action::Add, "add it again".to_owned(), theme.over),
        SecretState::Damaged => {
            let words = "see what can be repaired".to_owned();
            return (Action::PageDoctor, words, theme.over);
        }
        SecretState::Present => {}
    }
    if let Some(left) = remaining_steps(identity) {
        // Until the old key is revoked, whoever has it can sign in.
        let is_rotated = !matches!(
            left,
            RemainingSteps::Begun { .. } | RemainingSteps::Candidate { .. }
        );
        if is_rotated && identity.has_leaked() {
            let words = format!("handle the leak: {}", left.words());
            return (Action::Danger, words, theme.urgent);
        }
        let next = match left {
            RemainingSteps::Begun { .. } => "continue the rotation",
            RemainingSteps::Candidate { .. } => "try the new credential again",
            RemainingSteps::UpdatePrograms { .. } | RemainingSteps::RevokeOld { .. } => {
                "see what is left of the rotation"
            }
        };
        let words = format!("{next}: {}", left.words());
        return (Action::Rotate, words, theme.soon);
    }
    if identity.signs_in_leaked() {
        return (Action::Danger, "handle the leak".to_owned(), theme.urgent);
    }
    let facts = identity.credential.as_ref();
    let expires = facts.and_then(|facts| facts.not_after);
    match (identity.kind, credential, expires) {
        (Kind::ServiceCredentials, Urgency::Expired, _) => {
            return (Action::Rotate, "rotate now".to_owned(), urgency);
        }
        (Kind::ServiceCredentials, Urgency::Urgent | Urgency::Soon, Some(end)) => {
            let date = time::date(end, &model.settings.zone);
            return (Action::Rotate, format!("rotate before {date}"), urgency);
        }
        _ => {}
    }
    let needs_token = matches!(
        model.token_state(identity),
        Urgency::NoneYet | Urgency::Expired | Urgency::Urgent
    );
    let (action, words) = match identity.kind {
        _ if environment.hosts.is_empty() => (Action::Edit, "set the hosts"),
        Kind::Local => (Action::Open, "open author or publish"),
        Kind::DevelopmentToken if needs_token => (Action::PasteToken, "paste today's token"),
        _ if needs_token => (Action::Exchange, "exchange for a token"),
        _ if identity.last_test.is_empty() => (Action::Test, "test the token"),
        _ => (Action::Copy, "copy the token"),
    };
    (action, words.to_owned(), theme.text)
}
