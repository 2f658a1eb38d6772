//! The details: the next action, hosts, credential with who must act, token, last tests and notes.

mod next;
mod results;

pub use results::last_test;

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::{EnvironmentEntry, IdentityEntry, SecretState};
use crate::tui::action::Action;
use crate::tui::links::LinkAddress;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Painter, Panel, address_text, bar, bar_line, hanging, paragraph};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::{EnvironmentType, Tier};
use aemkeys_core::time;

const LABEL: usize = 12;

/// `is_active` if the details have the focus on their page.
pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect, is_active: bool, scroll: usize) {
    if area.is_empty() {
        return;
    }
    let focused = is_active && painter.is_focused;
    painter.hits.add(area, ClickTarget::Detail);
    let theme = painter.theme;
    let Some((environment, identity)) = model.selected_entry() else {
        let inner = painter.panel(area, Panel::new("").focused(focused));
        if let Some(group) = model.list.selected_group() {
            let expand = model.press(Action::Collapse);
            let count = counted(group.identities, "identity");
            painter.notice(inner, &format!("{count}. To expand the group, {expand}"));
        }
        return;
    };
    let style = if environment.environment_type == EnvironmentType::Production {
        theme.production
    } else {
        theme.quiet
    };
    let kind = environment.environment_type.title();
    let name = model.name_of(identity.id);
    let panel = Panel::new(name).right(Line::styled(kind, style));
    let inner = painter.panel(area, panel.padded().focused(focused));
    let lines = lines(model, theme, environment, identity, inner.width);
    painter.scrolled(inner, &lines, scroll);
    if focused {
        painter.cursor(inner, 0);
    }
}

/// Returns the number of lines, for scrolling.
pub fn length(model: &Model, columns: u16) -> usize {
    let theme = &model.settings.theme;
    model.selected_entry().map_or(0, |(environment, identity)| {
        lines(model, theme, environment, identity, columns).len()
    })
}

fn lines<'a>(
    model: &Model,
    theme: &Theme,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    columns: u16,
) -> Vec<Line<'a>> {
    let mut details = Details {
        model,
        theme,
        columns,
        lines: Vec::new(),
    };
    details.failures(identity);
    details.next(environment, identity);
    details.hosts(environment);
    details.credential(identity);
    details.token(identity);
    details.tests(environment, identity);
    details.notes(environment, identity);
    details.details(identity);
    details.lines
}

struct Details<'m, 'a> {
    model: &'m Model,
    theme: &'m Theme,
    columns: u16,
    lines: Vec<Line<'a>>,
}

