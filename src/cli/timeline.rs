//! `aemkeys timeline`: the dashboard's second page as text, or as a picture to share; from the list alone.

use std::io::ErrorKind;
use std::path::Path;

use super::arguments::Timeline;
use super::context::{Context, say_all};
use super::output;
use crate::app::check;
use crate::app::timeline::Zoom;
use crate::credential::{Code, Problem};
use crate::tui::Settings;
use crate::tui::print::{self, Format, TimelineRequest};
use crate::tui::theme::GlyphSet;

/// What is there may be a credential that was named by mistake: it is overwritten only when that is said.
fn write(file: &Path, picture: &str, force: bool) -> Result<(), Problem> {
    crate::app::write_output(file, picture.as_bytes(), force).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            Problem::new(Code::OutputExists, "the file already exists")
                .next_step("name another file, or say `--force`")
        } else {
            Problem::new(Code::OutputNotWritten, "the picture could not be written")
                .cause(error.to_string())
                .next_step("check that its folder exists and can be written")
        }
    })
}

/// Where nothing says how wide it may be.
const COLUMNS: u16 = 110;

pub fn run(context: &Context, args: &Timeline) -> Result<u8, Problem> {
    let world = context.world_with(false)?;
    // Only looked at: other commands set a damaged list aside.
    check::read(&world)?;
    let mut settings = Settings::of(&world).map_err(say_all)?;
    if args.ascii {
        settings.theme.glyphs = GlyphSet::Ascii.glyphs();
    }
    let terminal = output::Stream::Out.is_terminal() && args.svg.is_none();
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
        Some(file) if file != Path::new("-") => write(file, &drawn, args.force)?,
        _ => output::drawn(&drawn)?,
    }
    Ok(0)
}
