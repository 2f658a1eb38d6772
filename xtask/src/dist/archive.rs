//! Archives with the same bytes for the same files: sorted, of nobody, all from one time.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Write as _};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A file of an archive.
#[derive(Clone)]
pub struct File {
    /// Below the root of the archive, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
    pub executable: bool,
}

impl File {
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
            executable: false,
        }
    }

    pub fn executable(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            executable: true,
            ..Self::new(path, bytes)
        }
    }

    pub fn read(path: impl Into<String>, from: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(from)
            .map_err(|error| io::Error::other(format!("{}: {error}", from.display())))?;
        Ok(Self::new(path, bytes))
    }

    /// Returns the file in a folder.
    #[must_use]
    pub fn within(&self, folder: &str) -> Self {
        Self {
            path: format!("{folder}/{}", self.path),
            ..self.clone()
        }
    }

    fn mode(&self) -> u32 {
        if self.executable { 0o755 } else { 0o644 }
    }
}

fn sorted(files: &[File]) -> Vec<&File> {
    let mut files: Vec<&File> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Returns a `tar.gz` with the folders of the files, which `dpkg` needs.
pub fn tar_gz(files: &[File], epoch: u64) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut folders = BTreeSet::new();
    for file in sorted(files) {
        let parents: Vec<&Path> = Path::new(&file.path).ancestors().skip(1).collect();
        for folder in parents.into_iter().rev() {
            if !folder.as_os_str().is_empty() && folders.insert(folder) {
                let mut header = header(EntryType::Directory, 0o755, 0, epoch);
                archive.append_data(&mut header, folder, io::empty())?;
            }
        }
        let mut header = header(EntryType::Regular, file.mode(), file.bytes.len(), epoch);
        archive.append_data(&mut header, &file.path, file.bytes.as_slice())?;
    }
    gzip(&archive.into_inner()?)
}

fn header(kind: EntryType, mode: u32, size: usize, epoch: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_mtime(epoch);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Compresses without a name and a time.
pub fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = GzBuilder::new().write(Vec::new(), Compression::best());
    out.write_all(bytes)?;
    out.finish()
}

pub fn zip(files: &[File], epoch: u64) -> io::Result<Vec<u8>> {
    let seconds = i64::try_from(epoch).map_err(io::Error::other)?;
    let time = jiff::Timestamp::from_second(seconds).map_err(io::Error::other)?;
    let time = jiff::tz::TimeZone::UTC.to_datetime(time);
    let time = DateTime::try_from(time).map_err(io::Error::other)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in sorted(files) {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(time)
            .unix_permissions(file.mode());
        archive.start_file(&file.path, options)?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Returns a package of Debian: an `ar` archive of three members.
pub fn deb(control: &str, files: &[File], epoch: u64) -> io::Result<Vec<u8>> {
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        (
            "control.tar.gz",
            tar_gz(&[File::new("control", control)], epoch)?,
        ),
        ("data.tar.gz", tar_gz(files, epoch)?),
    ];
    let mut archive = ar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ar::Header::new(name.into(), bytes.len() as u64);
        header.set_mode(0o100_644);
        header.set_mtime(epoch);
        archive.append(&header, bytes.as_slice())?;
    }
    archive.into_inner()
}
