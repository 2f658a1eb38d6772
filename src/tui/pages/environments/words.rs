//! The list in words, for the linear mode: a line for each identity, with everything that the columns show.

use ratatui::layout::Rect;

use super::list::no_matches;
use crate::app::{EnvironmentEntry, IdentityEntry, SecretState, overview};
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, Shown};
use crate::tui::row::IdentityRow;
use crate::tui::widgets::Painter;
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::time;

pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect) {
    let mut places = area.rows();
    let mut line = |text: String, target: Option<ClickTarget>| {
        if let Some(place) = places.next() {
            painter.line(place, text);
            if let Some(target) = target {
                painter.hits.add(place, target);
            }
        }
    };
    line(title(model), None);
    for shown in &model.list.shown {
        match shown {
            Shown::Group(heading) => {
                let customer = match heading.customer.as_str() {
                    "" => "no customer",
                    customer => customer,
                };
                let count = counted(heading.identities, "identity");
                let collapsed = if heading.is_collapsed {
                    ", collapsed"
                } else {
                    ""
                };
                let target = ClickTarget::Group(heading.key.clone());
                line(format!("{customer}, {count}{collapsed}"), Some(target));
            }
            Shown::Row(at) => {
                let row = &model.list.rows[*at];
                if let Some((environment, identity)) = model.index.identity(row.identity) {
                    let target = ClickTarget::Row(row.identity);
                    line(words(model, row, environment, identity), Some(target));
                }
            }
        }
    }
    if model.list.shown.is_empty() {
        line(no_matches(model), None);
    }
}

fn title(model: &Model) -> String {
    let list = &model.list;
    let count = counted(list.rows.len(), "identity");
    let mut title = format!("Environments by {}, {count}", list.order.words());
    if let Some(words) = model.counts.attention_words() {
        title.extend([", ", &words]);
    }
    if !list.filter.is_empty() {
        let count = list.shown_count();
        title.push_str(&format!(", filter {}, {count} shown", list.filter.text()));
    }
    if !list.marks.is_empty() {
        title.push_str(&format!(", {} marked", list.marks.len()));
    }
    title
}

fn words(
    model: &Model,
    row: &IdentityRow,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> String {
    let failures = model.failures.of(identity.id);
    let failures = failures.map(|(attempt, _)| attempt.title().to_lowercase());
    let failures: Vec<String> = failures.collect();
    let is = |is: bool, word: &str| if is { word.to_owned() } else { String::new() };
    let parts = [
        row.name.clone(),
        is(
            identity.kind != Kind::Local,
            environment.environment_type.title(),
        ),
        row.customer.clone(),
        credential(model, identity),
        token(model, identity),
        failures.join(", "),
        is(identity.auto_refresh, "auto-refresh"),
        is(model.list.marks.contains(&identity.id), "marked"),
        is(model.list.range_from == Some(identity.id), "range starts"),
        is(model.list.selected == Some(identity.id), "selected"),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

fn credential(model: &Model, identity: &IdentityEntry) -> String {
    let facts = identity.credential.as_ref();
    let end = facts.and_then(|facts| facts.not_after);
    let words = match (identity.secret, identity.kind, end) {
        (SecretState::Missing, ..) => "credential missing from the storage".to_owned(),
        (SecretState::Damaged, ..) => "credential damaged in the storage".to_owned(),
        (_, Kind::Local, _) => "local SDK".to_owned(),
        (_, Kind::DevelopmentToken, _) => overview::token_owner(identity).to_owned(),
        (_, Kind::OauthServerToServer, None) => "OAuth credential, no expiry".to_owned(),
        (.., Some(_)) if model.credential_state(identity) == Urgency::NotYetValid => {
            "credential not yet valid".to_owned()
        }
        (.., Some(end)) => format!("credential {}", time::expiry(end, model.now)),
        (.., None) => "credential expiry unknown".to_owned(),
    };
    if identity.signs_in_leaked() {
        format!("{words}, marked as leaked")
    } else {
        words
    }
}

fn token(model: &Model, identity: &IdentityEntry) -> String {
    if let Some(task) = model.tasks.on(identity.id) {
        return format!("{} it", task.work.words());
    }
    let end = identity.token.as_ref().map(|token| token.expires_at);
    match (model.token_state(identity), end) {
        (Urgency::NotNeeded, _) => String::new(),
        (_, None) => "no token yet".to_owned(),
        (_, Some(Some(end))) => format!("token {}", time::expiry(end, model.now)),
        (_, Some(None)) => "token expiry unknown".to_owned(),
    }
}
