//! Adds missing console links, and sets the type of untyped environments. Changes nothing else.

use uuid::Uuid;

use super::AppContext;
use super::compare::{ComparedEnvironment, Comparison, Difference};
use crate::app::edit::{self, Edit, Edited};
use crate::app::guard::Confirmed;
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::EnvironmentType;

/// What can be filled in for one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub environment: Uuid,
    pub name: String,
    pub console: Option<String>,
    pub environment_type: Option<EnvironmentType>,
}

impl Change {
    /// Returns `None` if nothing can be filled in.
    pub fn of(row: &ComparedEnvironment) -> Option<Self> {
        let stored = row.stored.as_ref()?;
        let change = Self {
            environment: stored.id,
            name: stored.name.clone(),
            console: row
                .cloud
                .console
                .clone()
                .filter(|_| row.has(Difference::NoConsole)),
            environment_type: row
                .cloud
                .environment_type()
                .filter(|_| row.has(Difference::NoType)),
        };
        (change.console.is_some() || change.environment_type.is_some()).then_some(change)
    }

    pub fn all(comparison: &Comparison) -> Vec<Self> {
        comparison.rows.iter().filter_map(Self::of).collect()
    }

    /// Returns the changes in words: `type Stage, console link`.
    pub fn words(&self) -> String {
        let environment_type = self
            .environment_type
            .map(|it| format!("type {}", it.title()));
        let console = self.console.as_ref().map(|_| "console link".to_owned());
        let parts: Vec<String> = environment_type.into_iter().chain(console).collect();
        parts.join(", ")
    }

    /// Returns the change as an edit.
    pub fn edit(&self, confirmed: Option<Confirmed>) -> Edit {
        Edit {
            console_url: self.console.clone(),
            environment_type: self.environment_type,
            confirmed,
            ..Edit::default()
        }
    }

    /// Returns whether the environment's name must be typed: an untyped one counts as production.
    pub async fn needs_confirmation(&self, context: &AppContext) -> Result<bool, Problem> {
        edit::needs_confirmation(context, self.environment, self.edit(None)).await
    }

    pub async fn apply(
        &self,
        context: &AppContext,
        confirmed: Option<Confirmed>,
    ) -> Result<Edited, Problem> {
        let edit = self.edit(confirmed);
        edit::environment(context, self.environment, edit).await
    }
}
