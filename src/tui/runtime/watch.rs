//! Has another process changed the index? The system tells; nothing is polled.

use std::path::Path;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::UnboundedSender;

/// Sends a sign for every change of the file; stops when dropped. `None` where it cannot be watched: own changes are
/// shown all the same.
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
    // The folder, not the file: it is replaced as a whole.
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}
