//! Lets another program, such as a pager, have the terminal while the dashboard keeps running.

use std::sync::MutexGuard;

use tokio::task::JoinHandle;

use super::keyboard;
use super::terminal;
use crate::app::show::{ShownText, Viewer};
use crate::tui::document::Document;
use aemkeys_core::credential::Problem;

/// A program that has the terminal. Ends with it if the dashboard ends first, and deletes its file.
pub struct ShownProgram {
    #[cfg(unix)]
    process: Option<rustix::process::Pid>,
    ended: JoinHandle<()>,
    _text: ShownText,
    /// No key is read until this is dropped.
    _keys: MutexGuard<'static, ()>,
}

impl ShownProgram {
    /// Starts the program. If it can't be started, the terminal is given up only for a moment.
    pub fn start(viewer: Viewer, document: &Document) -> Result<Self, Problem> {
        let text = ShownText::new(viewer, &document.file_name, &readable(document))?;
        let keys = keyboard::pause();
        terminal::restore();
        let mut child = text.start()?;
        Ok(Self {
            #[cfg(unix)]
            process: rustix::process::Pid::from_raw(child.id().cast_signed()),
            ended: tokio::task::spawn_blocking(move || {
                let _ = child.wait();
            }),
            _text: text,
            _keys: keys,
        })
    }
}

impl Drop for ShownProgram {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(process) = self.process.filter(|_| !self.ended.is_finished()) {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        }
    }
}

/// The text as the dashboard shows it.
fn readable(document: &Document) -> String {
    crate::tui::widgets::indented(&document.text).unwrap_or_else(|| document.text.clone())
}

/// Waits until the program ends; for ever if there is none.
pub async fn end_of(program: &mut Option<ShownProgram>) {
    match program {
        Some(shown) => {
            let _ = (&mut shown.ended).await;
        }
        None => std::future::pending().await,
    }
}
