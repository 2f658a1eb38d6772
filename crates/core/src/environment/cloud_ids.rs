//! Program and environment ids, parsed from a client id, from `p123-e1250`, or from a host.

use serde::{Deserialize, Serialize};

/// The ids of a Cloud Manager program and environment, displayed as `p123-e1250`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CloudIds {
    pub program: u64,
    pub environment: u64,
    /// Belongs to Adobe's stage organisation, whose hosts and client ids contain `-cmstg`.
    #[serde(default)]
    pub cmstg: bool,
}

impl CloudIds {
    /// Parses `cm-p123-e1234`, optionally followed by `-cmstg`, `-integration` or `-integration-0`.
    pub fn from_client_id(client_id: &str) -> Option<Self> {
        let (ids, rest) = Self::parse_prefix(client_id.strip_prefix("cm-")?)?;
        let rest = match rest.strip_prefix("-integration") {
            None => rest,
            Some(rest) => rest.strip_prefix('-').map_or(rest, |number| {
                number.trim_start_matches(|c: char| c.is_ascii_digit())
            }),
        };
        (rest.is_empty() && !client_id.ends_with('-')).then_some(ids)
    }

    /// Parses any client id of the form `cm-p123-e1234…`, whatever follows. For refusing the client id in another
    /// environment.
    pub fn from_any_client_id(client_id: &str) -> Option<Self> {
        let lower = client_id.trim().to_ascii_lowercase();
        let (ids, rest) = Self::parse_prefix(lower.strip_prefix("cm-")?)?;
        (rest.is_empty() || rest.starts_with('-')).then_some(ids)
    }

    /// Parses `p123-e1250`, optionally followed by `-cmstg`. Ignores case.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let (ids, rest) = Self::parse_prefix(&lower)?;
        rest.is_empty().then_some(ids)
    }

    /// Parses whatever names one environment: `p123-e1250`, a client id, a host or URL of AEM, an address of Cloud Manager
    /// (`/program/123/environment/1250`). `None` if it names none, or two.
    pub fn from_pasted(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        if let Some(ids) = Self::parse(&lower) {
            return Some(ids);
        }
        let mut named: Option<Self> = None;
        let starts = lower.match_indices('p').map(|(at, _)| at);
        for at in starts {
            let is_part = |c: char| c.is_ascii_alphanumeric();
            if lower[..at].ends_with(is_part) {
                continue;
            }
            let rest = &lower[at..];
            let found = match Self::parse_prefix(rest) {
                Some((ids, rest)) if !rest.starts_with(is_part) => Some(ids),
                _ => Self::of_cloud_manager(rest),
            };
            match (found, named) {
                (Some(ids), Some(other)) if ids != other => return None,
                (Some(ids), _) => named = Some(ids),
                (None, _) => {}
            }
        }
        named
    }

    /// Parses `program/123/environment/1250` or `programs/123/environments/1250`.
    fn of_cloud_manager(text: &str) -> Option<Self> {
        let after = |text: &'_ str, word: &str| {
            let rest = text.strip_prefix(word)?;
            let rest = rest.strip_prefix('s').unwrap_or(rest).strip_prefix('/')?;
            number(rest).map(|(value, rest)| (value, rest.to_owned()))
        };
        let (program, rest) = after(text, "program")?;
        let (environment, _) = after(rest.strip_prefix('/')?, "environment")?;
        Some(Self {
            program,
            environment,
            cmstg: false,
        })
    }

    /// Parses ids at the start of the text. Returns the remaining text.
    pub(super) fn parse_prefix(text: &str) -> Option<(Self, &str)> {
        let (program, rest) = number(text.strip_prefix('p')?)?;
        let (environment, rest) = number(rest.strip_prefix("-e")?)?;
        let (cmstg, rest) = rest
            .strip_prefix("-cmstg")
            .map_or((false, rest), |rest| (true, rest));
        Some((
            Self {
                program,
                environment,
                cmstg,
            },
            rest,
        ))
    }
}

