//! The model of the dashboard. It has one owner and contains no secrets.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::action::{Action, Context};
use super::auto_refresh::Schedule;
use super::counts::UrgencyCounts;
use super::failures::Failures;
use super::list::ListContext;
pub use super::list::{IdentityList, ListOrder, Shown, Sort};
use super::local_server::LocalServer;
use super::next_step::{in_keys, press};
use super::notices::Notices;
use super::settings::Settings;
use super::task::Tasks;
pub use super::theme::Tone;
use super::update::OpenedByDigit;
use super::widgets::TextInput;
use crate::app::activity::ActivityEntry;
use crate::app::guide::{Guide, GuideTicks, Topic};
use crate::app::panel_split::PanelSplit;
use crate::app::storage::StorageStatus;
use crate::app::{EnvironmentEntry, IdentityEntry, Index, Wait, urgency};
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::credential::{Guidance, Kind, Problem};
use aemkeys_core::time;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub tone: Tone,
    pub text: String,
    pub until: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorEntry {
    pub at: Timestamp,
    /// The subject: a name, or "aemkeys".
    pub about: String,
    pub problem: Problem,
    pub read: bool,
}

impl ErrorEntry {
    /// Whether an entry of the activity tells of this error.
    pub fn is_told_by(&self, text: &str) -> bool {
        text.strip_prefix(self.about.as_str())
            .is_some_and(|rest| rest.starts_with(": "))
    }
}

/// The last removal or edit. The worker holds what it replaced until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoOffer {
    /// For example `removal of wknd-dev`.
    pub what: String,
    pub until: Timestamp,
}

/// Continues the message about a copied secret on the clipboard of the terminal.
pub const NOT_CLEARED: &str = "; the terminal can't clear it";

/// The text on the clipboard that the dashboard put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipboardHold {
    pub what: String,
    /// `None` if it is not secret, or can't be cleared from here.
    pub clears_at: Option<Timestamp>,
    pub is_secret: bool,
}

impl ClipboardHold {
    /// Returns what to tell the user who quits while it is on the clipboard.
    pub fn after_quitting(&self, now: Timestamp) -> Option<String> {
        let what = &self.what;
        match self.clears_at {
            Some(at) => {
                let left = time::duration(at.duration_since(now).max(SignedDuration::ZERO));
                Some(format!("{what} stays on the clipboard for {left}"))
            }
            None if self.is_secret => Some(format!(
                "{what} stays on the clipboard of the terminal, which can't be cleared from here"
            )),
            None => None,
        }
    }
}

/// The state of the storage, checked only while nothing is stored and no storage is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StorageCheck {
    #[default]
    NotStarted,
    Running,
    Found(Result<StorageStatus, Problem>),
}

/// An environment and one of its identities.
pub type Entries<'a> = (&'a EnvironmentEntry, &'a IdentityEntry);

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub now: Timestamp,
    pub columns: u16,
    pub rows: u16,
    /// The height of the status, which grows with its message.
    pub status_rows: u16,
    /// Of the page that gets the input. It decides which keys are bound.
    pub context: Context,
    pub settings: Settings,
    pub index: Arc<Index>,
    /// Why the list on disk can't be read; `index` is the last good one.
    pub list_lost: Option<Problem>,
    pub list: IdentityList,
    pub tasks: Tasks,
    pub failures: Failures,
    pub notices: Notices,
    pub counts: UrgencyCounts,
    /// The count that was typed for the next movement.
    pub count: Option<usize>,
    pub opened_by_digit: Option<OpenedByDigit>,
    /// What a job has been waiting for, if it takes long.
    pub storage_waits: Option<Wait>,
    pub toast: Option<Toast>,
    /// Newest first.
    pub errors: Vec<ErrorEntry>,
    /// Newest first.
    pub activity: Vec<ActivityEntry>,
    /// Entries not yet written to disk, oldest first.
    pub unsaved_activity: Vec<ActivityEntry>,
    pub clipboard: Option<ClipboardHold>,
    pub undo: Option<UndoOffer>,
    /// The identity to select once it is in the list.
    pub awaited: Option<Uuid>,
    /// In the order of their start.
    pub servers: Vec<LocalServer>,
    /// The ticks of the guides, and the reminders to test.
    pub guides: GuideTicks,
    pub auto_refresh: Schedule,
    pub storage_check: StorageCheck,
    /// How the user divided the screen.
    pub split: Option<PanelSplit>,
    /// The last action on a row, which can be repeated on another.
    pub last_on_row: Option<Action>,
    pub quitting: bool,
}

