//! How the dashboard names a step: as the key to press.

use aemkeys_core::credential::{Guidance, NextStep};

use super::action::{Action, Context};
use super::keymap::Keymap;

/// The action that does the step; `None` if only the command line offers it.
pub fn action(step: NextStep) -> Option<Action> {
    Some(match step {
        NextStep::Add
        | NextStep::AddWithIds
        | NextStep::AddNamed
        | NextStep::AddLocalSdk
        | NextStep::AddWithLabel
        | NextStep::TrustImsHost => Action::Add,
        NextStep::CallPath
        | NextStep::CallDelivery
        | NextStep::TestPath
        | NextStep::TestOpenApi
        | NextStep::SavePath => Action::TestPath,
        NextStep::Check => Action::PageTimeline,
        NextStep::Doctor | NextStep::DoctorForOne | NextStep::Storage => Action::PageDoctor,
        NextStep::Rename
        | NextStep::RenameLabel
        | NextStep::SetDefault
        | NextStep::SetIds
        | NextStep::SetType
        | NextStep::SetDomain
        | NextStep::SetHosts
        | NextStep::TrustHost => Action::Edit,
        NextStep::DiscoverApply => Action::Discover,
        NextStep::Exchange => Action::Exchange,
        NextStep::GuideFirst
        | NextStep::GuideRotate
        | NextStep::GuidePermissions
        | NextStep::GuideApiYaml
        | NextStep::GuideRevoke => Action::Guides,
        NextStep::InvalidateToken
        | NextStep::Leaked
        | NextStep::MarkLeaked
        | NextStep::CheckRevoked
        | NextStep::InvalidateLeaked
        | NextStep::DeleteLeaked
        | NextStep::Remove
        | NextStep::Revisions
        | NextStep::DropRevision
        | NextStep::GoBack
        | NextStep::UsedBy
        | NextStep::TickUser => Action::Danger,
        NextStep::List => Action::PageEnvironments,
        NextStep::Show => Action::OpenDetail,
        NextStep::PasteToken => Action::PasteToken,
        NextStep::ContinueRotation | NextStep::Rotate | NextStep::DiscardCandidate => {
            Action::Rotate
        }
        NextStep::Test | NextStep::TestAuthor | NextStep::TestPublish => Action::Test,
        NextStep::AcceptOlderStorage
        | NextStep::ConfigCheck
        | NextStep::Allow
        | NextStep::ConfigGet
        | NextStep::Explain
        | NextStep::ExportCredential
        | NextStep::Plain
        | NextStep::PrintToken
        | NextStep::PrintHeader
        | NextStep::ServeForWriting
        | NextStep::Unlock => return None,
    })
}

/// Renders an action as the key to press, for example `press x`.
pub fn press(action: Action, keymap: &Keymap) -> String {
    if let Some(key) = keymap.hint(action) {
        return format!("{} {key}", keymap.verb());
    }
    let title = action.entry().title;
    match keymap.hint(Action::Palette) {
        Some(key) => format!("press {key} and choose {title}"),
        None => format!("choose {title}"),
    }
}

/// Renders the guidance with the keys in use, and says where to press one that does nothing in this context.
pub fn in_keys(guidance: &Guidance, keymap: &Keymap, context: Context) -> String {
    guidance.render(|step, subject, value| {
        let (action, then) = if let Some(action) = action(step) {
            (action, String::new())
        } else {
            let line = step.command_line(subject, value);
            (Action::Quit, format!(" and run `{line}`"))
        };
        let press_it = press(action, keymap);
        let place = if action.entry().contexts.contains(&context) {
            ""
        } else {
            " on the list"
        };
        format!("{press_it}{place}{then}")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tui::keymap::parse_keys;
    use aemkeys_core::credential::shell;

    #[test]
    fn every_step_names_a_bound_key() {
        let moved = BTreeMap::from([("rotate".to_owned(), vec!["<f5>".to_owned()])]);
        for keymap in [Keymap::default(), Keymap::configured(&moved).unwrap()] {
            for step in NextStep::ALL {
                let text = in_keys(&Guidance::from(step), &keymap, Context::List);
                let key = text.strip_prefix("press ").expect(&text);
                let key = key.split(' ').next().unwrap();
                let notation = match key {
                    "Enter" => "<enter>".to_owned(),
                    _ if key.starts_with('F') && key.len() > 1 => {
                        format!("<{}>", key.to_lowercase())
                    }
                    _ => key.to_owned(),
                };
                let key = parse_keys(&notation).unwrap()[0];
                assert!(
                    keymap.action(Context::List, key).is_some(),
                    "{step:?}: {text}"
                );
            }
        }
    }

    #[test]
    fn a_step_is_a_key_and_text_stays() {
        let keymap = Keymap::default();
        let guidance = aemkeys_core::guidance![
            "add a certificate, then ",
            NextStep::Rotate.of("wknd-stage"),
        ];
        assert_eq!(
            in_keys(&guidance, &keymap, Context::List),
            "add a certificate, then press R"
        );
        // In a form, a letter is text.
        assert_eq!(
            in_keys(&guidance, &keymap, Context::Form),
            "add a certificate, then press R on the list"
        );
        let text = Guidance::from("set `AEMKEYS_STORAGE`, or `aemkeys rotate x`");
        assert_eq!(
            in_keys(&text, &keymap, Context::List),
            "set `AEMKEYS_STORAGE`, or `aemkeys rotate x`"
        );
        let guidance = Guidance::from(NextStep::PrintToken.of("a b"));
        assert_eq!(
            in_keys(&guidance, &keymap, Context::List),
            format!("press q and run `aemkeys token {}`", shell::quoted("a b"))
        );
    }
}
