//! `aemkeys guide`: prints a guide to Adobe's consoles with the environment's names, read only from the index.

use unicode_width::UnicodeWidthStr;

use super::document;
use super::globals::Globals;
use super::options::choice;
use super::output::{self, Paint, Stream, paint};
use crate::app::guide::{self, Guide, GuideKey, Topic, read_ticks};
use crate::app::resolve;
use aemkeys_core::credential::{Code, Kind, Problem};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Show step-by-step guides to Adobe's consoles: first credentials, rotation, permissions, revocation
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys guide
  aemkeys guide rotate wknd-stage
  aemkeys guide permissions wknd-prod --api-yaml > api.yaml")]
pub struct GuideArgs {
    /// Topic of the guide; lists the topics if omitted
    #[arg(value_parser = choice(Topic::ALL.map(Topic::id), Topic::parse))]
    topic: Option<Topic>,
    /// ENV or ENV/LABEL: fills in its names
    name: Option<String>,
    /// Print the `api.yaml` for this OAuth credential and nothing else
    #[arg(long, requires = "name")]
    pub(super) api_yaml: bool,
}

/// A guide.
#[derive(Serialize, JsonSchema)]
pub struct GuideDocument {
    guide: Guide,
}

/// All guides, without a topic.
#[derive(Serialize, JsonSchema)]
pub struct GuidesDocument {
    guides: Vec<ListedGuide>,
}

/// A guide in the list of guides.
#[derive(Serialize, JsonSchema)]
struct ListedGuide {
    topic: Topic,
    /// The title.
    title: &'static str,
    /// When it helps.
    about: &'static str,
}

/// Width if standard output is not a terminal.
const COLUMNS: usize = 80;

pub fn run(globals: &Globals, args: GuideArgs) -> Result<u8, Problem> {
    let Some(topic) = args.topic else {
        return topics(output::mode().json);
    };
    let context = globals.open_with(false)?;
    let mut key = GuideKey {
        topic,
        identity: None,
    };
    let mut kind = None;
    let mut guide = match &args.name {
        None => Guide::general(topic),
        Some(name) => {
            let index = context.read_index()?;
            let id = resolve::identity(&index, name)?;
            key.identity = Some(id);
            let (environment, identity) = index.identity(id).ok_or_else(|| {
                Problem::new(Code::NameNotFound, "this identity is no longer stored")
            })?;
            kind = Some(identity.kind);
            Guide::of(topic, environment, identity, context.clock.now())
        }
    };
    if args.api_yaml {
        let file = guide
            .file()
            .filter(|_| kind == Some(Kind::OauthServerToServer))
            .ok_or_else(|| {
                Problem::new(Code::Usage, "there is no api.yaml for this credential")
                    .cause("only OAuth server-to-server credentials need an api.yaml")
                    .next_step("run `aemkeys guide permissions NAME --api-yaml` with the name of an OAuth credential")
            })?;
        output::answer(file.text.as_bytes())?;
        return Ok(0);
    }
    let ticks = read_ticks(&context);
    for step in &mut guide.steps {
        step.done = ticks.is_done(key, step);
    }
    if output::mode().json {
        document::answer(GuideDocument { guide });
    } else {
        let columns = crossterm::terminal::size()
            .map_or(COLUMNS, |(columns, _)| usize::from(columns))
            .clamp(40, 100);
        let text = print(&guide, columns);
        output::answer(text.as_bytes())?;
    }
    Ok(0)
}

fn topics(as_json: bool) -> Result<u8, Problem> {
    if as_json {
        let guides = Topic::ALL
            .into_iter()
            .map(|topic| ListedGuide {
                topic,
                title: guide::title(topic),
                about: guide::about(topic),
            })
            .collect();
        document::answer(GuidesDocument { guides });
        return Ok(0);
    }
    let rows: Vec<Vec<output::Cell>> = Topic::ALL
        .into_iter()
        .map(|topic| {
            vec![
                output::Cell::painted(topic.id(), Paint::Bold),
                output::Cell::plain(format!("{}: {}", guide::title(topic), guide::about(topic))),
            ]
        })
        .collect();
    output::answer(output::table(&rows).as_bytes())?;
    output::note(
        "`aemkeys guide TOPIC NAME` shows a guide with the names of a stored environment.",
    );
    Ok(0)
}

fn print(guide: &Guide, columns: usize) -> String {
    let mut out = String::new();
    let mut put = |indent: usize, first: &str, text: &str| {
        for (at, line) in wrap(text, columns.saturating_sub(indent))
            .into_iter()
            .enumerate()
        {
            let begin = if at == 0 { first } else { "" };
            out.push_str(&format!("{begin:indent$}{line}\n"));
        }
    };
    let title = guide.name.as_ref().map_or_else(
        || guide.title.clone(),
        |name| format!("{}: {name}", guide.title),
    );
    put(0, "", &paint(Paint::Bold, &title, Stream::Out));
    put(0, "", "");
    put(0, "", &guide.intro);
    put(0, "", "");
    put(9, "Who can:", &guide.who_may);
    for (at, step) in guide.steps.iter().enumerate() {
        let tick = if step.done { "[x]" } else { "[ ]" };
        put(0, "", "");
        put(7, &format!("{tick} {}.", at + 1), &step.text.in_shell());
        if let Some(link) = &step.link {
            put(7, "", &paint(Paint::Dim, link, Stream::Out));
        }
        for line in step.file.iter().flat_map(|file| file.text.lines()) {
            put(11, "", line);
        }
    }
    out
}

/// Wraps text at spaces and keeps its indentation. A long word and a command in backquotes are not broken, because a
/// shell would run the rest of a pasted command as one of its own.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = text
        .chars()
        .take_while(|letter| *letter == ' ')
        .collect::<String>();
    let mut begun = false;
    let mut in_command = false;
    let words = text.split(|letter| {
        in_command ^= letter == '`';
        letter == ' ' && !in_command
    });
    for word in words.filter(|word| !word.is_empty()) {
        if begun && line.width() + 1 + word.width() > columns {
            lines.push(std::mem::take(&mut line));
            begun = false;
        }
        if begun {
            line.push(' ');
        }
        line.push_str(word);
        begun = true;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn a_command_stays_on_one_line() {
        let command = "`aemkeys credential 'two words; reboot' --format adobe-json`";
        for columns in 1..90 {
            let lines = wrap(&format!("  hand it over: {command}, then go on"), columns);
            assert!(lines.iter().any(|line| line.contains(command)), "{lines:?}");
            let others = lines.iter().filter(|line| !line.contains(command));
            for line in others {
                let is_one_word = !line.trim().contains(' ');
                assert!(line.len() <= columns || is_one_word, "{columns} {line:?}");
            }
        }
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
    }
}
