//! Pictures of every page at four sizes in three themes, for a reviewer to look at: forty identities of six customers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::{fs, io};

use aemkeys::app::demo_data::{self, Seed};
use aemkeys::app::{AppContext, Clock, GlyphSet, demo_context};
use aemkeys::cli::demo;
use aemkeys::tui::Settings;
use aemkeys::tui::print::{FrameFormat, FrameRequest, run_keys};
use aemkeys::tui::theme::{Theme, ThemeName};
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::EnvironmentType;
use aemkeys_simulator::fixtures::ServiceAccount;
use aemkeys_simulator::{AemEnvironment, Simulator, SimulatorConfiguration};
use jiff::{SignedDuration, Timestamp};

const NOW: &str = "2026-11-22T14:03:00Z";
/// The sizes of the screen, and where their pictures begin on the sheet of a page.
const FRAMES: [((u16, u16), (u16, u16)); 4] = [
    ((40, 10), (0, 0)),
    ((80, 24), (380, 0)),
    ((120, 30), (1100, 0)),
    ((200, 50), (0, 560)),
];
const SHEET: (u16, u16) = (2160, 1420);

/// Draws a sheet for each page and theme into `folder`. Needs the program `rsvg-convert`.
pub fn draw(folder: &Path) -> io::Result<()> {
    for (name, theme) in [
        (
            "auto",
            Theme::guessed(ThemeName::Neutral, GlyphSet::Unicode),
        ),
        ("dark", Theme::new(ThemeName::Dark, GlyphSet::Unicode)),
        ("light", Theme::new(ThemeName::Light, GlyphSet::Unicode)),
    ] {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        let (stocked, empty) = (StageSet::new(identities())?, StageSet::new(Vec::new())?);
        let demo = demo::start(Clock::fixed(now())).map_err(failed)?;
        let pages = rows(include_str!("contact_sheet/pages")).map(|row| {
            let (page, keys) = row.split_once(' ').unwrap_or((row, ""));
            (&stocked.context, page, keys)
        });
        let others = [
            (&empty.context, "welcome", ""),
            (&empty.context, "passphrase", "P"),
            // Only the demo has a Cloud Manager, and files to rotate to.
            (&demo.context, "discover", "I"),
            (&demo.context, "rotate-compared", "jR<enter>"),
            (&demo.context, "rotated", "jR<enter><enter>"),
        ];
        for (context, page, keys) in pages.chain(others) {
            let picture = folder.join(format!("{page}.png"));
            convert(&sheet(context, keys, &theme)?, &picture)?;
        }
    }
    Ok(())
}

fn rows(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.starts_with('#'))
}

fn now() -> Timestamp {
    NOW.parse().unwrap_or_default()
}

/// A storage in memory, with the simulator that its identities use.
struct StageSet {
    context: AppContext,
    _simulator: Simulator,
}

impl StageSet {
    fn new(identities: Vec<(ServiceAccount, Seed)>) -> io::Result<Self> {
        let accounts = || identities.iter().map(|(account, _)| account);
        let simulator = Simulator::start(SimulatorConfiguration {
            now: Arc::new(now),
            clients: accounts().map(ServiceAccount::client).collect(),
            environments: accounts().map(|it| AemEnvironment::new(&it.ids)).collect(),
            ..SimulatorConfiguration::default()
        })?;
        let context = demo_context(simulator.address(), Clock::fixed(now()));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        for (_, seed) in identities {
            runtime
                .block_on(demo_data::seed(&context, seed))
                .map_err(failed)?;
        }
        Ok(Self {
            context,
            _simulator: simulator,
        })
    }
}

/// Returns the page at all sizes as one SVG.
fn sheet(context: &AppContext, keys: &str, theme: &Theme) -> io::Result<String> {
    let (width, height) = SHEET;
    let mut sheet = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#808080\"/>\n"
    );
    let is_empty = context
        .read_index()
        .map_err(failed)?
        .environments
        .is_empty();
    for ((columns, rows), (x, y)) in FRAMES {
        let mut settings =
            Settings::of(context).map_err(|mistakes| io::Error::other(format!("{mistakes:?}")))?;
        settings.theme = theme.clone();
        settings.storage_is_chosen = !is_empty;
        settings.zone = jiff::tz::TimeZone::UTC;
        let request = FrameRequest {
            columns,
            rows,
            keys: keys.to_owned(),
            format: FrameFormat::Text,
        };
        let frame = run_keys(context, settings, &request).map_err(failed)?;
        let picture = frame.svg();
        let placed = picture.replacen("<svg ", &format!("<svg x=\"{x}\" y=\"{y}\" "), 1);
        sheet.push_str(&placed);
    }
    sheet.push_str("</svg>\n");
    Ok(sheet)
}

fn failed(problem: Problem) -> io::Error {
    io::Error::other(problem.to_string())
}

/// Reads the table of identities.
fn identities() -> Vec<(ServiceAccount, Seed)> {
    let table = rows(include_str!("contact_sheet/identities"));
    table.filter_map(identity).collect()
}

fn identity(row: &'static str) -> Option<(ServiceAccount, Seed)> {
    let cells: Vec<&'static str> = row.split(" | ").collect();
    let [customer, name, environment_type, ids, days, minutes] = cells[..] else {
        return None;
    };
    let environment_type = match environment_type {
        "prod" => EnvironmentType::Production,
        "stage" => EnvironmentType::Stage,
        "rde" => EnvironmentType::Rde,
        "dev" => EnvironmentType::Development,
        _ => EnvironmentType::Untyped,
    };
    // Half a day more, so that the number of days is the one of the table.
    let expires = SignedDuration::from_hours(days.parse::<i64>().ok()? * 24 + 12);
    let account = ServiceAccount::new(ids, 0, now() + expires).groups(&[
        "contributor",
        "content-authors",
        "dam-users",
    ]);
    let token = minutes.parse::<i64>().ok().map(|minutes| {
        let obtained = now() - SignedDuration::from_mins(24 * 60 - minutes);
        (account.token(obtained), obtained)
    });
    let seed = Seed {
        name,
        label: None,
        environment_type,
        customer: Some(customer),
        ids: None,
        file: Some(account.file()),
        token,
        used_by: &["content importer", "search indexer"],
    };
    Some((account, seed))
}

fn convert(svg: &str, picture: &PathBuf) -> io::Result<()> {
    let mut child = Command::new("rsvg-convert")
        .arg("--output")
        .arg(picture)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| io::Error::other(format!("rsvg-convert (librsvg): {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(svg.as_bytes())?;
    }
    if child.wait()?.success() {
        Ok(())
    } else {
        Err(io::Error::other("rsvg-convert failed"))
    }
}