/// Parses the digits at the start of the text. Refuses a leading zero, which Cloud Manager never writes.
fn number(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let plain = !digits.starts_with('0') && digits.len() <= 12;
    plain.then(|| digits.parse().ok().map(|value| (value, rest)))?
}

impl std::fmt::Display for CloudIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p{}-e{}", self.program, self.environment)?;
        if self.cmstg {
            f.write_str("-cmstg")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(program: u64, environment: u64, cmstg: bool) -> CloudIds {
        CloudIds {
            program,
            environment,
            cmstg,
        }
    }

    #[test]
    fn known_client_id_forms_are_parsed() {
        for (client_id, cmstg) in [
            ("cm-p123-e1234", false),
            ("cm-p123-e1234-integration", false),
            ("cm-p123-e1234-integration-0", false),
            ("cm-p123-e1234-integration-12", false),
            ("cm-p123-e1234-cmstg", true),
            ("cm-p123-e1234-cmstg-integration-1", true),
        ] {
            assert_eq!(
                CloudIds::from_client_id(client_id),
                Some(ids(123, 1234, cmstg)),
                "{client_id}"
            );
        }
    }

    #[test]
    fn other_client_ids_are_refused() {
        for client_id in [
            "",
            "cm-",
            "cm-p-e1",
            "cm-p1-e",
            "cm-p1-e2-",
            "cm-p1-e2-other",
            "cm-p1-e2-integration-",
            "cm-p1-e2-integration-x",
            "cm-p1-e2-integrationx",
            "cm-p+1-e2",
            "cm-p01-e2",
            "CM-p1-e2",
            " cm-p1-e2",
            "cm-p1-e2\n",
            "cm-p99999999999999999999999-e1",
            "1234567890abcdef",
        ] {
            assert_eq!(CloudIds::from_client_id(client_id), None, "{client_id:?}");
        }
    }

    #[test]
    fn anything_that_names_one_environment_is_parsed() {
        for text in [
            "P12-E34",
            "cm-p12-e34",
            "cm-p12-e34-integration-0",
            "author-p12-e34.adobeaemcloud.com",
            "https://publish-p12-e34.adobeaemcloud.com/content/x.html?a=b",
            "https://experience.adobe.com/?repo=author-p12-e34.adobeaemcloud.com#/@acme/aem",
            "https://experience.adobe.com/#/@acme/cloud-manager/environments.html/program/12/environment/34",
            "https://cloudmanager.adobe.io/api/program/12/environment/34",
        ] {
            assert_eq!(
                CloudIds::from_pasted(text),
                Some(ids(12, 34, false)),
                "{text}"
            );
        }
        for text in [
            "",
            "wknd",
            "p12",
            "e34",
            "p12-e34 p12-e35",
            "author-p12-e34x.example",
            "xp12-e34",
            "program/12",
        ] {
            assert_eq!(CloudIds::from_pasted(text), None, "{text}");
        }
    }

    #[test]
    fn hosts_are_parsed() {
        let of = |host: &str| CloudIds::from_host(host);
        assert_eq!(of("author-p1-e2.adobeaemcloud.com"), Some(ids(1, 2, false)));
        assert_eq!(
            of("preview-p1-e2-cmstg.adobeaemcloud.com"),
            Some(ids(1, 2, true))
        );
        for host in [
            "author-p1-e2.adobeaemcloud.com.evil.com",
            "admin-p1-e2.adobeaemcloud.com",
            "author-p1-e2x.adobeaemcloud.com",
            "x.author-p1-e2.adobeaemcloud.com",
            "www.brand.com",
        ] {
            assert_eq!(of(host), None, "{host}");
        }
    }

    proptest! {
        #[test]
        fn displayed_ids_are_parsed_again(p in 1u64..1_000_000_000_000, e in 1u64..1_000_000_000_000, cmstg: bool) {
            let some = ids(p, e, cmstg);
            prop_assert_eq!(CloudIds::parse(&some.to_string()), Some(some));
            prop_assert_eq!(CloudIds::from_client_id(&format!("cm-{some}-integration-0")), Some(some));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (CloudIds::parse(&text), CloudIds::from_client_id(&text));
        }
    }
}
