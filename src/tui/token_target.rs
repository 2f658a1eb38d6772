//! Where a pasted development token goes, and the form that asks for it.

use super::effect::TokenTarget;
use super::model::Model;
use super::widgets::{Button, Form};
use crate::app::token::TokenHolder;
use aemkeys_core::credential::Kind;

impl Model {
    /// Returns the target of a pasted token: the environment under the cursor.
    pub fn token_target(&self) -> Option<TokenTarget> {
        let (environment, identity) = self.selected_entry()?;
        let person = if identity.kind == Kind::DevelopmentToken {
            Some(identity)
        } else {
            crate::app::resolve::development_identity(environment)
        };
        Some(TokenTarget {
            environment: environment.id,
            holder: person.map(|person| person.id).into(),
            name: environment.name.to_string(),
        })
    }

    /// Returns the buttons to store a pasted token. On a production or untyped environment, Cancel is selected.
    pub fn token_form(&self, target: &TokenTarget, more: &[Button]) -> Form {
        let mut buttons = vec![Button::PASTE];
        if matches!(target.holder, TokenHolder::Identity(_)) {
            buttons.push(Button::NEW_IDENTITY);
        }
        buttons.extend(more);
        buttons.push(Button::CANCEL);
        let mut form = Form {
            goes_to: Some(self.describe(target)),
            ..Form::new(Vec::new(), buttons)
        };
        if self.is_guarded(target) {
            form.select(Button::CANCEL);
        }
        form
    }

    /// Returns whether the environment is, or may be, production.
    pub fn is_guarded(&self, target: &TokenTarget) -> bool {
        let known = self.index.environment(target.environment);
        known.is_none_or(|entry| entry.environment_type.is_guarded())
    }

    /// The identity that gets the token: `wknd-dev/developer`.
    pub fn receiver(&self, target: &TokenTarget) -> String {
        let identity = match target.holder {
            TokenHolder::Identity(id) => self.index.identity(id),
            _ => None,
        };
        match identity {
            Some((environment, identity)) => format!("{}/{}", environment.name, identity.label),
            None => format!("{}, new identity", target.name),
        }
    }

    /// `wknd-dev (Development)`.
    pub fn describe(&self, target: &TokenTarget) -> String {
        match self.index.environment(target.environment) {
            Some(known) => format!("{} ({})", target.name, known.environment_type.title()),
            None => target.name.clone(),
        }
    }
}
