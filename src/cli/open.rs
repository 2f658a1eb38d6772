//! `aemkeys open`: opens author, publish, preview or the console in the browser.

use super::document;
use super::globals::Globals;
use super::options::{IdentityName, choice, tier};
use super::output;
use crate::app::open::{self, OpenTarget};
use crate::app::resolve;
use aemkeys_core::credential::Problem;
use clap::Args;
use serde_json::json;

/// Open author, publish, preview or the console in the browser
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys open wknd-stage
  aemkeys open wknd-stage console")]
pub struct OpenArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// What to open; `console` is the AEM Developer Console if its address is known, else Cloud Manager
    #[arg(default_value = "author", value_parser = choice(["author", "publish", "preview", "console"], target))]
    target: OpenTarget,
}

fn target(text: &str) -> Option<OpenTarget> {
    match text {
        "console" => Some(OpenTarget::Console),
        text => tier(text).map(OpenTarget::Tier),
    }
}

pub fn run(globals: &Globals, args: OpenArgs) -> Result<u8, Problem> {
    let index = globals.index()?;
    let environment = resolve::environment(&index, args.identity.environment())?;
    let url = open::url(environment, args.target)?;
    match open::browse(&url)? {
        open::Opened::InBrowser => {
            output::note(&format!("opened {url}"));
            if output::mode().json {
                document::answer(&json!({"url": url, "opened": true}))?;
            }
            Ok(0)
        }
        open::Opened::ShowOnly => document::done(&url, &json!({"url": url, "opened": false})),
    }
}
