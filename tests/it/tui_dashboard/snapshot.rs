//! Snapshots of the screen: its text, and below it a map of the styles with one letter for each cell.

use std::fmt::Write as _;

use aemkeys::app::Index;
use aemkeys::tui::App;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::theme::Theme;
use ratatui::style::{Color, Modifier, Style};

use super::fixture::{Dashboard, index, settings};

/// The size of a snapshot whose name does not say another one.
const SIZE: (u16, u16) = (120, 30);
/// The sizes for the pages whose layout depends on the size the most.
const SIZES: [(u16, u16); 4] = [SIZE, (40, 10), (80, 24), (200, 50)];

/// The roles that set the colour of the text, with their letters in the map.
const TEXT_ROLES: [(char, &str); 9] = [
    ('q', "quiet"),
    ('a', "accent"),
    ('f', "fine"),
    ('s', "soon"),
    ('u', "urgent"),
    ('x', "over"),
    ('.', "border"),
    (':', "border_focused"),
    ('d', "dimmed"),
];
/// The roles that set the background.
const BACKGROUND_ROLES: [(char, &str); 3] =
    [('_', "selected"), ('P', "production"), ('#', "found")];

/// Snapshots the page that `drive` opens.
pub fn page(name: &str, drive: impl FnOnce(&mut Dashboard)) {
    let mut dashboard = Dashboard::new(SIZE.0, SIZE.1);
    drive(&mut dashboard);
    snapshot(name, &dashboard);
}

/// Snapshots the page that `drive` opens at every size.
pub fn page_at_sizes(name: &str, drive: impl Fn(&mut Dashboard)) {
    page_at_sizes_with(name, index, drive);
}

/// The same, of another index.
pub fn page_at_sizes_with(name: &str, index: impl Fn() -> Index, drive: impl Fn(&mut Dashboard)) {
    for (columns, rows) in SIZES {
        let mut dashboard = Dashboard::with(index(), settings(), columns, rows);
        drive(&mut dashboard);
        snapshot(name, &dashboard);
    }
}

/// Snapshots the screen as it is.
pub fn snapshot(name: &str, dashboard: &Dashboard) {
    let app = &dashboard.model;
    let size = (app.columns, app.rows);
    let name = if size == SIZE {
        name.to_owned()
    } else {
        format!("{name}_{}x{}", size.0, size.1)
    };
    snapshot_text(&name, &format!("{}{}", dashboard.text(), style_map(app)));
}

pub fn snapshot_text(name: &str, text: &str) {
    insta::with_settings!(
        { prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!(name, text) }
    );
}

/// A theme whose every role is a colour or an attribute of its own, so that a cell names its roles.
fn theme_of_roles(theme: &Theme) -> Theme {
    let text = |at: u8| Style::new().fg(Color::Indexed(at));
    let background = |at: u8| Style::new().bg(Color::Indexed(at));
    Theme {
        text: Style::new(),
        strong: Style::new().add_modifier(Modifier::BOLD),
        quiet: text(0),
        accent: text(1),
        fine: text(2),
        soon: text(3),
        urgent: text(4),
        over: text(5),
        border: text(6),
        border_focused: text(7),
        dimmed: text(8),
        selected: background(0),
        production: background(1),
        found: background(2),
        ..theme.clone()
    }
}

/// The screen again, with a letter for the style of each cell, and what the letters mean.
fn style_map(app: &App) -> String {
    let mut app = app.clone();
    app.settings.theme = theme_of_roles(&app.settings.theme);
    let buffer = Frame::of(&app).buffer;
    let mut legend: Vec<(char, String)> = Vec::new();
    let mut map = String::from("styles:\n");
    for y in 0..buffer.area().height {
        let mut line = String::new();
        for x in 0..buffer.area().width {
            let cell = &buffer[(x, y)];
            let is_blank = cell.symbol().trim().is_empty()
                && cell.bg == Color::Reset
                && !cell.modifier.contains(Modifier::UNDERLINED);
            let letter = if is_blank {
                ' '
            } else {
                letter(cell.style(), &mut legend)
            };
            line.push(letter);
        }
        map.push_str(line.trim_end());
        map.push('\n');
    }
    legend.sort();
    for (letter, roles) in legend {
        let _ = writeln!(map, "{letter} {roles}");
    }
    map
}

/// The letter of a style: that of its role, or a digit for more than one.
fn letter(style: Style, legend: &mut Vec<(char, String)>) -> char {
    let role = |color: Option<Color>, roles: &[(char, &'static str)]| match color {
        Some(Color::Indexed(at)) => roles.get(usize::from(at)).copied(),
        _ => None,
    };
    let bold = style
        .add_modifier
        .contains(Modifier::BOLD)
        .then_some(('b', "strong"));
    let underlined = style.add_modifier.contains(Modifier::UNDERLINED);
    let roles: Vec<(char, &str)> = [
        role(style.fg, &TEXT_ROLES),
        bold,
        underlined.then_some(('-', "underlined")),
        role(style.bg, &BACKGROUND_ROLES),
    ]
    .into_iter()
    .flatten()
    .collect();
    let names = roles
        .iter()
        .map(|role| role.1)
        .collect::<Vec<_>>()
        .join(" + ");
    if let Some((letter, _)) = legend.iter().find(|(_, known)| *known == names) {
        return *letter;
    }
    let letter = match roles.as_slice() {
        [] => return ' ',
        [(letter, _)] => *letter,
        _ => {
            let combined = legend
                .iter()
                .filter(|(letter, _)| letter.is_ascii_digit())
                .count();
            char::from_digit(u32::try_from(combined).unwrap() + 1, 10).unwrap()
        }
    };
    legend.push((letter, names));
    letter
}
