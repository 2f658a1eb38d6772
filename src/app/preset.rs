//! The variables that a program reads, as data: our presets in `assets/presets`, and the user's in `presets` beside the
//! configuration.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

use super::{Configuration, nearest};
use crate::platform::ownership;
use aemkeys_core::credential::shell::quoted;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};

/// The content of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    Token,
    /// `Authorization: Bearer ..`
    Header,
    /// The address of a tier, without a path.
    Author,
    Publish,
    Preview,
    Org,
    ClientId,
    /// When the token expires: RFC 3339, UTC.
    ExpiresAt,
    /// The same in milliseconds since 1970.
    ExpiresAtMs,
    /// A JSON array.
    Scopes,
    /// Only in presets: handing it over is confirmed each time.
    ClientSecret,
}

impl Content {
    /// The names used in flags and references.
    pub const ASSIGNED: [&str; 10] = [
        "token",
        "header",
        "author",
        "publish",
        "preview",
        "org",
        "client-id",
        "expires-at",
        "expires-at-ms",
        "scopes",
    ];

    /// Parses a name of a flag or a reference.
    pub(super) fn parse_assigned(name: &str) -> Option<Self> {
        let known = Self::ASSIGNED.into_iter().find(|known| *known == name)?;
        let known = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(known);
        Self::deserialize(known).ok()
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Header => "header",
            Self::Author => "author",
            Self::Publish => "publish",
            Self::Preview => "preview",
            Self::Org => "org",
            Self::ClientId => "client-id",
            Self::ExpiresAt => "expires-at",
            Self::ExpiresAtMs => "expires-at-ms",
            Self::Scopes => "scopes",
            Self::ClientSecret => "client-secret",
        }
    }

    /// Returns whether it is read from a token, which may have to be exchanged first.
    pub(super) fn is_of_token(self) -> bool {
        matches!(
            self,
            Self::Token | Self::Header | Self::ExpiresAt | Self::ExpiresAtMs
        )
    }
}

/// A variable as it is given on the command line: `NAME=token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub name: String,
    pub content: Content,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, content) = text
            .split_once('=')
            .ok_or("expects VARIABLE=CONTENT, such as AEM_URL=author")?;
        if !is_variable(name) {
            return Err("the name of a variable has letters, digits and _".to_owned());
        }
        let content = Content::parse_assigned(content)
            .ok_or_else(|| format!("the content is one of {}", Content::ASSIGNED.join(", ")))?;
        Ok(Self {
            name: name.to_owned(),
            content,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    pub about: String,
    #[serde(default)]
    pub variables: BTreeMap<String, Content>,
    /// Variables with a fixed text.
    #[serde(default)]
    pub text: BTreeMap<String, String>,
}

const OURS: [(&str, &str); 7] = [
    ("acm", include_str!("../../assets/presets/acm.toml")),
    ("aio", include_str!("../../assets/presets/aio.toml")),
    (
        "appbuilder",
        include_str!("../../assets/presets/appbuilder.toml"),
    ),
    ("edge", include_str!("../../assets/presets/edge.toml")),
    (
        "headless",
        include_str!("../../assets/presets/headless.toml"),
    ),
    ("react", include_str!("../../assets/presets/react.toml")),
    ("upload", include_str!("../../assets/presets/upload.toml")),
];

impl Preset {
    /// Returns the names of our presets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OURS.into_iter().map(|(name, _)| name)
    }

    /// Returns the user's preset of this name, else ours.
    pub fn load(name: &str, configuration: &Configuration) -> Result<Self, Problem> {
        let file = configuration.file_beside("presets", name);
        if let Some(file) = file.filter(|file| file.is_file()) {
            let source = file.display().to_string();
            if let Some(exposed) = ownership::exposed(&file) {
                return Err(exposed.refused("this preset"));
            }
            let text = std::fs::read_to_string(&file)
                .map_err(|error| wrong(&source).cause(error.to_string()))?;
            return Self::parse(&text, &source);
        }
        let ours = OURS.into_iter().find(|(known, _)| *known == name);
        let (name, text) = ours.ok_or_else(|| unknown(name))?;
        Self::parse(text, name)
    }

    fn parse(text: &str, source: &str) -> Result<Self, Problem> {
        let preset: Self =
            toml::from_str(text).map_err(|error| wrong(source).cause(error.message()))?;
        let mut names = preset.variables.keys().chain(preset.text.keys());
        if let Some(name) = names.find(|name| !is_variable(name)) {
            let why = format!("{} is not the name of a variable", clean(name, 60));
            return Err(wrong(source).cause(why));
        }
        if preset.text.values().any(|text| text.contains('\0')) {
            return Err(
                wrong(source).cause("a text has a NUL character, which no variable can have")
            );
        }
        Ok(preset)
    }
}

/// Returns whether shells accept the name.
pub(super) fn is_variable(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn wrong(source: &str) -> Problem {
    let what = format!("could not read the preset {}", clean(source, 300));
    Problem::new(Code::Configuration, what).next_step(format!(
        "write it like this: about = \"..\", then [variables] with lines NAME = \"token\"; the contents are {} and client-secret",
        Content::ASSIGNED.join(", ")
    ))
}

fn unknown(name: &str) -> Problem {
    let what = format!("there is no preset called {}", quoted(&clean(name, 60)));
    let near = nearest(name, Preset::names());
    let known: Vec<&str> = Preset::names().collect();
    let next = match near.first() {
        Some(near) => format!("did you mean {near}?"),
        None => format!("use one of {}.", known.join(", ")),
    };
    Problem::new(Code::Usage, what).next_step(format!(
        "{next} Or create presets/NAME.toml beside config.toml"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_presets_can_be_read_and_have_a_secret() {
        for name in Preset::names() {
            let preset = Preset::load(name, &Configuration::default()).unwrap();
            assert!(!preset.about.is_empty());
            let mut contents = preset.variables.values();
            let is_secret = |it: &Content| matches!(it, Content::Token | Content::ClientSecret);
            assert!(contents.any(is_secret), "{name}");
        }
    }

    #[test]
    fn every_content_has_a_name() {
        for name in Content::ASSIGNED {
            let content = Content::parse_assigned(name);
            assert_eq!(content.map(Content::name), Some(name));
        }
        assert_eq!(Content::parse_assigned("secret"), None);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, said) in [
            ("AEM_URL", "VARIABLE=CONTENT"),
            ("AEM URL=author", "name of a variable"),
            ("9=author", "name of a variable"),
            ("AEM_URL=autor", "one of token, header"),
        ] {
            let why = text.parse::<Assignment>().unwrap_err();
            assert!(why.contains(said), "{why}");
        }
        for text in [
            "variables = 1",
            "about = \"x\"\n[variables]\nA = \"tokn\"",
            "about = \"x\"\n[variables]\n\"A B\" = \"token\"",
            "about = \"x\"\nvariable = {}",
            "about = \"x\"\n[text]\nA = \"a\\u0000\"",
        ] {
            assert!(Preset::parse(text, "mine").is_err(), "{text}");
        }
        let near = unknown("uplod");
        assert!(
            format!("{near:?}").contains("did you mean upload"),
            "{near:?}"
        );
    }
}
