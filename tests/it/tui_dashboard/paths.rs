//! Pasted and dragged paths.

use aemkeys::app::add::{Added, Relation};
use aemkeys::tui::action::Context;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys::tui::pages::Page;

use super::fixture::{Dashboard, id};
use super::pages::recognised;

/// The path of the file that is read.
fn read(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Run(_, Job::ReadFile { path }) => Some(path.as_str()),
        _ => None,
    })
}

fn paste(d: &mut Dashboard, text: &str) -> Vec<Effect> {
    d.take_effects();
    d.send(Event::Paste(text.into()));
    d.take_effects()
}

#[test]
fn a_path_pasted_on_a_tab_is_read() {
    for keys in ["", "2", "3"] {
        let mut d = Dashboard::after_keys(keys);
        let effects = paste(&mut d, "'/home/me/my file.json' \n");
        assert_eq!(read(&effects), Some("'/home/me/my file.json'"), "{keys}");
        assert!(matches!(d.model.pages.last(), Some(Page::Add(_))));
    }
}

#[test]
fn a_path_pasted_on_a_page_goes_where_a_file_is_wanted() {
    // Into the field for it, whatever has the focus.
    for keys in ["a", "a<tab>", "jR", "jR<tab>"] {
        let mut d = Dashboard::after_keys(keys);
        paste(&mut d, "file:///home/me/x.json");
        d.shows("file:///home/me/x.json");
    }
    // The paste page has no field.
    let mut d = Dashboard::after_keys("jjp");
    let effects = paste(&mut d, "/home/me/token.json");
    assert_eq!(read(&effects), Some("/home/me/token.json"));
    // Where another text is typed, it is text.
    for keys in ["jT<c-u>", "je<c-u>", "/"] {
        let mut d = Dashboard::after_keys(keys);
        let effects = paste(&mut d, "/content/dam.json");
        assert_eq!(effects, [], "{keys}");
        d.shows("/content/dam.json");
    }
    // A page that takes no file says so.
    let mut d = Dashboard::after_keys("?");
    d.keys("<esc>jo");
    assert_eq!(paste(&mut d, "/home/me/x.json"), []);
    assert_eq!(d.model.context(), Context::Menu);
    d.says("this is a path");
}

#[test]
fn several_files_are_added_one_after_the_other() {
    let mut d = Dashboard::new(120, 30);
    let effects = paste(&mut d, "/a/1.json '/a/2 b.json' /a/3.json");
    assert_eq!(read(&effects), Some("/a/1.json"));
    for (next, title) in [
        (Some("/a/2 b.json"), "Add, then 2 more files"),
        (Some("/a/3.json"), "Add, then 1 more file"),
        (None, " Add "),
    ] {
        d.finish(Ok(JobOutcome::Recognised(Box::new(recognised(
            Relation::NewEnvironment,
        )))));
        d.shows(title);
        d.keys("<enter><enter>");
        d.take_effects();
        d.finish(Ok(JobOutcome::Stored(Added::Stored {
            environment: id(20),
            identity: id(21),
            full_name: "wknd-new".to_owned(),
            warnings: Vec::new(),
        })));
        let effects = d.take_effects();
        assert_eq!(read(&effects), next);
        let exchanges = effects
            .iter()
            .filter(|it| matches!(it, Effect::Run(_, Job::Exchange { .. })));
        assert_eq!(exchanges.count(), 1, "{title}");
        if next.is_some() {
            // The exchange of the stored one goes on.
            let reading = d
                .model
                .pages
                .last()
                .unwrap()
                .view()
                .status()
                .task()
                .unwrap();
            let other: Vec<_> = d.model.tasks.iter().map(|(id, _)| id).collect();
            for task in other.into_iter().filter(|it| *it != reading) {
                d.model.tasks.finish(task);
            }
        }
    }
    assert!(d.model.pages.is_empty());
}

#[test]
fn a_path_with_control_characters_is_drawn_without_them() {
    let mut d = Dashboard::after_keys("a");
    paste(&mut d, "/home/\u{1b}[31mme/x.json");
    assert!(!d.text().contains('\u{1b}'));
}

fn list(d: &mut Dashboard, of: &str, names: &[&str]) {
    d.send(Event::FilesListed {
        of: of.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    });
}

#[test]
fn a_typed_path_is_completed_from_the_files() {
    for keys in ["a", "jR<c-u>"] {
        let mut d = Dashboard::after_keys(keys);
        d.take_effects();
        assert_eq!(
            d.effects_of("/h"),
            [
                Effect::ListFiles("/".to_owned()),
                Effect::ListFiles("/h".to_owned())
            ]
        );
        // A late list of another text is not shown.
        list(&mut d, "/", &["/etc/"]);
        d.hides("etc/");
        list(&mut d, "/h", &["/home/", "/hold.json"]);
        d.shows("home/");
        d.shows("Tab complete");
        assert_eq!(d.effects_of("<tab>"), [Effect::ListFiles("/ho".to_owned())]);
        list(&mut d, "/ho", &["/home/", "/hold.json"]);
        d.keys("<down><down><up>");
        d.shows("Enter choose");
        assert_eq!(
            d.effects_of("<enter>"),
            [Effect::ListFiles("/home/".to_owned())]
        );
        list(&mut d, "/home/", &["/home/x.json"]);
        assert_eq!(
            d.effects_of("<tab>"),
            [Effect::ListFiles("/home/x.json".to_owned())]
        );
        list(&mut d, "/home/x.json", &["/home/x.json"]);
        assert_eq!(read(&d.effects_of("<enter>")), Some("/home/x.json"));
    }
    // Behind the last file comes the next field.
    let mut d = Dashboard::after_keys("a/h");
    list(&mut d, "/h", &["/home/", "/hold.json"]);
    d.keys("<tab>");
    list(&mut d, "/ho", &["/home/", "/hold.json"]);
    d.keys("<tab><tab><tab>");
    d.shows("Enter Read file");
    assert!(!d.model.takes_text(), "a button has the focus");
}

#[test]
fn the_files_of_a_typed_path() {
    let mut d = Dashboard::after_keys("a/home/me/");
    let names = [
        "/home/me/Downloads/",
        "/home/me/wknd.json",
        "/home/me/notes.txt",
    ];
    list(&mut d, "/home/me/", &names);
    d.keys("<down><down>");
    super::snapshot::snapshot("files", &d);
}
