//! What to do next: prose and steps, which each frontend renders in its own terms.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::shell;

enum_table! {
    /// A step that the user can take. The shell renders it as a command, the dashboard as a key.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum NextStep {
        Add => "add FILE",
        /// Adds a local development token to the environment with these ids.
        AddWithIds => "add FILE --env NAME",
        AddNamed => "add FILE --name NAME",
        AddLocalSdk => "add --type local",
        /// Adds another identity under this label.
        AddWithLabel => "add FILE --label NAME",
        TrustImsHost => "add FILE --trust-ims-host HOST",
        /// Allows the file of a project.
        Allow => "allow FOLDER",
        CallPath => "call NAME PATH",
        CallDelivery => "call NAME:delivery PATH",
        Check => "check",
        ConfigCheck => "config check",
        ConfigGet => "config get",
        /// Sets console links and types from Cloud Manager.
        DiscoverApply => "discover --apply",
        Doctor => "doctor",
        DoctorForOne => "doctor NAME",
        AcceptOlderStorage => "doctor --accept-older-storage",
        Rename => "edit NAME --name NEW",
        RenameLabel => "edit NAME --label NEW",
        SetDefault => "edit NAME --default LABEL",
        SetIds => "edit NAME --env pN-eN",
        SetType => "edit NAME --type TYPE",
        SetHosts => "edit NAME --author HOST --publish HOST",
        TrustHost => "edit NAME --author HOST --trust-host HOST",
        SetDomain => "edit NAME --publish-domain DOMAIN",
        SavePath => "edit NAME --saved-path PATH",
        Exchange => "exchange NAME",
        Explain => "explain -",
        GuideFirst => "guide first",
        GuideRotate => "guide rotate NAME",
        GuidePermissions => "guide permissions NAME",
        GuideApiYaml => "guide permissions NAME --api-yaml",
        GuideRevoke => "guide revoke NAME",
        ExportCredential => "credential NAME --output FILE",
        InvalidateToken => "invalidate-token NAME",
        /// Shows the steps after a leak.
        Leaked => "leaked NAME",
        MarkLeaked => "leaked NAME --mark",
        CheckRevoked => "leaked NAME --revoked",
        InvalidateLeaked => "leaked NAME --invalidate",
        DeleteLeaked => "leaked NAME --delete-old",
        List => "list",
        /// The dashboard without a screen.
        Plain => "--plain",
        PasteToken => "paste NAME",
        Remove => "remove NAME",
        Revisions => "revisions NAME",
        DropRevision => "revisions NAME --drop",
        /// Continues a rotation, or tries its candidate again.
        ContinueRotation => "rotate NAME",
        Rotate => "rotate NAME FILE",
        DiscardCandidate => "rotate NAME --discard",
        GoBack => "rotate NAME --go-back",
        /// Forwards every method to a Production environment.
        ServeForWriting => "serve NAME --allow-write NAME",
        Show => "show NAME",
        Storage => "storage",
        Test => "test NAME",
        TestAuthor => "test NAME --tier author",
        TestPublish => "test NAME --tier publish",
        TestPath => "test NAME --path PATH",
        TestOpenApi => "test NAME --path /adobe/sites/cf/fragments",
        PrintToken => "token NAME",
        PrintHeader => "token NAME --format header",
        Unlock => "unlock",
        UsedBy => "used-by NAME",
        TickUser => "used-by NAME --tick WHO",
    }
    /// Returns the arguments of `aemkeys`. The word `NAME` stands for the subject; other words in capitals are
    /// placeholders that the user fills in.
    fn command -> &'static str;
}

impl NextStep {
    /// The step for this subject: a name, ids or a label.
    pub fn of(self, subject: impl ToString) -> Part {
        Part::Step(self, Some(subject.to_string()), None)
    }

    /// The step with this value for its last placeholder.
    pub fn with(self, value: impl ToString) -> Part {
        Part::Step(self, None, Some(value.to_string()))
    }

    /// Returns the command line, with subject and value quoted for the shell.
    pub fn command_line(self, subject: Option<&str>, value: Option<&str>) -> String {
        let words: Vec<Cow<'_, str>> = self
            .command()
            .split(' ')
            .map(|word| {
                let (name, tier) = word.split_at(word.find(':').unwrap_or(word.len()));
                let is_placeholder =
                    name == "pN-eN" || name.bytes().all(|byte| byte.is_ascii_uppercase());
                match if name == "NAME" { subject } else { value } {
                    Some(given) if is_placeholder => {
                        Cow::Owned(shell::quoted(&format!("{given}{tier}")))
                    }
                    _ => Cow::Borrowed(word),
                }
            })
            .collect();
        format!("aemkeys {}", words.join(" "))
    }

    fn in_shell(self, subject: Option<&str>, value: Option<&str>) -> String {
        format!("run `{}`", self.command_line(subject, value))
    }
}

/// A part of [`Guidance`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(Cow<'static, str>),
    /// A step, with its subject and the value of its last placeholder if they are known. It reads as an imperative clause:
    /// "press R", "run `aemkeys ...`".
    Step(NextStep, Option<String>, Option<String>),
}

