//! Finds arithmetic on cells: with the position or size of an area, with the width of a text, and with what is read from them.

use std::collections::BTreeSet;

/// The fields and methods that return a number of cells.
const CELLS: [&str; 10] = [
    "x", "y", "width", "height", "columns", "rows", "left", "right", "top", "bottom",
];
const METHODS: [&str; 4] = ["left", "right", "top", "bottom"];
const OPERATORS: [&str; 10] = ["+", "-", "*", "/", "%", "+=", "-=", "*=", "/=", "%="];
/// The beginnings of methods that calculate.
const CALCULATING: [&str; 8] = [
    "saturating_",
    "wrapping_",
    "checked_",
    "overflowing_",
    "abs_diff",
    "div_",
    "rem_",
    "pow",
];
/// Methods whose result is still a number of cells.
const KEEPING: [&str; 8] = [
    "min",
    "max",
    "clamp",
    "into",
    "try_into",
    "unwrap_or",
    "unwrap_or_default",
    "ok",
];

/// Returns each calculation, with the tokens around it.
pub fn arithmetic(code: &str) -> Vec<String> {
    let tokens = tokens(code);
    let named = named(&tokens);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let Some(span) = cells_at(&tokens, at, &named) else {
            continue;
        };
        if widened(&tokens, span).1 {
            let around = at.saturating_sub(6)..(at + 8).min(tokens.len());
            found.push(tokens[around].join(" "));
        }
    }
    found
}

type Span = (usize, usize);

/// The span of an expression that returns a number of cells and whose name is the token at `at`.
fn cells_at(tokens: &[&str], at: usize, named: &BTreeSet<&str>) -> Option<Span> {
    let (before, after) = (token(tokens, at.wrapping_sub(1)), token(tokens, at + 1));
    let name = tokens[at];
    let is_call = after == "(";
    if name == "width" && is_call && before != "fn" {
        return Some((start(tokens, at), closing(tokens, at + 1)));
    }
    if before == "." && CELLS.contains(&name) {
        let is_method = is_call && METHODS.contains(&name);
        let end = if is_method {
            closing(tokens, at + 1)
        } else {
            at
        };
        return (is_method || !is_call).then(|| (start(tokens, at), end));
    }
    let is_use = !is_call && ![".", "::", "fn", "let", "mut"].contains(&before);
    (named.contains(name) && is_use && after != ":" && after != "::").then_some((at, at))
}

/// The names of `u16` parameters, and of variables that hold a number of cells.
fn named<'a>(tokens: &[&'a str]) -> BTreeSet<&'a str> {
    let mut named = BTreeSet::new();
    for at in 0..tokens.len() {
        if token(tokens, at + 1) == ":" && token(tokens, at + 2) == "u16" {
            named.insert(tokens[at]);
        }
        if tokens[at] == "Rect" && token(tokens, at + 1) == "{" {
            let fields = &tokens[at..closing(tokens, at + 1)];
            named.extend(fields.iter().filter(|name| CELLS.contains(name)));
        }
    }
    for at in (0..tokens.len()).filter(|at| tokens[*at] == "let") {
        let rest = &tokens[at..];
        let Some(equals) = rest.iter().position(|token| *token == "=" || *token == ";") else {
            continue;
        };
        let first = at + equals + 1;
        let end = (first..tokens.len()).find(|at| [";", "else", "{"].contains(&tokens[*at]));
        let end = end.unwrap_or(tokens.len());
        let holds = (first..end).any(|at| {
            let span = cells_at(tokens, at, &named).map(|span| widened(tokens, span).0);
            span.is_some_and(|(start, last)| {
                let starts = start == first
                    || ["(", ","].contains(&tokens[start - 1]) && tokens[first] == "(";
                starts
                    && (last + 1 == end || ["(", ",", ")"].contains(&token(tokens, last + 1)))
                    && (start == first && last + 1 == end || tokens[first] == "(")
            })
        });
        if holds {
            let pattern = tokens[at + 1..at + equals].iter();
            let is_name =
                |name: &&&str| name.starts_with(|letter: char| letter.is_ascii_lowercase());
            named.extend(pattern.filter(is_name).filter(|name| **name != "mut"));
        }
    }
    named
}

/// The largest span with the same number of cells, and whether something is calculated with it.
fn widened(tokens: &[&str], (mut start, mut end): Span) -> (Span, bool) {
    loop {
        let (before, after) = (token(tokens, start.wrapping_sub(1)), token(tokens, end + 1));
        let method = token(tokens, end + 2);
        let is_binary = |operator: usize| {
            let operand = token(tokens, operator.wrapping_sub(1));
            let ends = operand
                .ends_with(|letter: char| letter.is_alphanumeric() || "_)]".contains(letter));
            ends && !["return", "in", "if", "match", "else"].contains(&operand)
        };
        let calculates = |name: &str| CALCULATING.iter().any(|start| name.starts_with(start));
        if OPERATORS.contains(&after)
            || after == "." && calculates(method)
            || OPERATORS.contains(&before) && is_binary(start - 1)
        {
            return ((start, end), true);
        }
        if after == "." && KEEPING.contains(&method) && token(tokens, end + 3) == "(" {
            end = closing(tokens, end + 3);
        } else if after == "?" {
            end += 1;
        } else if after == "as" {
            end += 2;
        } else if ["(", ","].contains(&before) && [")", ","].contains(&after) {
            let open = opening(tokens, start - 1);
            let name = token(tokens, open.wrapping_sub(1));
            let is_method = token(tokens, open.wrapping_sub(2)) == ".";
            if is_method && calculates(name) {
                return ((start, end), true);
            }
            let is_alone = before == "(" && after == ")";
            if is_alone && ["from", "try_from"].contains(&name) {
                (start, end) = (self::start(tokens, open - 1), end + 1);
            } else if is_method && KEEPING.contains(&name) {
                (start, end) = (self::start(tokens, open - 1), closing(tokens, open));
            } else if is_alone
                && !name.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            {
                (start, end) = (open, end + 1);
            } else {
                return ((start, end), false);
            }
        } else {
            return ((start, end), false);
        }
    }
}

