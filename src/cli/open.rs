//! `aemkeys open`: opens author, publish, preview or the console in the browser.

use super::arguments::{Open, OpenTarget};
use super::globals::Globals;
use super::output;
use crate::app::{open, resolve};
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::Tier;

pub fn run(globals: &Globals, args: &Open) -> Result<u8, Problem> {
    let index = globals.index()?;
    let name = args.name.split('/').next().unwrap_or(&args.name);
    let environment = resolve::environment(&index, name)?;
    let target = match args.target {
        OpenTarget::Author => open::Target::Tier(Tier::Author),
        OpenTarget::Publish => open::Target::Tier(Tier::Publish),
        OpenTarget::Preview => open::Target::Tier(Tier::Preview),
        OpenTarget::Console => open::Target::Console,
    };
    let url = open::url(environment, target)?;
    match open::browse(&url)? {
        open::Opened::InBrowser => output::note(&format!("opened {url}")),
        open::Opened::ShowOnly => output::answer_line(&url)?,
    }
    Ok(0)
}
