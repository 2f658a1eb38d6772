//! How does a file change all at once? Temporary file 0600 beside it, write, fsync, rename, fsync the directory.

use std::io;
use std::path::Path;

/// Replaces `path`; a reader sees the old or the new content, also after a crash. The directory is made (0700) if missing.
pub fn replace(_path: &Path, _content: &[u8]) -> io::Result<()> {
    todo!()
}

/// Writes a new file, mode 0600; fails if there is one.
pub fn create_new(_path: &Path, _content: &[u8]) -> io::Result<()> {
    todo!()
}
