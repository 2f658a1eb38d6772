//! `aemkeys used-by`: who uses a credential and who already has the new one.

use serde_json::json;

use super::arguments::UsedBy;
use super::globals::{Globals, block_on};
use super::output;
use crate::app::used_by::{self, Change};
use crate::app::{RevisionState, resolve};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::shell;

pub fn run(globals: &Globals, args: UsedBy) -> Result<u8, Problem> {
    let change = Change {
        add: args.add,
        remove: args.remove,
        tick: args.tick,
        untick: args.untick,
        tick_all: args.tick_all,
    };
    let context = globals.open_with(!change.is_empty())?;
    let id = resolve::identity(&context.read_index()?, &args.name)?;
    if !change.is_empty() {
        block_on(used_by::change(&context, id, change))?;
    }
    let index = context.read_index()?;
    let name = resolve::name_of(&index, id);
    let Some((_, entry)) = index.identity(id) else {
        return Ok(0);
    };
    let active = entry.active_revision();
    // Ticks only make sense during a rotation or after it.
    let renewed = entry.in_state(RevisionState::Old).is_some() || entry.rotation.is_some();
    if args.json {
        let who: Vec<_> = entry
            .used_by
            .iter()
            .map(|who| json!({"name": who.name, "has_new": who.has(active)}))
            .collect();
        output::answer_json(&json!({"version": 1, "name": name, "used_by": who}))?;
        return Ok(0);
    }
    if entry.used_by.is_empty() {
        output::note(&format!(
            "No users are listed for {name}. Add one with `aemkeys used-by {quoted} --add WHO`.",
            quoted = shell::quoted(&name)
        ));
        return Ok(0);
    }
    let mut text = String::new();
    for who in &entry.used_by {
        let mark = match (renewed, who.has(active)) {
            (false, _) => "",
            (true, true) => "[x] ",
            (true, false) => "[ ] ",
        };
        text.push_str(&format!("{mark}{}\n", who.name));
    }
    output::answer(text.as_bytes())?;
    if renewed {
        let missing = entry.without_new().count();
        output::note(&if missing > 0 {
            format!("{missing} left to tick. Then revoke the old key in the AEM Developer Console.")
        } else {
            "All have the new credential. Revoke the old key in the AEM Developer Console (`aemkeys guide revoke`).".to_owned()
        });
    }
    Ok(0)
}
