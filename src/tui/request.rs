//! Parsing of a typed request: `/content/dam.json` or `POST /api/assets/x @file.json`.

use aemkeys_core::environment::Tier;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const ALL: [Self; 6] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text))
    }

    /// Returns the next method; after the last one, the first.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|known| *known == self);
        Self::ALL[(at.unwrap_or(0) + 1) % Self::ALL.len()]
    }

    pub fn is_read_only(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    fn takes_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

/// A typed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
    pub tier: Tier,
    pub method: Method,
    pub path: String,
    /// The file that contains the body.
    pub body: Option<String>,
}

impl CallRequest {
    /// Parses an optional method, the path, and an optional `@FILE` with the body.
    pub fn parse(text: &str, method: Method, tier: Tier) -> Result<Self, String> {
        let mut rest = text.trim();
        let mut method = method;
        if let Some((first, others)) = rest.split_once(' ')
            && let Some(written) = Method::parse(first)
        {
            method = written;
            rest = others.trim_start();
        }
        let (path, body) = match rest.split_once(" @") {
            Some((path, file)) => (path.trim_end(), Some(file.trim().to_owned())),
            None => (rest, None),
        };
        let path = crate::app::call::request_path(path).map_err(|problem| problem.message)?;
        match &body {
            Some(file) if file.is_empty() => Err("enter a file after @".to_owned()),
            Some(_) if !method.takes_body() => Err(format!(
                "{} takes no body; use POST, PUT or PATCH",
                method.as_str()
            )),
            _ => Ok(Self {
                tier,
                method,
                path,
                body,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_method_path_and_file() {
        let read = |text| CallRequest::parse(text, Method::Get, Tier::Author);
        let plain = read("/content/dam.json").unwrap();
        assert_eq!((plain.method, plain.body), (Method::Get, None));
        let full = read(" post  /api/assets/x?a=@b @~/x y.json ").unwrap();
        assert_eq!(
            (full.method, full.path.as_str(), full.body.as_deref()),
            (Method::Post, "/api/assets/x?a=@b", Some("~/x y.json"))
        );
        for (text, why) in [
            ("", "must start with /"),
            ("//host/x", "must not name a host"),
            ("/\\host/x", "must not name a host"),
            ("https://host/x", "must start with /"),
            ("/a b", "%20"),
            ("/a @", "after @"),
            ("/a @x", "GET takes no body"),
            ("DELETE /a @x", "DELETE takes no body"),
            ("TRACE /a", "%20"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn methods_go_round() {
        let mut method = Method::Get;
        for _ in Method::ALL {
            method = method.next();
        }
        assert_eq!(method, Method::Get);
    }
}
