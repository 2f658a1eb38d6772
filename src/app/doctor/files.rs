//! Checks the files of which credentials were imported.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::app::resolve;
use crate::platform::git_index::{self, Tracking};
use crate::storage::Index;
use aemkeys_core::credential::shell;
use aemkeys_core::credential::text::clean;

pub fn imported(index: &Index) -> Vec<(String, PathBuf)> {
    index
        .identities()
        .filter_map(|(environment, identity)| {
            let path = identity.imported_from.clone()?;
            Some((resolve::full_name(environment, identity), path))
        })
        .collect()
}

/// Checks an imported credential file that still exists: its permissions, and whether git tracks it.
pub fn left_behind(name: &str, path: &Path) -> Vec<Finding> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Vec::new();
    };
    let shown = clean(&path.display().to_string(), 300);
    let mut findings = vec![
        Finding::warning(
            "files",
            format!("{name}: the imported file still exists: {shown}"),
        )
        .next(match path.to_str().filter(|path| *path == shown) {
            Some(path) => format!(
                "delete it, because the credential is in the storage: `{} {}`",
                if cfg!(windows) { "del" } else { "rm" },
                shell::quoted(path)
            ),
            None => "delete it, because the credential is in the storage".to_owned(),
        }),
    ];
    if readable_by_others(&metadata) {
        findings.push(
            Finding::wrong(
                "files",
                format!("{shown} can be read by other users of this machine"),
            )
            .next(match path.to_str().filter(|path| *path == shown) {
                Some(path) => {
                    let quoted = shell::quoted(path);
                    format!("delete it, or `chmod 600 {quoted}`")
                }
                None => "delete it, or restrict its permissions".to_owned(),
            }),
        );
    }
    match git_index::tracking(path) {
        Tracking::Untracked => {}
        Tracking::Tracked => findings.push(
            Finding::wrong("files", format!("{shown} is tracked by git"))
                .next("everyone with the repository has the key: add a new private key in the AEM Developer Console, revoke this one, and remove the file from the history"),
        ),
        Tracking::Unknown => findings.push(
            Finding::unknown("files", format!("{shown} is in a git repository whose index cannot be read"),
            )
            .next("delete the file; if git tracks it, everyone with the repository has the key"),
        ),
    }
    findings
}

#[cfg(unix)]
fn readable_by_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_gone_is_no_finding() {
        assert!(left_behind("x", Path::new("/nonexistent/service_token.json")).is_empty());
    }
}
