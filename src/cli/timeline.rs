//! `aemkeys timeline`: the dashboard's second page as text, or as a picture to share; from the list alone.

use std::io::IsTerminal as _;
use std::path::Path;

use super::arguments::Timeline;
use super::context::{Context, say_all};
use super::output;
use crate::app::timeline::Zoom;
use crate::credential::Problem;
use crate::tui::Settings;
use crate::tui::print::{self, Format, TimelineRequest};
use crate::tui::theme::GlyphSet;

/// Where nothing says how wide it may be.
const COLUMNS: u16 = 110;

pub fn run(context: &Context, args: &Timeline) -> Result<u8, Problem> {
    let world = context.world_with(false)?;
    let mut settings = Settings::of(&world).map_err(say_all)?;
    if args.ascii {
        settings.theme.glyphs = GlyphSet::Ascii.glyphs();
    }
    let terminal = std::io::stdout().is_terminal() && args.svg.is_none();
    let colours = terminal && output::wants_colours();
    let columns = args
        .width
        .or_else(|| print::terminal_columns().filter(|_| terminal));
    let request = TimelineRequest {
        columns: columns.unwrap_or(COLUMNS),
        zoom: if args.weeks { Zoom::Weeks } else { Zoom::Year },
        format: match (&args.svg, colours) {
            (Some(_), _) => Format::Svg,
            (None, true) => Format::Ansi,
            (None, false) => Format::Text,
        },
    };
    let Some(drawn) = print::timeline(&world, settings, request)? else {
        output::note("Nothing is stored yet. `aemkeys add FILE` brings the first one in.");
        return Ok(0);
    };
    match args.svg.as_deref() {
        Some(file) if file != Path::new("-") => std::fs::write(file, drawn).map_err(|error| {
            Problem::new("output", "the picture could not be written").cause(error.to_string())
        })?,
        _ => output::answer(drawn.as_bytes())?,
    }
    Ok(0)
}
