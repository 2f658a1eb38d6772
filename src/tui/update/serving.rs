//! Starts and stops local servers.

use uuid::Uuid;

use super::Router;
use crate::tui::command::AppCommand;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::Tone;

impl Router<'_> {
    /// Starts a server for the selected row, or stops it.
    pub(super) fn serve(&mut self) {
        let Some(identity) = self.app.list.selected else {
            return;
        };
        if self.app.server_of(identity).is_some() {
            self.command(AppCommand::StopServer(identity));
        } else {
            self.run_if_free(identity, Job::Serve { identity });
        }
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

    /// A server has the hosts and the type of its start. It must not write to what has become Production.
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