/// The beginning of the path and receiver that end with the token at `at`.
fn start(tokens: &[&str], mut at: usize) -> usize {
    while at >= 2 && [".", "::"].contains(&tokens[at - 1]) {
        at -= 2;
        while [")", "]"].contains(&tokens[at]) {
            at = opening(tokens, at);
            let is_called = at > 0
                && tokens[at - 1]
                    .ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
            at -= usize::from(is_called);
        }
        at -= usize::from(at > 0 && tokens[at] == "?");
    }
    at
}

fn closing(tokens: &[&str], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

/// The bracket that opens what is open before the token at `close`, or that it closes.
fn opening(tokens: &[&str], close: usize) -> usize {
    let mut depth = i32::from(!matches!(tokens[close], ")" | "]" | "}"));
    for at in (0..=close).rev() {
        match tokens[at] {
            ")" | "]" | "}" => depth += 1,
            "(" | "[" | "{" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    0
}

fn token<'a>(tokens: &[&'a str], at: usize) -> &'a str {
    tokens.get(at).copied().unwrap_or_default()
}

/// Words, numbers and operators, without strings, characters and lifetimes.
fn tokens(code: &str) -> Vec<&str> {
    const LONG: [&str; 15] = [
        "..=", "::", "->", "=>", "..", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=",
    ];
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(letter) = rest.chars().next() {
        let word = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let length = match letter {
            '"' => {
                let mut letters = rest.char_indices().skip(1);
                while let Some((_, inside)) = letters.next() {
                    match inside {
                        '"' => break,
                        '\\' => drop(letters.next()),
                        _ => {}
                    }
                }
                let length = letters.next().map_or(rest.len(), |(at, _)| at);
                rest = rest[length..].trim_start();
                tokens.push("\"\"");
                continue;
            }
            '\'' => {
                let quoted = rest[1..].trim_start_matches('\\');
                let end = quoted.chars().nth(1).filter(|letter| *letter == '\'');
                let skipped = rest.len() - quoted.len();
                let first = quoted.chars().next().map_or(0, char::len_utf8);
                rest = rest[skipped + end.map_or(0, |_| first + 1)..].trim_start();
                if end.is_some() {
                    tokens.push("''");
                }
                continue;
            }
            _ if letter.is_alphanumeric() || letter == '_' => word.unwrap_or(rest.len()),
            _ => {
                let long = LONG.iter().find(|long| rest.starts_with(**long));
                long.map_or(letter.len_utf8(), |long| long.len())
            }
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

#[test]
fn arithmetic_on_cells_is_found() {
    for bad in [
        "let a = area.width - 2;",
        "let a = 2 + area.x;",
        "area.y += 1;",
        "let a = area.width.saturating_sub(4);",
        "let a = room.saturating_sub(usize::from(inner.height));",
        "let half = usize::from(inner.height) / 2;",
        "let a = (area.right() - 1) as usize;",
        "let a = u32::from(area.width.min(9)) * 3;",
        "let height = usize::from(area.height); let a = lines - height;",
        "let (w, h) = (area.width, area.height); let a = w * 2;",
        "let Rect { width, .. } = area; let a = width / 3;",
        "fn f(columns: u16) -> u16 { columns.saturating_sub(3) }",
        "fn f(columns: u16) -> u16 { 1 + columns }",
        "let a = model.columns.checked_sub(2);",
        "let a = 7 + width(text);",
        "let a = line.width() + 2;",
        "let a = 30.min(area.width) - 1;",
        "x(self.area(model).height - 1);",
        "x(a[1].height % 2);",
        "let a = i32::try_from(area.x)? - 1;",
        "let w = area.width; let v = w; let a = v - 1;",
    ] {
        assert!(!arithmetic(bad).is_empty(), "{bad}");
    }
    for good in [
        "let [a, b] = Layout::horizontal([Constraint::Length(3), Constraint::Fill(1)]).areas(area);",
        "let a = area.width < 40 && area.height.max(1) == 1;",
        "let a = lines(model, area.width).len() - 1;",
        "let a = lines.get(..area.height.into());",
        "for row in area.rows() { x(-1, row) }",
        "let a = Rect { width: 3, ..area };",
        "let a = \"area.width - 1\"; let b = '-';",
        "fn width(text: &str) -> u16 { 3 }",
        "let a = &area.width; if a { -1 } else { *b }",
    ] {
        assert_eq!(arithmetic(good), [""; 0], "{good}");
    }
}
