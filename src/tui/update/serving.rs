//! Starts and stops local servers.

use uuid::Uuid;

use super::Router;
use crate::tui::command::AppCommand;
use crate::tui::effect::Effect;
use crate::tui::local_server::served_tiers;
use crate::tui::model::Tone;
use aemkeys_core::environment::Tier;

impl Router<'_> {
    /// Starts a server for the selected row, or stops it. Asks for the tier if there are several.
    pub(super) fn serve(&mut self) {
        let Some((environment, identity)) = self.app.selected_entry() else {
            return;
        };
        let identity = identity.id;
        let tiers: Vec<Tier> = served_tiers(&environment.hosts).collect();
        let command = match tiers.as_slice() {
            _ if self.app.server_of(identity).is_some() => AppCommand::StopServer(identity),
            [only] => AppCommand::Serve(identity, *only),
            _ => AppCommand::OpenServe(identity),
        };
        self.command(command);
    }

    pub(super) fn stop_server(&mut self, identity: Uuid) {
        let Some(server) = self.app.server_of(identity) else {
            return;
        };
        let words = format!("{}: server stopped, {}", server.name, server.counts());
        self.app
            .servers
            .retain(|server| server.identity != identity);
        self.effects.push(Effect::StopServer(identity));
        self.app.report(words, &[]);
    }

    /// Stops the servers of environments that were changed: they must not write to what has become Production.
    pub(super) fn stop_outdated_servers(&mut self) {
        for identity in self.app.outdated_servers() {
            let name = self
                .app
                .server_of(identity)
                .map(|server| server.name.clone());
            self.stop_server(identity);
            let name = name.unwrap_or_default();
            let words = format!("{name}: server stopped, because the environment was changed");
            self.app.say(Tone::Warning, words);
        }
    }
}
