//! `aemkeys open`: opens author, publish, preview or the console in the browser.

use super::arguments::{Open, OpenTarget};
use super::context::Context;
use super::output;
use crate::app::{open, resolve};
use crate::credential::Problem;
use crate::environment::Tier;

pub fn run(context: &Context, args: &Open) -> Result<u8, Problem> {
    let index = context.index()?;
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