/// `X` exchanges tokens with less than this left.
const DUE: SignedDuration = SignedDuration::from_mins(60);

impl Model {
    pub fn new(index: Arc<Index>, settings: Settings, now: Timestamp) -> Self {
        let mut model = Self {
            now,
            columns: 80,
            rows: 24,
            activity: settings.activity.clone(),
            settings,
            index,
            ..Self::default()
        };
        model.reorder();
        model.count();
        let first = model.list.shown_rows().next().map(|row| row.identity);
        model.list.selected = first;
        model.show_notices();
        model
    }

    /// Returns the frame of the spinner, or a fixed glyph without motion.
    pub fn spinner(&self) -> &'static str {
        let glyphs = &self.settings.theme.glyphs;
        if !self.settings.motion {
            return glyphs.dot;
        }
        let step = usize::try_from(self.now.as_millisecond().rem_euclid(60_000) / 100);
        glyphs.spinner[step.unwrap_or(0) % glyphs.spinner.len()]
    }

    /// Sorts the list.
    pub fn reorder(&mut self) {
        self.list(IdentityList::reorder);
    }

    /// Replaces the index.
    pub fn load(&mut self, index: Arc<Index>) {
        self.index = index;
        self.failures.retain(&self.index);
        self.list(IdentityList::refresh);
        self.count();
        if let Some(identity) = self.awaited.take() {
            self.show(identity);
        }
    }

    /// Counts the urgencies, after a change of the index, of a failure or of one of them.
    pub fn count(&mut self) {
        self.counts = UrgencyCounts::of(
            &self.index,
            &self.failures,
            self.now,
            &self.settings.thresholds,
        );
    }

    pub fn filter(&mut self, text: &str) {
        self.list.filter = TextInput::new(text);
        self.filter_changed();
    }

    /// Returns why there is no next match on a tab.
    pub fn has_matches(&self, action: Action) -> Result<(), String> {
        let is_match = matches!(action, Action::NextMatch | Action::PreviousMatch);
        if is_match && self.list.filter.is_empty() {
            let filter = self.press(Action::Filter);
            return Err(format!("no filter: {filter} to filter"));
        }
        Ok(())
    }

    /// Applies a changed filter.
    pub fn filter_changed(&mut self) {
        self.list(IdentityList::filter_changed);
    }

    fn list(&mut self, change: impl FnOnce(&mut IdentityList, &ListContext<'_>)) {
        let context = ListContext {
            index: &self.index,
            failures: &self.failures,
            now: self.now,
            thresholds: &self.settings.thresholds,
        };
        change(&mut self.list, &context);
    }

    pub fn selected_entry(&self) -> Option<Entries<'_>> {
        self.index.identity(self.list.selected?)
    }

    pub fn name_of(&self, identity: Uuid) -> String {
        crate::app::resolve::name_of(&self.index, identity)
    }

    /// Renders an action as the key to press, for example `press x`.
    pub fn press(&self, action: Action) -> String {
        press(action, &self.settings.keymap)
    }

    /// Renders guidance with the keys in use.
    pub fn in_keys(&self, guidance: &Guidance) -> String {
        in_keys(guidance, &self.settings.keymap, self.context)
    }

    pub fn paths_of(&self, identity: Uuid) -> &[String] {
        self.index
            .identity(identity)
            .map_or(&[], |(environment, _)| {
                self.index.recent_paths(environment.id)
            })
    }

    pub fn credential_state(&self, identity: &IdentityEntry) -> Urgency {
        urgency::of_credential(identity, self.now, &self.settings.thresholds)
    }

    pub fn token_state(&self, identity: &IdentityEntry) -> Urgency {
        urgency::of_token(identity, self.now, &self.settings.thresholds)
    }

    /// Returns why the identity can't be exchanged.
    pub fn can_exchange(&self, identity: &IdentityEntry) -> Result<(), String> {
        match identity.kind {
            Kind::Local => Err("a local SDK needs no token".to_owned()),
            Kind::DevelopmentToken => {
                let paste = self.press(Action::PasteToken);
                Err(format!(
                    "a local development token can't be exchanged: {paste} to paste a new one"
                ))
            }
            Kind::ServiceCredentials | Kind::OauthServerToServer => Ok(()),
        }
    }

    /// Returns why auto-refresh is not available. It can always be turned off.
    pub fn can_auto_refresh(&self, identity: &IdentityEntry) -> Result<(), String> {
        self.can_exchange(identity)?;
        if !identity.auto_refresh && self.credential_state(identity) == Urgency::Expired {
            let rotate = self.press(Action::Rotate);
            return Err(format!("the credential has expired: {rotate} to rotate it"));
        }
        Ok(())
    }

    pub fn identities(&self) -> impl Iterator<Item = Entries<'_>> {
        self.index.identities()
    }

    /// Returns the targets of `x`, `t`, `f` and `d`: the visible marked rows in order, else the row under the cursor.
    pub fn targets(&self) -> Vec<Uuid> {
        let marked = self.list.marked_in_sight();
        if marked.is_empty() {
            return self.list.selected.into_iter().collect();
        }
        marked
    }

    pub fn target_entries(&self) -> Vec<Entries<'_>> {
        let targets = self.targets();
        if let [one] = targets.as_slice() {
            return self.index.identity(*one).into_iter().collect();
        }
        // Each frame asks, and a search for each of a thousand marked rows would be slow.
        let all: HashMap<Uuid, Entries<'_>> = self.identities().map(|it| (it.1.id, it)).collect();
        let targets = targets.iter();
        targets.filter_map(|id| all.get(id).copied()).collect()
    }

    /// Returns the identities that `X` exchanges, with no token or less than 60 minutes left; or the production and untyped
    /// ones among them that it skips because they are not marked.
    pub fn due_for_exchange(&self, skipped: bool) -> Vec<Uuid> {
        // Marks hidden by the filter don't count.
        let marked = self.list.marked_in_sight();
        self.identities()
            .filter(|(environment, identity)| {
                let guarded =
                    environment.environment_type.is_guarded() && !marked.contains(&identity.id);
                identity.kind.can_exchange()
                    && guarded == skipped
                    && self.credential_state(identity) != Urgency::Expired
                    && identity
                        .token
                        .as_ref()
                        .is_none_or(|token| token.expires_at.is_none_or(|end| end - DUE < self.now))
            })
            .map(|(_, identity)| identity.id)
            .collect()
    }

    /// Returns the next identity to test because of a guide, and the time from which a test is meaningful.
    pub fn test_reminder(&self) -> Option<(Uuid, Timestamp)> {
        const STALE: SignedDuration = SignedDuration::from_hours(24);
        self.guides
            .reminders()
            .filter(|(_, at)| *at + STALE > self.now)
            .filter(|(id, at)| {
                self.index.identity(*id).is_some_and(|(_, identity)| {
                    identity.last_test.iter().all(|record| record.at < *at)
                })
            })
            .min_by_key(|(_, at)| *at)
    }

    /// Handles Esc on a tab: clears the filter, else the range, else the marks, and returns whether there was one of them.
    pub fn clear_one(&mut self) -> bool {
        if !self.list.filter.is_empty() {
            self.filter("");
        } else if self.list.range_from.is_some() {
            self.list.range_from = None;
            self.toast = None;
        } else if !self.list.marks.is_empty() {
            self.list.marks.clear();
        } else {
            return false;
        }
        true
    }

    /// Moves the cursor to an identity, as soon as it is in the list. Clears a filter that hides it.
    pub fn show(&mut self, identity: Uuid) {
        if !self.list.rows.iter().any(|row| row.identity == identity) {
            self.awaited = Some(identity);
            return;
        }
        if !self.list.is_matching(identity) {
            self.filter("");
        }
        self.list.selected = Some(identity);
        self.list(IdentityList::refresh);
    }

    /// Returns the guide for the identity, or the general one.
    pub fn guide(&self, topic: Topic, identity: Option<Uuid>) -> Guide {
        match identity.and_then(|id| self.index.identity(id)) {
            Some((environment, identity)) => Guide::of(topic, environment, identity, self.now),
            None => Guide::general(topic),
        }
    }

    pub fn unread_error(&self) -> Option<&ErrorEntry> {
        self.errors.iter().find(|entry| !entry.read)
    }
}
