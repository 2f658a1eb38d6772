//! Parsing of theme files, with one role per line: `selected = "on 237 bold"`. All errors are reported together.

use ratatui::style::{Color, Modifier, Style};

use super::{GlyphSet, Theme, ThemeName};
use crate::app::nearest;
use aemkeys_core::credential::text::clean;

/// A mistake in a theme file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeMistake {
    /// The line, the role and what is wrong with it.
    pub why: String,
    pub next_step: Option<String>,
}

/// Parses a custom theme. Missing roles come from its `base`, or from the dark theme.
pub(super) fn own(text: &str, glyphs: GlyphSet) -> Result<Theme, Vec<ThemeMistake>> {
    let mut table = parse(text).map_err(|why| vec![mistake(text, "", &why)])?;
    let mut mistakes = Vec::new();
    let base = match table.remove("base") {
        None => ThemeName::Dark,
        Some(value) => value
            .as_str()
            .and_then(ThemeName::parse)
            .unwrap_or_else(|| {
                let why = "base: choose dark, light, neutral or mono";
                mistakes.push(mistake(text, "base", why));
                ThemeName::Dark
            }),
    };
    let mut theme = Theme::new(base, glyphs);
    mistakes.extend(fill(text, table, &mut theme));
    if mistakes.is_empty() {
        Ok(theme)
    } else {
        Err(mistakes)
    }
}

/// Sets the roles of the file in the theme.
pub(super) fn read(text: &str, theme: &mut Theme) -> Result<(), Vec<ThemeMistake>> {
    let table = parse(text).map_err(|why| vec![mistake(text, "", &why)])?;
    let mistakes = fill(text, table, theme);
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(mistakes)
    }
}

fn parse(text: &str) -> Result<toml::Table, String> {
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        format!("line {line}: {}", clean(error.message(), 200))
    })
}

/// Returns the mistake of a role with its line. Without a role, `why` has the line.
fn mistake(text: &str, role: &str, why: &str) -> ThemeMistake {
    let is_role = |line: &&str| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(role);
        rest.is_some_and(|rest| rest.trim_start_matches('"').trim_start().starts_with('='))
    };
    let line = text.lines().position(|line| is_role(&line));
    ThemeMistake {
        why: match line {
            _ if role.is_empty() => why.to_owned(),
            line => format!("line {}: {why}", line.map_or(1, |line| line + 1)),
        },
        next_step: None,
    }
}

fn fill(text: &str, table: toml::Table, theme: &mut Theme) -> Vec<ThemeMistake> {
    let mut mistakes = Vec::new();
    for (name, value) in table {
        let shown = clean(&name, 40);
        let Some(role) = theme.role(&name) else {
            let near = nearest(&name, Theme::ROLES.iter().copied());
            mistakes.push(ThemeMistake {
                next_step: near.first().map(|near| format!("did you mean `{near}`?")),
                ..mistake(text, &name, &format!("{shown}: unknown role"))
            });
            continue;
        };
        let why = match value.as_str().map(style) {
            Some(Ok(style)) => {
                *role = style;
                continue;
            }
            Some(Err(why)) => why,
            None => "use a string such as \"red bold\"".to_owned(),
        };
        mistakes.push(mistake(text, &name, &format!("{shown}: {why}")));
    }
    mistakes
}

/// Parses a style such as `black on cyan bold`.
fn style(words: &str) -> Result<Style, String> {
    // Remove DIM unless it is set, so that the role is readable on a dimmed frame.
    let mut style = Style::new().remove_modifier(Modifier::DIM);
    let mut background = false;
    for word in words.split_whitespace() {
        let modifier = match word {
            "plain" => continue,
            "on" if !background => {
                background = true;
                continue;
            }
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "italic" => Some(Modifier::ITALIC),
            "underlined" => Some(Modifier::UNDERLINED),
            "reversed" => Some(Modifier::REVERSED),
            _ => None,
        };
        if let Some(modifier) = modifier {
            style = style.add_modifier(modifier);
            continue;
        }
        let color = match word {
            "default" => Color::Reset,
            word => word
                .parse()
                .map_err(|_| format!("\"{}\" is not a colour or modifier", clean(word, 40)))?,
        };
        let (place, twice) = if background {
            background = false;
            (&mut style.bg, "two background colours")
        } else {
            let twice = "two foreground colours; write \"on\" before the background";
            (&mut style.fg, twice)
        };
        if place.replace(color).is_some() {
            return Err(twice.to_owned());
        }
    }
    if background {
        return Err("a colour is missing after \"on\"".to_owned());
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_themes_name_every_role() {
        for name in ThemeName::ALL {
            let mut theme = Theme::default();
            read(name.file(), &mut theme).unwrap();
            let table = parse(name.file()).unwrap();
            for role in Theme::ROLES.iter().copied() {
                assert!(table.contains_key(role), "{name:?} has no {role}");
            }
            assert_eq!(table.len(), Theme::ROLES.len());
        }
    }

    #[test]
    fn a_custom_theme_names_only_its_changes() {
        let own = own(
            "base = \"light\"\nquiet = \"#102030 italic\"\nfound = \"black on 7\"\n",
            GlyphSet::Ascii,
        )
        .unwrap();
        let light = Theme::new(ThemeName::Light, GlyphSet::Ascii);
        assert!(own.light);
        assert_eq!(own.fine, light.fine);
        assert_eq!(own.quiet.fg, Some(Color::Rgb(0x10, 0x20, 0x30)));
        assert!(own.quiet.add_modifier.contains(Modifier::ITALIC));
        assert_eq!(
            (own.found.fg, own.found.bg),
            (Some(Color::Black), Some(Color::Indexed(7)))
        );
    }

    #[test]
    fn all_errors_name_their_role() {
        let text = "base = \"bright\"\nfine = \"gren\"\nglow = \"red\"\nsoon = 3\nover = \"red blue\"\nquiet = \"on\"\n";
        let told = own(text, GlyphSet::Unicode).unwrap_err();
        let mut told: Vec<String> = told.into_iter().map(|it| it.why).collect();
        told.sort();
        assert_eq!(
            told,
            [
                "line 1: base: choose dark, light, neutral or mono",
                "line 2: fine: \"gren\" is not a colour or modifier",
                "line 3: glow: unknown role",
                "line 4: soon: use a string such as \"red bold\"",
                "line 5: over: two foreground colours; write \"on\" before the background",
                "line 6: quiet: a colour is missing after \"on\"",
            ]
        );
        let broken = own("fine = \"green\"\nsoon = \n", GlyphSet::Unicode).unwrap_err();
        assert!(broken[0].why.starts_with("line 2: "), "{broken:?}");
    }
}
