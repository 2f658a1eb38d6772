//! Which of Adobe's things is this? The kind is detected from the content, never from the file's name.

use super::{AccessToken, OauthCredential, Problem, ServiceCredentials};

/// The largest input read: a whole credential is 6 KB.
pub const MAX_INPUT_BYTES: usize = 1024 * 1024;

/// A recognised input.
#[derive(Debug)]
pub enum Imported {
    Service(Box<ServiceCredentials>),
    Oauth(Box<OauthCredential>),
    DevelopmentToken(Box<AccessToken>),
}

/// Recognises and parses. The error names the field, says why and what to do, and never shows a value.
pub fn detect(_input: &[u8]) -> Result<Imported, Problem> {
    todo!()
}
