//! Files with variables for a program, in the dotenv format, with references such as `{{aemkeys:wknd-dev/token}}`.
//!
//! Reads lines `NAME=value` and `export NAME=value`, blank lines, and comments. Spaces around a value are removed. In
//! double quotes, `\n`, `\r`, `\t`, `\"` and `\\` are replaced. Single quotes and backticks keep everything. Quoted values can
//! have several lines. Without quotes, `#` after a space begins a comment. `$` has no meaning.

use std::path::Path;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::preset::{Content, is_variable};
use super::{Index, read_input, resolve};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem, Secret};

const OPEN: &str = "{{aemkeys:";
const CLOSE: &str = "}}";

/// A file that was read. Nothing of it is printed except names of variables and references.
pub struct EnvFile {
    /// The path, for errors.
    file: String,
    variables: Vec<Variable>,
}

struct Variable {
    name: String,
    pieces: Vec<Piece>,
}

enum Piece {
    Text(Secret),
    Reference(Reference),
}

/// `{{aemkeys:NAME/CONTENT}}`.
#[derive(Debug)]
pub struct Reference {
    pub name: String,
    pub content: Content,
    line: usize,
}

/// A mistake in a file: the line, and why.
type Mistake = (usize, String);

impl EnvFile {
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let input = read_input("the env file", path)?;
        let file = clean(&path.display().to_string(), 300);
        let bytes = input.expose();
        // Some editors of Windows begin a file with this mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let parsed = match std::str::from_utf8(bytes) {
            Ok(text) => parse(text),
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                Err((lines_in(before) + 1, "it is not UTF-8".to_owned()))
            }
        };
        let variables = parsed.map_err(|(line, why)| {
            Problem::new(
                Code::Input,
                format!("could not read line {line} of {file}"),
            )
            .cause(why)
            .next_step("write lines NAME=value, with quotes around a value that has spaces, # or several lines")
        })?;
        Ok(Self { file, variables })
    }

    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        let pieces = self.variables.iter().flat_map(|it| &it.pieces);
        pieces.filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Reference(reference) => Some(reference),
        })
    }

    /// Returns the identity that a reference names.
    pub fn resolve(&self, index: &Index, reference: &Reference) -> Result<Uuid, Problem> {
        resolve::identity(index, &reference.name)
            .map_err(|problem| self.unresolved(reference, problem))
    }

    /// Returns the variables in the order of the file. `value`: what a reference stands for.
    pub fn variables(
        &self,
        value: impl Fn(&Reference) -> Option<Secret>,
    ) -> Result<Vec<(String, Secret)>, Problem> {
        let filled = self.variables.iter().map(|variable| {
            let pieces = variable.pieces.iter().map(|piece| match piece {
                Piece::Text(text) => Ok(Secret::new(text.expose().to_vec())),
                Piece::Reference(reference) => {
                    let missing = || self.unresolved(reference, missing(reference));
                    value(reference).ok_or_else(missing)
                }
            });
            let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
            // At its final length, so that growing leaves no copies behind.
            let length = pieces.iter().map(|piece| piece.expose().len()).sum();
            let mut whole = Vec::with_capacity(length);
            for piece in &pieces {
                whole.extend_from_slice(piece.expose());
            }
            Ok((variable.name.clone(), Secret::new(whole)))
        });
        filled.collect()
    }

    /// Returns the error of a reference, with the reason of another one.
    pub fn unresolved(&self, reference: &Reference, why: Problem) -> Problem {
        let Reference {
            name,
            content,
            line,
        } = reference;
        let shown = format!("{OPEN}{}/{}{CLOSE}", clean(name, 100), content.name());
        let message = format!("could not resolve {shown} in line {line} of {}", self.file);
        let cause = why.cause.map_or(why.message.clone(), |cause| {
            format!("{}: {cause}", why.message)
        });
        Problem {
            message,
            cause: Some(cause),
            ..why
        }
    }
}

fn missing(reference: &Reference) -> Problem {
    let what = format!(
        "{} has no {}",
        clean(&reference.name, 100),
        reference.content.name()
    );
    Problem::new(Code::FieldMissing, what)
        .next_step("remove the reference, or name another identity")
}

