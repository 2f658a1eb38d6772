//! `aemkeys timeline`: prints the timeline as text or as a picture, read only from the index.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::document;
use super::globals::{Globals, report_all};
use super::output;
use crate::app::GlyphSet;
use crate::app::check::document::{CheckDocument, CheckSource};
use crate::app::check::{self, Scope};
use crate::app::timeline::Zoom;
use crate::tui::Settings;
use crate::tui::print::{self, FrameFormat, TimelineRequest};
use aemkeys_core::credential::{Code, Problem};
use clap::Args;

/// Draw a timeline of expiries over the next twelve months; works with the keyring locked
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys timeline
  aemkeys timeline --weeks --width 100
  aemkeys timeline --svg timeline.svg")]
pub struct TimelineArgs {
    /// Show twelve weeks instead of twelve months
    #[arg(long)]
    weeks: bool,
    /// Width in columns; by default that of the terminal, else 110. Below 60, prints text
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=500))]
    width: Option<u16>,
    /// Write an SVG picture to this new file or to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(super) svg: Option<PathBuf>,
    /// Overwrite the picture's file
    #[arg(long, requires = "svg")]
    force: bool,
    /// Draw with ASCII only
    #[arg(long)]
    ascii: bool,
}

/// Writes the picture. Without `--force`, an existing file is not overwritten: it may be a credential.
fn write(file: &Path, picture: &str, force: bool) -> Result<(), Problem> {
    crate::app::write_output(file, picture.as_bytes(), force).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            Problem::new(Code::OutputExists, "the file already exists")
                .next_step("choose another file, or use `--force`")
        } else {
            crate::app::not_written(file, &error)
        }
    })
}

/// Width if neither `--width` nor a terminal gives one.
const COLUMNS: u16 = 110;

pub fn run(globals: &Globals, args: TimelineArgs) -> Result<u8, Problem> {
    let context = globals.open_with(false)?;
    // Reads without moving a damaged list aside.
    let index = context.look_at_index()?;
    if output::mode().json {
        let now = context.clock.now();
        let findings = check::of_index(
            &index,
            &[],
            &Scope {
                now,
                thresholds: context.configuration.thresholds,
                tokens_count: false,
            },
        );
        document::answer(CheckDocument::new(&findings, CheckSource::Index, now));
        return Ok(0);
    }
    let mut settings = Settings::of(&context).map_err(report_all)?;
    if args.ascii {
        settings.theme.glyphs = GlyphSet::Ascii.glyphs();
    }
    let terminal = output::Stream::Out.is_terminal() && args.svg.is_none();
    let colours = args.svg.is_none() && output::wants_colours(output::Stream::Out);
    let columns = args
        .width
        .or_else(|| print::terminal_columns().filter(|_| terminal));
    let request = TimelineRequest {
        columns: columns.unwrap_or(COLUMNS),
        zoom: if args.weeks { Zoom::Weeks } else { Zoom::Year },
        format: match (&args.svg, colours) {
            (Some(_), _) => FrameFormat::Svg,
            (None, true) => FrameFormat::Ansi,
            (None, false) => FrameFormat::Text,
        },
    };
    let Some(drawn) = print::timeline(&context, settings, request)? else {
        output::nothing_stored();
        return Ok(0);
    };
    match args.svg.as_deref() {
        Some(file) if file != Path::new("-") => write(file, &drawn, args.force)?,
        _ => output::drawn(&drawn)?,
    }
    Ok(0)
}
