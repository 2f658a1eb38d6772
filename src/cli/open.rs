//! `aemkeys open`: opens author, publish, preview or the console in the browser.

use super::document;
use super::globals::Globals;
use super::options::{IdentityName, choice, tier};
use super::output;
use crate::app::open::{self, OpenTarget};
use crate::app::resolve;
use aemkeys_core::credential::Problem;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Open author, publish, preview or the console in the browser
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys open wknd-stage
  aemkeys open wknd-stage console")]
pub struct OpenArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// Page to open; `console` is the AEM Developer Console of the environment if its address is known, else its start page
    #[arg(default_value = "author", value_parser = choice(["author", "publish", "preview", "console"], target))]
    target: OpenTarget,
}

/// The address that was opened.
#[derive(Serialize, JsonSchema)]
pub struct OpenDocument {
    /// The address.
    url: String,
    /// False if there is no browser, so that the address was only printed.
    opened: bool,
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
                let opened = true;
                document::answer(OpenDocument { url, opened });
            }
            Ok(0)
        }
        open::Opened::HandedOver => {
            output::note("asked Windows to open this address in the browser");
            document::done(&url.clone(), OpenDocument { url, opened: false })
        }
        open::Opened::ShowOnly => document::done(&url.clone(), OpenDocument { url, opened: false }),
    }
}
