//! The terminal's answer to the question for its background colour, found among its events.
//!
//! crossterm knows no such answer: it reports `ESC ] 11;rgb:1e1e/1e1e/1e1e BEL` as the keys Alt-], 1, 1, ; and so on. They are
//! removed whenever they arrive, so nothing waits for the answer, and keys around it stay.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::tui::colors::Rgb;

/// Asks for the background (OSC 11). Ends with BEL: some terminals end the answer as the question, and ESC \ wrongly.
pub const QUESTION: &str = "\x1b]11;?\x07";
/// The beginning of the answer after `ESC ]`.
const BEGIN: &str = "11;";
/// The longest answer that is expected: `rgba:` and four numbers of four digits.
const LONGEST: usize = 64;

/// A key, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Escape,
    /// `ESC ]` read together.
    Open,
    /// BEL, or `ESC \` read together.
    Close,
    Letter(char),
    Other,
}

impl Sign {
    /// Returns `None` if the event is not a key.
    fn of(event: &Event) -> Option<Self> {
        let Event::Key(key) = event else { return None };
        if key.kind == KeyEventKind::Release {
            return None;
        }
        Some(match (key.code, key.modifiers) {
            (KeyCode::Esc, KeyModifiers::NONE) => Self::Escape,
            (KeyCode::Char(']'), KeyModifiers::ALT) => Self::Open,
            (KeyCode::Char('\\'), KeyModifiers::ALT)
            | (KeyCode::Char('g'), KeyModifiers::CONTROL) => Self::Close,
            (KeyCode::Char(letter), KeyModifiers::NONE | KeyModifiers::SHIFT) => {
                Self::Letter(letter)
            }
            _ => Self::Other,
        })
    }
}

#[derive(Default)]
enum AnswerState {
    #[default]
    Outside,
    /// After ESC alone, which is a key until a `]` follows.
    Escape,
    /// After `ESC ]` and a part of [`BEGIN`]: these events may still be keys.
    Beginning(Vec<Event>),
    /// After [`BEGIN`]: an answer in any case.
    Inside(String),
    /// Its end may come as ESC and `\`.
    Ending(String),
}

/// Removes the answer from a stream of events.
#[derive(Default)]
pub struct AnswerFilter(AnswerState);

impl AnswerFilter {
    /// Whether events are held back that may be keys.
    pub fn holds(&self) -> bool {
        matches!(self.0, AnswerState::Beginning(_))
    }

    /// Returns the held events: nothing followed them, so they are keys.
    pub fn release(&mut self) -> Vec<Event> {
        match std::mem::take(&mut self.0) {
            AnswerState::Beginning(held) => held,
            other => {
                self.0 = other;
                Vec::new()
            }
        }
    }

    /// Passes on every event that is not part of the answer. Returns the colour at the end of the answer.
    pub fn take(&mut self, event: Event, mut pass: impl FnMut(Event)) -> Option<Rgb> {
        let Some(sign) = Sign::of(&event) else {
            pass(event);
            return None;
        };
        self.0 = match (std::mem::take(&mut self.0), sign) {
            (AnswerState::Outside, Sign::Open)
            | (AnswerState::Escape, Sign::Letter(']') | Sign::Open) => {
                AnswerState::Beginning(vec![event])
            }
            (AnswerState::Beginning(mut held), Sign::Letter(letter))
                if BEGIN.chars().nth(held.len() - 1) == Some(letter) =>
            {
                held.push(event);
                if held.len() > BEGIN.len() {
                    AnswerState::Inside(String::new())
                } else {
                    AnswerState::Beginning(held)
                }
            }
            (AnswerState::Beginning(held), _) => {
                held.into_iter().for_each(&mut pass);
                return self.take(event, pass);
            }
            (AnswerState::Inside(text), Sign::Close)
            | (AnswerState::Ending(text), Sign::Letter('\\')) => {
                return parse(&text);
            }
            (AnswerState::Inside(text), Sign::Escape) => AnswerState::Ending(text),
            (AnswerState::Inside(mut text), Sign::Letter(letter)) if text.len() < LONGEST => {
                text.push(letter);
                AnswerState::Inside(text)
            }
            // The end is missing.
            (AnswerState::Inside(_) | AnswerState::Ending(_), _) => return self.take(event, pass),
            (AnswerState::Outside | AnswerState::Escape, _) => {
                pass(event);
                if sign == Sign::Escape {
                    AnswerState::Escape
                } else {
                    AnswerState::Outside
                }
            }
        };
        None
    }
}

