//! A text that can be copied, saved to a file, and opened in another program.

use super::action::Action;
use super::command::{AppCommand, Cx};
use super::effect::{Effect, Job};
use super::widgets::indented;
use crate::app::show::Viewer;

/// The longest suggested name, without its ending.
const LONGEST_NAME: usize = 80;

/// A text without secrets, with a name for its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub file_name: String,
    pub text: String,
    /// Whether the response is longer than the text.
    pub is_cut: bool,
}

impl Document {
    /// `about` becomes the file's name, with the ending that fits the text.
    pub fn new(about: &[&str], text: String, is_cut: bool) -> Self {
        let start = text.trim_start();
        let ending = match start.get(..5) {
            _ if indented(&text).is_some() => "json",
            Some("<?xml") => "xml",
            _ if start.starts_with('<') => "html",
            _ => "txt",
        };
        let name = about.join("-");
        let name = name.split('?').next().unwrap_or_default();
        let name = name.strip_suffix(&format!(".{ending}")).unwrap_or(name);
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
        let words: Vec<&str> = words
            .map(|word| word.trim_matches('.'))
            .filter(|word| !word.is_empty())
            .collect();
        let mut name = words.join("-");
        name.truncate(LONGEST_NAME);
        if name.is_empty() {
            "response".clone_into(&mut name);
        }
        Self {
            file_name: format!("{name}.{ending}"),
            text,
            is_cut,
        }
    }

    /// Performs an action on the text.
    pub fn perform(self, cx: &mut Cx<'_>, action: Action) {
        let viewer = match action {
            Action::SaveText => return cx.then(AppCommand::OpenSave(self)),
            Action::CopyBody => {
                let (what, text) = ("response", self.text);
                cx.run(Job::CopyText { what, text });
                return;
            }
            Action::OpenPager => Viewer::Pager,
            Action::OpenEditor => Viewer::Editor,
            _ => return,
        };
        cx.emit(Effect::Show(viewer, self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_after_the_request() {
        let name =
            |about: &[&str], text: &str| Document::new(about, text.to_owned(), false).file_name;
        for (about, text, expected) in [
            (
                &["brand-prod/read", "author", "/content/dam.json?a=b/c"][..],
                "{}",
                "brand-prod-read-author-content-dam.json",
            ),
            (
                &["x", "/a/../..//b\u{1b}é c"],
                "<?xml version",
                "x-a-b-c.xml",
            ),
            (&["x", "/page.html"], " <!DOCTYPE html>", "x-page.html"),
            (&["x", "/page.html"], "text", "x-page.html.txt"),
            (&["..", "/"], "é<", "response.txt"),
        ] {
            assert_eq!(name(about, text), expected);
        }
        let long = "a/".repeat(500);
        assert_eq!(name(&[&long], "").len(), LONGEST_NAME + ".txt".len());
    }
}
