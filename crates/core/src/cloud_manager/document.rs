//! Cloud Manager's documents in HAL: lists with `_embedded` items and `_links`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::credential::serde_helpers;
use crate::credential::text::clean;
use crate::environment::{CloudIds, EnvironmentType, HostName};

/// The beginning of the names of Adobe's links.
const REL: &str = "http://ns.adobe.com/adobecloud/rel/";
const ORIGIN: &str = "https://cloudmanager.adobe.io";
const NAME_CHARS: usize = 80;
const WORD_CHARS: usize = 30;
const LINK_CHARS: usize = 300;

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    pub id: u64,
    #[serde(deserialize_with = "serde_helpers::text")]
    pub name: String,
}

/// An environment of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudEnvironment {
    pub ids: CloudIds,
    #[serde(deserialize_with = "serde_helpers::text")]
    pub name: String,
    /// As Cloud Manager writes it: `dev`, `stage`, `prod`, `rde`, `preprod`.
    #[serde(deserialize_with = "serde_helpers::text")]
    pub cloud_type: String,
    /// `ready`, `hibernated`, `updating` and others.
    #[serde(deserialize_with = "serde_helpers::text")]
    pub status: String,
    #[serde(deserialize_with = "serde_helpers::some_text")]
    pub author: Option<String>,
    #[serde(deserialize_with = "serde_helpers::some_text")]
    pub publish: Option<String>,
    #[serde(deserialize_with = "serde_helpers::some_text")]
    pub preview: Option<String>,
    /// The AEM Developer Console; `None` unless it is a page of Adobe.
    #[serde(deserialize_with = "adobe_page")]
    pub console: Option<String>,
}

impl CloudEnvironment {
    /// Returns the type; `None` for one that aemkeys doesn't have.
    pub fn environment_type(&self) -> Option<EnvironmentType> {
        match self.cloud_type.as_str() {
            "dev" => Some(EnvironmentType::Development),
            "stage" => Some(EnvironmentType::Stage),
            "prod" => Some(EnvironmentType::Production),
            "rde" => Some(EnvironmentType::Rde),
            _ => None,
        }
    }

    pub fn is_hibernated(&self) -> bool {
        self.status == "hibernated"
    }

    /// Returns `None` for an item whose ids are not numbers, or that belongs to another program.
    pub(super) fn read(item: Value, program: u64) -> Option<Self> {
        let item = Item::of(item)?;
        let named = item.fields.get("programId");
        if named.is_some_and(|named| number(named) != Some(program)) {
            return None;
        }
        Some(Self {
            ids: CloudIds {
                program,
                environment: item.id,
                cmstg: false,
            },
            name: item.text("name", NAME_CHARS),
            cloud_type: item.text("type", WORD_CHARS),
            status: item.text("status", WORD_CHARS),
            author: item.link("author"),
            publish: item.link("publish"),
            preview: item.link("preview"),
            console: item.link("developerConsole").filter(|url| is_adobe(url)),
        })
    }
}

impl Program {
    /// Returns `None` for an item whose id is not a number.
    pub(super) fn read(item: Value) -> Option<Self> {
        let item = Item::of(item)?;
        Some(Self {
            id: item.id,
            name: item.text("name", NAME_CHARS),
        })
    }
}

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(rename = "_embedded", default)]
    embedded: Embedded,
    #[serde(rename = "_links", default)]
    links: Map<String, Value>,
}

#[derive(Default, Deserialize)]
struct Embedded {
    #[serde(default)]
    programs: Vec<Value>,
    #[serde(default)]
    environments: Vec<Value>,
}

impl Page {
    /// Returns the programs of AEM as a Cloud Service that were not deleted.
    pub(super) fn programs(self) -> Vec<Value> {
        let mut programs = self.embedded.programs;
        programs.retain(|program| {
            let is = |name, word: &str| program.get(name).is_some_and(|value| value == word);
            let has_type = program.get("type").is_some();
            (!has_type || is("type", "aem_cloud_service")) && !is("status", "deleted")
        });
        programs
    }

    /// Returns the environments that were not deleted.
    pub(super) fn environments(self) -> Vec<Value> {
        let mut environments = self.embedded.environments;
        environments.retain(|it| it.get("status").is_none_or(|status| status != "deleted"));
        environments
    }

    /// Returns the link to the next page.
    pub(super) fn next(&self) -> Option<&str> {
        href(self.links.get("next")?)
    }
}

/// Returns the path and query of a link to another page of the same list; `None` if it leads anywhere else.
pub(super) fn same_list(href: &str, path: &str) -> Option<String> {
    let target = href.strip_prefix(ORIGIN).unwrap_or(href);
    let query = target.strip_prefix(path)?.strip_prefix('?')?;
    let is_query = |c: char| c.is_ascii_alphanumeric() || "-._~%&=+,:".contains(c);
    let is_short = query.len() <= LINK_CHARS;
    (is_short && query.chars().all(is_query)).then(|| target.to_owned())
}

/// An item of a list.
struct Item {
    id: u64,
    fields: Value,
}

impl Item {
    fn of(fields: Value) -> Option<Self> {
        let id = number(fields.get("id")?)?;
        Some(Self { id, fields })
    }

    fn text(&self, name: &str, max_chars: usize) -> String {
        let text = self.fields.get(name).and_then(Value::as_str);
        clean(text.unwrap_or_default(), max_chars)
    }

    /// Returns a link if it is a plain https address.
    fn link(&self, name: &str) -> Option<String> {
        let link = self.fields.get("_links")?.get(format!("{REL}{name}"))?;
        let link = href(link)?.trim();
        let is_plain = link.starts_with("https://")
            && clean(link, LINK_CHARS) == link
            && !link.contains(char::is_whitespace)
            && HostName::parse(link).is_ok();
        is_plain.then(|| link.to_owned())
    }
}

/// Returns the address of a link, or of the first one if there are several.
fn href(link: &Value) -> Option<&str> {
    let link = link.as_array().map_or(Some(link), |links| links.first())?;
    link.get("href")?.as_str()
}

/// Reads an id, which is a text of digits, or a number.
fn number(value: &Value) -> Option<u64> {
    let id = match value {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        value => value.as_u64(),
    };
    id.filter(|id| (1..1_000_000_000_000).contains(id))
}

fn adobe_page<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let url = serde_helpers::some_text(from)?;
    Ok(url.filter(|url| is_adobe(url)))
}

/// Returns whether the page is on a host of Adobe, where a person signs in.
fn is_adobe(url: &str) -> bool {
    let host = HostName::parse(url);
    host.is_ok_and(|host| {
        let is_under = |domain: &&str| host.as_str().ends_with(domain);
        [".adobeaemcloud.com", ".adobe.com"].iter().any(is_under)
    })
}