fn parse(text: &str) -> Result<Vec<Variable>, Mistake> {
    let mut variables = Vec::new();
    let mut rest = text;
    let mut counted = text;
    let mut line = 1;
    while !rest.is_empty() {
        line += lines_in(&counted.as_bytes()[..counted.len() - rest.len()]);
        counted = rest;
        let (first, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = first.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = after;
            continue;
        }
        let wrong = |why: &str| (line, why.to_owned());
        let (name, _) = trimmed
            .split_once('=')
            .ok_or_else(|| wrong("it has no ="))?;
        let name = name
            .strip_prefix("export")
            .filter(|it| it.starts_with([' ', '\t']))
            .unwrap_or(name);
        let name = name.trim();
        if !is_variable(name) {
            return Err(wrong("the name of a variable has letters, digits and _"));
        }
        let begin = rest.find('=').map_or(0, |at| at + 1);
        let (value, after) = value(&rest[begin..]).map_err(wrong)?;
        if value.contains('\0') {
            return Err(wrong("it has a NUL character, which no variable can have"));
        }
        variables.push(Variable {
            name: name.to_owned(),
            pieces: pieces(&value, line)?,
        });
        rest = after;
    }
    Ok(variables)
}

/// Splits what follows the `=` into the value and the next lines.
fn value(text: &str) -> Result<(Zeroizing<String>, &str), &'static str> {
    let text = text.trim_start_matches([' ', '\t']);
    let quote = text
        .chars()
        .next()
        .filter(|it| matches!(it, '"' | '\'' | '`'));
    let Some(quote) = quote else {
        let (line, after) = text.split_once('\n').unwrap_or((text, ""));
        let comment = line.char_indices().find(|(at, letter)| {
            *letter == '#'
                && line[..*at]
                    .chars()
                    .next_back()
                    .is_none_or(char::is_whitespace)
        });
        let value = comment.map_or(line, |(at, _)| &line[..at]);
        return Ok((Zeroizing::new(value.trim().to_owned()), after));
    };
    let text = &text[1..];
    let end = closing_quote(text, quote).ok_or("a quote is not closed")?;
    // Its final length at most, so that growing leaves no copies behind.
    let mut value = Zeroizing::new(String::with_capacity(end));
    let mut letters = text[..end].chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quote == '"' => match letters.next() {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(letter @ ('"' | '\\')) => value.push(letter),
                other => value.extend(std::iter::once('\\').chain(other)),
            },
            letter => value.push(letter),
        }
    }
    let after = &text[end + 1..];
    let (line, after) = after.split_once('\n').unwrap_or((after, ""));
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        Ok((value, after))
    } else {
        Err("it goes on after the closing quote")
    }
}

/// Returns where the value ends. Within `"`, a backslash escapes the next character.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    text.find(|letter| {
        let is_end = letter == quote && !is_escaped;
        is_escaped = quote == '"' && letter == '\\' && !is_escaped;
        is_end
    })
}

/// Splits at the next reference. Templates often have spaces within the braces.
fn split_reference(text: &str) -> Option<(&str, &str)> {
    text.match_indices("aemkeys:").find_map(|(at, begin)| {
        let before = text[..at].trim_end_matches([' ', '\t']);
        Some((before.strip_suffix("{{")?, &text[at + begin.len()..]))
    })
}

/// Splits a value into its texts and references.
fn pieces(value: &str, line: usize) -> Result<Vec<Piece>, Mistake> {
    let mut pieces = Vec::new();
    let mut rest = value;
    while let Some((before, from)) = split_reference(rest) {
        let (inside, after) = from.split_once(CLOSE).ok_or_else(|| {
            (
                line,
                format!("a reference that begins with {OPEN} has no {CLOSE}"),
            )
        })?;
        pieces.push(Piece::Text(before.into()));
        pieces.push(Piece::Reference(reference(inside, line)?));
        rest = after;
    }
    pieces.push(Piece::Text(rest.into()));
    Ok(pieces)
}

fn reference(inside: &str, line: usize) -> Result<Reference, Mistake> {
    let shown = || format!("{OPEN}{}{CLOSE}", clean(inside, 100));
    let (name, content) = inside.trim().rsplit_once('/').ok_or_else(|| {
        (
            line,
            format!(
                "{} does not have the form {OPEN}NAME/CONTENT{CLOSE}",
                shown()
            ),
        )
    })?;
    let content = Content::parse_assigned(content).ok_or_else(|| {
        let known = Content::ASSIGNED.join(", ");
        (
            line,
            format!("{} does not end with one of {known}", shown()),
        )
    })?;
    Ok(Reference {
        name: name.trim().to_owned(),
        content,
        line,
    })
}

fn lines_in(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

#[cfg(test)]
mod tests;
