//! Watches the index for changes by other processes, without polling.

use std::path::Path;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::UnboundedSender;

/// Sends a notification for every change of the file; stops when dropped. `None` if it can't be watched; own changes
/// are still shown.
pub fn watch(file: &Path, changed: UnboundedSender<()>) -> Option<RecommendedWatcher> {
    let name = file.file_name()?.to_owned();
    let folder = file.parent()?;
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let ours = event.is_ok_and(|event| {
            !event.kind.is_access()
                && event
                    .paths
                    .iter()
                    .any(|path| path.file_name() == Some(&name))
        });
        if ours {
            let _ = changed.send(());
        }
    })
    .ok()?;
    // Watch the folder, because the file is replaced as a whole.
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}
