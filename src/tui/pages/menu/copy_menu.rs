//! The menu to copy anything known about an identity that is not secret.

use uuid::Uuid;

use super::item::{Menu, MenuItem};
use crate::tui::command::{AppCommand, CopyItem};
use crate::tui::model::Model;
use aemkeys_core::environment::{Tier, TierAddress};
use aemkeys_core::time;

/// What is known, after what the page below adds. Only what exists.
pub fn items(model: &Model, identity: Option<Uuid>, page: &[CopyItem]) -> Menu {
    let mut items: Vec<MenuItem> = page.iter().cloned().map(item).collect();
    let known = identity.and_then(|id| of_identity(model, id));
    items.extend(known.into_iter().flatten().map(item));
    let title = identity.map_or_else(
        || "Copy".to_owned(),
        |id| format!("Copy from {}", model.name_of(id)),
    );
    (title, items)
}

fn item(copied: CopyItem) -> MenuItem {
    // A long text is told by its beginning.
    let first = copied.text.lines().next().unwrap_or_default().to_owned();
    MenuItem::new(copied.what, first, AppCommand::CopyText(copied))
}

fn of_identity(model: &Model, id: Uuid) -> Option<Vec<CopyItem>> {
    let (environment, identity) = model.index.identity(id)?;
    let mut items = vec![CopyItem::new("name", model.name_of(id))];
    let mut add = |what, text: Option<String>| {
        items.extend(text.map(|text| CopyItem::new(what, text)));
    };
    for (what, tier) in [
        ("author host", Tier::Author),
        ("publish host", Tier::Publish),
        ("preview host", Tier::Preview),
    ] {
        let host = environment.hosts.of(tier);
        let origin = host.map(TierAddress::origin);
        add(
            what,
            origin.map(|origin| match origin.strip_prefix("https://") {
                Some(host) => host.to_owned(),
                None => origin,
            }),
        );
    }
    let domain = environment.hosts.publish_domain.as_ref();
    add("publish domain", domain.map(ToString::to_string));
    add(
        "program and environment",
        environment.ids.map(|ids| ids.to_string()),
    );
    if let Some(facts) = &identity.credential {
        add("client id", Some(facts.client_id.clone()));
        add("account id", facts.technical_account_id.clone());
        add("login name", facts.technical_account_email.clone());
        add("IMS org", facts.org.clone());
        add("IMS host", Some(facts.ims_host.clone()));
        add("fingerprint", Some(facts.fingerprint.to_string()));
        add("expiry date", facts.not_after.map(time::rfc3339));
    }
    let token = identity.token.as_ref();
    let expires = token.and_then(|token| token.expires_at);
    add(
        "token fingerprint",
        token.map(|token| token.fingerprint.to_string()),
    );
    add("token expiry", expires.map(time::rfc3339));
    let failure = model
        .failures
        .of(id)
        .next()
        .map(|(_, failure)| &failure.problem);
    add("last error", failure.map(ToString::to_string));
    add(
        "debug id",
        failure.and_then(|problem| problem.debug_id.clone()),
    );
    Some(items)
}