impl From<&'static str> for Part {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<NextStep> for Part {
    fn from(step: NextStep) -> Self {
        Self::Step(step, None, None)
    }
}

/// A sentence for the user that may name steps. It has no `Display`, so that each frontend must choose how it names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guidance(Vec<Part>);

impl Guidance {
    pub fn new(parts: Vec<Part>) -> Self {
        Self(parts)
    }

    /// Reads a text of the program's own data, in which `{Rotate}` and the like name steps. `subject` is that of the steps,
    /// `fill` completes the text between them.
    pub fn template(text: &str, subject: Option<&str>, fill: impl Fn(&str) -> String) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, step, after)) = split_at_step(rest) {
            parts.push(Part::from(fill(before)));
            parts.push(Part::Step(step, subject.map(str::to_owned), None));
            rest = after;
        }
        parts.push(Part::from(fill(rest)));
        Self(parts)
    }

    /// Names the subject of all steps that have none.
    pub fn set_subject(&mut self, name: &str) {
        for part in &mut self.0 {
            if let Part::Step(_, subject @ None, _) = part {
                *subject = Some(name.to_owned());
            }
        }
    }

    pub fn push(&mut self, part: impl Into<Part>) {
        self.0.push(part.into());
    }

    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Renders it, with `step` for its steps.
    pub fn render(&self, step: impl Fn(NextStep, Option<&str>, Option<&str>) -> String) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone().into_owned(),
                Part::Step(next, subject, value) => {
                    step(*next, subject.as_deref(), value.as_deref())
                }
            })
            .collect()
    }

    /// Renders it with commands that can be pasted into a shell.
    pub fn in_shell(&self) -> String {
        self.render(NextStep::in_shell)
    }

    /// Like [`Guidance::in_shell`], with the word `NAME` in place of the name.
    pub fn in_shell_for_any(&self) -> String {
        self.render(|step, _, value| step.in_shell(None, value))
    }

    /// The steps that it names.
    pub fn steps(&self) -> impl Iterator<Item = NextStep> {
        self.0.iter().filter_map(|part| match part {
            Part::Step(step, ..) => Some(*step),
            Part::Text(_) => None,
        })
    }
}

impl Part {
    /// Sets the value of the step's last placeholder.
    #[must_use]
    pub fn with(self, value: impl ToString) -> Self {
        match self {
            Self::Step(step, subject, _) => Self::Step(step, subject, Some(value.to_string())),
            text @ Self::Text(_) => text,
        }
    }
}

fn split_at_step(text: &str) -> Option<(&str, NextStep, &str)> {
    text.match_indices('{').find_map(|(start, _)| {
        let (name, after) = text.get(start + 1..)?.split_once('}')?;
        let mut steps = NextStep::ALL.iter();
        let step = steps.find(|step| format!("{step:?}") == name)?;
        Some((text.get(..start)?, *step, after))
    })
}

impl<T: Into<Part>> From<T> for Guidance {
    fn from(part: T) -> Self {
        Self(vec![part.into()])
    }
}

/// As in the shell, for `--json`.
impl Serialize for Guidance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.in_shell())
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Guidance {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Guidance".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// Reads a text of one of the program's tables, in which `{Rotate}` and the like name steps. An unknown step is an error.
impl<'de> Deserialize<'de> for Guidance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let guidance = Self::template(&text, None, str::to_owned);
        let is_text = |part: &Part| !matches!(part, Part::Text(text) if text.contains(['{', '}']));
        if guidance.0.iter().all(is_text) {
            Ok(guidance)
        } else {
            Err(D::Error::custom(format!("unknown step in: {text}")))
        }
    }
}

/// Builds a [`Guidance`](crate::credential::Guidance) from texts and steps.
#[macro_export]
macro_rules! guidance {
    ($($part:expr),+ $(,)?) => {
        $crate::credential::Guidance::new(vec![$($crate::credential::Part::from($part)),+])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_quoted_for_the_shell() {
        let guidance = guidance![
            "add a certificate, then ",
            NextStep::Rotate.of("it's; here"),
        ];
        assert_eq!(
            guidance.in_shell(),
            format!(
                "add a certificate, then run `aemkeys rotate {} FILE`",
                shell::quoted("it's; here")
            )
        );
    }

    #[test]
    fn values_and_subjects_that_come_later_are_quoted_too() {
        let mut guidance = guidance![
            NextStep::SetDomain.with("www.x.example;id"),
            ", else ",
            NextStep::Test
        ];
        guidance.set_subject("it's");
        assert_eq!(
            guidance.in_shell(),
            format!(
                "run `aemkeys edit {name} --publish-domain {domain}`, else run `aemkeys test {name}`",
                name = shell::quoted("it's"),
                domain = shell::quoted("www.x.example;id")
            )
        );
    }

    #[test]
    fn text_is_never_read_as_a_step() {
        let text = "`aemkeys rotate NAME`: {Rotate}";
        let rendered = Guidance::from(text).render(|_, _, _| unreachable!());
        assert_eq!(rendered, text);
    }
}
