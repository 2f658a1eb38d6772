//! The files that continue a typed path, listed below its field.

/// The maximum number of visible files.
const VISIBLE: usize = 5;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileList {
    /// The text that they continue.
    of: String,
    names: Vec<String>,
    selected: Option<usize>,
}

impl FileList {
    /// Begins a list for a text. Returns false if it is the list of this text already.
    pub fn begin(&mut self, text: &str) -> bool {
        let is_new = self.of != text;
        if is_new {
            *self = Self {
                of: text.to_owned(),
                ..Self::default()
            };
        }
        is_new
    }

    /// Fills the list if it is still the one of this text.
    pub fn fill(&mut self, of: &str, mut names: Vec<String>) {
        if self.of == of {
            names.retain(|name| name != of);
            self.names = names;
        }
    }

    pub fn clear(&mut self) {
        self.names.clear();
        self.selected = None;
    }

    pub fn selected(&self) -> Option<&str> {
        self.names.get(self.selected?).map(String::as_str)
    }

    /// Returns the text that all files begin with, if it is longer than the typed one.
    pub fn common(&self) -> Option<String> {
        let (first, rest) = self.names.split_first()?;
        let mut end = first.len();
        for name in rest {
            let letters = first.chars().zip(name.chars());
            let alike = letters.take_while(|(a, b)| a == b);
            end = end.min(alike.map(|(letter, _)| letter.len_utf8()).sum());
        }
        let common = &first[..end];
        (self.selected.is_none() && end > self.of.len()).then(|| common.to_owned())
    }

    /// Selects the next or previous file. Returns false at the ends of the list.
    pub fn step(&mut self, forward: bool) -> bool {
        let selected = match (self.selected, forward) {
            (None, true) => Some(0),
            (None, false) => return false,
            (Some(at), true) => Some(at + 1),
            (Some(at), false) => at.checked_sub(1),
        };
        if selected.is_some_and(|at| at >= self.names.len()) {
            self.clear();
            return false;
        }
        self.selected = selected;
        true
    }

    /// Returns the visible names without their folder, and whether each is selected.
    pub fn visible(&self) -> impl Iterator<Item = (&str, bool)> {
        let last = self.names.len().saturating_sub(VISIBLE);
        let first = self.selected.unwrap_or(0).saturating_sub(VISIBLE / 2);
        let names = self.names.iter().enumerate().skip(first.min(last));
        names.take(VISIBLE).map(|(at, name)| {
            let folder = name.trim_end_matches(['/', '\\']);
            let folder = folder.rfind(['/', '\\']).map_or(0, |at| at + 1);
            (&name[folder..], self.selected == Some(at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(of: &str, names: &[&str]) -> FileList {
        let mut list = FileList::default();
        assert!(list.begin(of));
        list.fill(of, names.iter().map(|name| (*name).to_owned()).collect());
        list
    }

    #[test]
    fn completes_to_what_all_have_in_common() {
        assert_eq!(list("/h", &["/home/", "/host/"]).common().unwrap(), "/ho");
        assert_eq!(list("/ho", &["/home/", "/host/"]).common(), None);
        assert_eq!(list("/é", &["/éa", "/éà"]).common(), None);
        assert_eq!(list("/x", &[]).common(), None);
        // Nothing is left of what is typed already.
        assert_eq!(list("/x.json", &["/x.json"]).visible().count(), 0);
    }

    #[test]
    fn the_selection_is_visible_and_ends_after_the_last() {
        let names: Vec<String> = (0..9).map(|at| format!("/{at}.json")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut list = list("/", &names);
        assert!(!list.step(false));
        for name in &names {
            assert!(list.step(true));
            assert_eq!(list.selected(), Some(*name));
            let visible: Vec<_> = list.visible().collect();
            assert!(visible.contains(&(&name[1..], true)), "{visible:?}");
        }
        assert!(!list.step(true));
        assert_eq!(list.visible().count(), 0);
    }
}