/// Parses `rgb:R/G/B` and `rgba:R/G/B/A`, with one to four hexadecimal digits each (XParseColor).
fn parse(text: &str) -> Option<Rgb> {
    let numbers = text
        .strip_prefix("rgb:")
        .or_else(|| text.strip_prefix("rgba:"))?;
    let mut channels = numbers.split('/').map(|digits| {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)? - 1;
        let fits = (1..=4).contains(&digits.len());
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| fits)?;
        u8::try_from(value * 255 / most).ok()
    });
    Some((channels.next()??, channels.next()??, channels.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyEvent;

    fn key(code: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(code), modifiers))
    }

    /// The events that crossterm makes of these bytes. `pieces`: whether each byte was read alone.
    fn events(text: &str, pieces: bool) -> Vec<Event> {
        let mut letters = text.chars().peekable();
        let mut events = Vec::new();
        while let Some(letter) = letters.next() {
            events.push(match letter {
                '\u{1b}' if pieces || letters.peek().is_none() => {
                    Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE))
                }
                '\u{1b}' => key(letters.next().unwrap(), KeyModifiers::ALT),
                '\u{7}' => key('g', KeyModifiers::CONTROL),
                letter if letter.is_uppercase() => key(letter, KeyModifiers::SHIFT),
                letter => key(letter, KeyModifiers::NONE),
            });
        }
        events
    }

    /// Returns the events that were passed on, including those released at the end, and the colour.
    fn run(events: Vec<Event>) -> (Vec<Event>, Option<Rgb>) {
        let (mut filter, mut passed, mut colour) = (AnswerFilter::default(), Vec::new(), None);
        for event in events {
            colour = filter.take(event, |event| passed.push(event)).or(colour);
        }
        passed.extend(filter.release());
        (passed, colour)
    }

    #[test]
    fn the_answer_is_found_between_keys() {
        for end in ["\u{7}", "\u{1b}\\"] {
            let text = format!("jj\u{1b}]11;rgb:FFff/8080/0{end}kx");
            let (passed, colour) = run(events(&text, false));
            assert_eq!(passed, events("jjkx", false));
            assert_eq!(colour, Some((255, 128, 0)), "{text:?}");
            // Read byte by byte, only the first ESC has passed before it is known what follows.
            let (passed, colour) = run(events(&text, true));
            assert_eq!(passed, events("jj\u{1b}kx", true));
            assert_eq!(colour, Some((255, 128, 0)), "{text:?}");
        }
    }

    #[test]
    fn keys_that_look_like_its_beginning_stay_keys() {
        for text in [
            "\u{1b}]",
            "\u{1b}]1",
            "\u{1b}]12;a",
            "\u{1b}]\u{1b}]x",
            "]11;q",
            "\u{1b}j]11;",
            "\u{1b}",
            "a\u{7}\u{1b}\\b",
        ] {
            let all = events(text, false);
            assert_eq!(run(all.clone()), (all, None), "{text:?}");
        }
    }

    #[test]
    fn an_answer_without_colour_or_end_runs_no_command() {
        for text in [
            "\u{1b}]11;\u{7}",
            "\u{1b}]11;white\u{7}",
            "\u{1b}]11;rgb:12345/0/0\u{7}",
            "\u{1b}]11;rgb:é/0/0\u{7}",
            "\u{1b}]11;rgb:0/0\u{7}",
            "\u{1b}]11;rgb:00/0",
            "\u{1b}]11;rgb:00/0\u{1b}",
        ] {
            assert_eq!(run(events(text, false)), (Vec::new(), None), "{text:?}");
        }
        let mut cut = events("\u{1b}]11;rgb:00/0", false);
        let up = Event::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
        cut.extend([up.clone(), Event::Resize(80, 24)]);
        assert_eq!(run(cut).0, [up, Event::Resize(80, 24)]);
    }

    #[test]
    fn every_length_of_number_is_scaled() {
        assert_eq!(parse("rgb:f/ff/fff"), Some((255, 255, 255)));
        assert_eq!(parse("rgba:1e1e/2e2e/0000/ffff"), Some((30, 46, 0)));
    }
}
