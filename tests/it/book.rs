//! The book in `docs` and the README: links lead somewhere, every page is in the table of contents, and the commands run.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod examples;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// A page, with its path in `docs/src`.
struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    /// Returns the lines outside code blocks.
    fn prose(&self) -> impl Iterator<Item = &str> {
        let mut in_code = false;
        self.text.lines().filter(move |line| {
            let is_fence = line.starts_with("```");
            in_code ^= is_fence;
            !in_code && !is_fence
        })
    }

    /// Returns the targets of the links within the book.
    fn links(&self) -> Vec<&str> {
        self.prose()
            .flat_map(|line| line.split("](").skip(1))
            .filter_map(|rest| rest.split(')').next())
            .filter(|target| !target.starts_with("https://"))
            .collect()
    }

    /// Returns the ids that mdBook gives the headings.
    fn headings(&self) -> BTreeSet<String> {
        let id = |title: &str| {
            let lower = title.trim_start_matches('#').trim().to_lowercase();
            lower
                .replace(' ', "-")
                .chars()
                .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
                .collect()
        };
        self.prose()
            .filter(|line| line.starts_with('#'))
            .map(id)
            .collect()
    }
}

fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src");
    let mut folders = vec![root.clone()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
            let path = path.strip_prefix(&root).unwrap().to_path_buf();
            pages.push(Page { path, text });
        }
    }
    pages
}

/// The README, whose path is from the root of the repository.
fn readme() -> Page {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("README.md")).unwrap();
    Page {
        path: "README.md".into(),
        text: text.replace("\r\n", "\n"),
    }
}

/// Returns the page that a link leads to.
fn target(page: &Page, file: &str) -> PathBuf {
    if file.is_empty() {
        return page.path.clone();
    }
    let mut target = PathBuf::new();
    for component in page.path.with_file_name(file).components() {
        if component == Component::ParentDir {
            target.pop();
        } else {
            target.push(component);
        }
    }
    target
}

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src");
    let pages = pages();
    let mut links = 0;
    for page in &pages {
        for link in page.links() {
            let place = page.path.display();
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = target(page, file);
            let is_file = |extension| ["svg", "json"].iter().any(|it| extension == *it);
            if path.extension().is_some_and(is_file) {
                assert!(root.join(&path).is_file(), "{place}: {link} is no file");
                continue;
            }
            let found = pages.iter().find(|page| page.path == path);
            assert!(found.is_some(), "{place}: {link} is no page");
            let is_there = |page: &Page| heading.is_empty() || page.headings().contains(heading);
            assert!(
                found.is_some_and(is_there),
                "{place}: {link} is no heading of the page"
            );
            links += 1;
        }
    }
    assert!(links > 60, "{links}");
}

#[test]
fn every_link_of_the_readme_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = readme();
    let pages = pages();
    let links = readme.links();
    assert!(links.len() > 20, "{}", links.len());
    for link in links {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        assert!(file.is_empty() || root.join(file).is_file(), "{link}");
        if heading.is_empty() {
            continue;
        }
        let page = match Path::new(file).strip_prefix("docs/src") {
            Ok(path) => pages.iter().find(|page| page.path == path).unwrap(),
            Err(_) => &readme,
        };
        assert!(page.headings().contains(heading), "{link} is no heading");
    }
}

#[test]
fn troubleshooting_names_every_result_of_a_test() {
    let pages = pages();
    let page = pages
        .iter()
        .find(|page| page.path.ends_with("troubleshooting.md"));
    let text = &page.unwrap().text;
    for verdict in aemkeys_core::aem::Verdict::ALL {
        let words = verdict.words();
        let is_there = ["● ", "✕ "]
            .iter()
            .any(|sign| text.contains(&format!("`{sign}{words}`")));
        assert!(is_there, "{words}");
    }
}

#[test]
fn every_command_is_in_a_page_beside_the_reference() {
    let pages = pages();
    let reference = pages
        .iter()
        .find(|page| page.path.ends_with("commands.md"))
        .unwrap();
    let commands: Vec<&str> = reference
        .prose()
        .filter_map(|line| line.strip_prefix("## aemkeys "))
        .collect();
    assert!(commands.len() > 30, "{commands:?}");
    for command in commands {
        let names = [format!("aemkeys {command}"), format!("`{command}`")];
        let names_it = |page: &Page| names.iter().any(|name| page.text.contains(name));
        let mut others = pages
            .iter()
            .filter(|page| !page.path.starts_with("reference"));
        assert!(others.any(names_it), "{command} is only in the reference");
    }
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let pages = pages();
    let summary = pages.iter().find(|page| page.path.ends_with("SUMMARY.md"));
    let summary = summary.unwrap();
    let listed: Vec<PathBuf> = summary
        .links()
        .into_iter()
        .map(|link| target(summary, link))
        .collect();
    for page in &pages {
        let times = listed.iter().filter(|path| **path == page.path).count();
        let expected = usize::from(!page.path.ends_with("SUMMARY.md"));
        assert_eq!(times, expected, "{}", page.path.display());
    }
}