impl<'a> Details<'_, 'a> {
    fn push(&mut self, spans: Vec<Span<'a>>) {
        self.lines.push(Line::from(spans));
    }

    fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    fn labelled(&mut self, label: &str, text: &str) {
        self.labelled_as(label, text, self.theme.text);
    }

    /// Adds a host that links to its page.
    fn host(&mut self, label: &str, text: &str, address: Option<LinkAddress>) {
        self.labelled_as(label, text, self.theme.links.mark(self.theme.text, address));
    }

    fn labelled_as(&mut self, label: &str, text: &str, style: Style) {
        let label = vec![Span::styled(format!("{label:<LABEL$}"), self.theme.quiet)];
        let lines = hanging(label, text, style, self.columns);
        self.lines.extend(lines);
    }

    fn wrapped(&mut self, text: &str, style: Style) {
        self.lines.extend(paragraph(text, style, self.columns));
    }

    fn part(&mut self, title: &'static str) {
        self.push(vec![Span::styled(title, self.theme.strong)]);
    }

    /// Adds the title of a part and the text after it.
    fn title(&mut self, title: &str, words: String, style: Style) {
        self.push(vec![
            Span::styled(format!("{title:<LABEL$}"), self.theme.strong),
            Span::styled(words, style),
        ]);
    }

    fn heading(&mut self, title: &str, (glyph, style): (&str, Style), words: &str) {
        self.title(title, format!("{glyph} {words}"), style);
    }

    fn hosts(&mut self, environment: &EnvironmentEntry) {
        for tier in Tier::STORED {
            if let Some(address) = environment.hosts.of(tier) {
                let link = LinkAddress::of_tier(address);
                self.host(tier.as_str(), &address_text(Some(address)), link);
            }
        }
        if let Some(domain) = &environment.hosts.publish_domain {
            self.host("domain", domain.as_str(), LinkAddress::of_host(domain));
        }
        for approval in &environment.approvals {
            self.labelled("confirmed", &approval.to_string());
        }
        if environment.hosts.is_empty() {
            self.push(vec![Span::styled("no hosts", self.theme.quiet)]);
        }
    }

    fn credential(&mut self, identity: &IdentityEntry) {
        self.gap();
        let now = self.model.now;
        let zone = &self.model.settings.zone;
        let state = self.model.credential_state(identity);
        let (glyph, word, style) = self.theme.state(state);
        let over = (self.theme.glyphs.over, self.theme.over);
        match identity.secret {
            SecretState::Missing => {
                self.heading("Credential", over, "missing from the storage");
                let danger = self.model.press(Action::Danger);
                let words = format!("Add it again, or {danger} to remove it.");
                self.wrapped(&words, self.theme.text);
                return;
            }
            SecretState::Damaged => {
                self.heading("Credential", over, "damaged in the storage");
                return;
            }
            SecretState::Present => {}
        }
        let facts = identity.credential.as_ref();
        let ends = facts.and_then(|facts| facts.not_after);
        let mut words = match (identity.kind, state, ends) {
            (Kind::Local, _, _) => "none needed (local SDK)".to_owned(),
            (Kind::DevelopmentToken, _, _) => "none, uses a local development token".to_owned(),
            (Kind::OauthServerToServer, Urgency::NotNeeded, _) => {
                "OAuth server-to-server, no expiry".to_owned()
            }
            (_, Urgency::NotYetValid, _) => "not yet valid".to_owned(),
            (_, _, Some(end)) => time::expiry(end, now),
            (_, _, None) => word.to_owned(),
        };
        let is_leaked = identity.signs_in_leaked();
        if is_leaked {
            words = ends.map_or_else(
                || "marked as leaked".to_owned(),
                |_| format!("marked as leaked, {words}"),
            );
        }
        self.heading("Credential", (glyph, style), &words);
        let Some(facts) = facts else { return };
        if let (Some(begin), Some(end)) = (facts.not_before, facts.not_after)
            && !self.theme.glyphs.is_words
        {
            let day = time::date(end, zone);
            let share = left(begin, end, now);
            let line = bar_line(self.columns, share, style, &day, self.theme);
            self.lines.push(line);
        }
        let is_due = matches!(state, Urgency::Expired | Urgency::Urgent | Urgency::Soon);
        if identity.kind == Kind::ServiceCredentials && is_due {
            let what = match state {
                Urgency::Expired => "private key",
                _ if is_leaked => "private key",
                _ => "certificate",
            };
            let words = format!(
                "An Environment administrator must add a new {what} in the AEM Developer Console."
            );
            self.wrapped(&words, self.theme.text);
        }
        if let Some((what, account)) = facts.account() {
            self.labelled(what, account);
        }
    }

    fn token(&mut self, identity: &IdentityEntry) {
        if identity.kind == Kind::Local {
            return;
        }
        self.gap();
        let now = self.model.now;
        let zone = &self.model.settings.zone;
        if let Some(task) = self.model.tasks.on(identity.id) {
            let wheel = self.model.spinner();
            let words = format!(
                "{} {}",
                task.work.words(),
                time::elapsed(now.duration_since(task.since))
            );
            self.heading("Token", (wheel, self.theme.accent), &words);
        } else {
            let state = self.model.token_state(identity);
            let (glyph, word, style) = self.theme.state(state);
            let ends = identity.token.as_ref().and_then(|token| token.expires_at);
            let words = match (state, ends) {
                (Urgency::NoneYet, _) => "none".to_owned(),
                (Urgency::Expired, Some(end)) => time::expiry(end, now),
                (_, Some(end)) => time::duration(end.duration_since(now)),
                (_, None) => word.to_owned(),
            };
            self.heading("Token", (glyph, style), &words);
            if let (Some(token), Some(end)) = (&identity.token, ends)
                && state != Urgency::Expired
            {
                // A pasted token was issued before it was stored here; tokens are valid for a day.
                let begin = token.obtained_at.min(end - SignedDuration::from_hours(24));
                let spans = bar(self.columns, left(begin, end, now), style, self.theme);
                self.push(spans);
            }
        }
        self.freshness(identity);
        let Some(token) = &identity.token else { return };
        let ends = token.expires_at.map_or_else(String::new, |end| {
            format!(
                " {} expires {}",
                self.theme.glyphs.dot,
                time::near(end, now, zone)
            )
        });
        let fresh = if identity.auto_refresh && !self.model.auto_refresh.is_failing(identity.id) {
            format!(" {} auto-refresh", self.theme.glyphs.dot)
        } else {
            String::new()
        };
        let is_words = self.theme.glyphs.is_words;
        let what = if is_words { "fingerprint " } else { "" };
        let text = format!("{what}{}{ends}{fresh}", token.fingerprint);
        self.push(vec![Span::styled(text, self.theme.quiet)]);
    }

    /// Shows why auto-refresh fails, and when it tries again.
    fn freshness(&mut self, identity: &IdentityEntry) {
        if !identity.auto_refresh {
            return;
        }
        let words = if self.model.credential_state(identity) == Urgency::Expired {
            "auto-refresh stopped: the credential has expired".to_owned()
        } else if self.model.auto_refresh.is_failing(identity.id) {
            let at = self
                .model
                .auto_refresh
                .due(identity)
                .map_or_else(String::new, |at| {
                    format!(
                        ", next attempt at {}",
                        time::near(at, self.model.now, &self.model.settings.zone)
                    )
                });
            format!("auto-refresh is failing{at}")
        } else {
            return;
        };
        let text = format!("{} {words}", self.theme.glyphs.soon);
        self.wrapped(&text, self.theme.soon);
    }

    /// Details: exact times in local time and UTC, and the facts of the credential.
    fn details(&mut self, identity: &IdentityEntry) {
        let (facts, token) = (identity.credential.as_ref(), identity.token.as_ref());
        let times = [
            ("issued", facts.and_then(|facts| facts.not_before)),
            ("expires", facts.and_then(|facts| facts.not_after)),
            ("token", token.and_then(|token| token.expires_at)),
        ];
        if facts.is_none() && token.is_none() {
            return;
        }
        self.gap();
        self.part("Details");
        for (label, at) in times {
            if let Some(at) = at {
                let exact = time::date_time(at, &self.model.settings.zone);
                let until = if label == "token" { "expires " } else { "" };
                self.labelled(label, &format!("{until}{exact}"));
            }
        }
        let Some(facts) = facts else { return };
        for (label, text) in [
            ("org", facts.org.clone().unwrap_or_default()),
            ("client", facts.client_id.clone()),
            ("IMS", facts.ims_host.clone()),
            ("scopes", facts.scopes.join(", ")),
            ("fingerprint", facts.fingerprint.to_string()),
        ] {
            if !text.is_empty() {
                self.labelled(label, &text);
            }
        }
    }

    fn notes(&mut self, environment: &EnvironmentEntry, identity: &IdentityEntry) {
        if !identity.used_by.is_empty() {
            self.gap();
            self.part("Used by");
            let active = identity.active_revision();
            for used in &identity.used_by {
                let glyph = if used.has(active) {
                    Span::styled(self.theme.glyphs.fine, self.theme.fine)
                } else {
                    Span::styled(self.theme.glyphs.dot, self.theme.quiet)
                };
                self.push(vec![glyph, Span::raw(format!(" {}", used.name))]);
            }
        }
        if !environment.notes.is_empty() {
            self.gap();
            self.part("Notes");
            let notes = environment.notes.clone();
            self.wrapped(&notes, self.theme.text);
        }
    }
}

/// Returns the fraction of the time that is left.
fn left(begin: Timestamp, end: Timestamp, now: Timestamp) -> f64 {
    let whole = end.as_second() - begin.as_second();
    if whole <= 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a fraction for a bar")]
    let share = (end.as_second() - now.as_second()) as f64 / whole as f64;
    share
}
