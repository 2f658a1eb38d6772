//! What the form of an unrecognised text tells. Nothing of the text is repeated.

use super::Evidence;
use crate::credential::{Code, Problem};

/// Returns the error for a text that no row recognises.
pub(super) fn unknown(text: &str, evidence: &Evidence) -> Problem {
    let form = form(text.trim(), evidence);
    Problem::new(Code::NotRecognised, "aemkeys does not know this error text")
        .cause(format!(
            "nothing in it distinguishes a cause; from its form, it is {form}"
        ))
        .next_step(crate::guidance![
            "pass the whole response with URL, status, headers and body: ",
            crate::credential::NextStep::Explain
        ])
}

fn form(text: &str, evidence: &Evidence) -> String {
    let lower: String = text.chars().take(4096).collect::<String>().to_lowercase();
    let says = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    let what = if text.is_empty() {
        "empty"
    } else if text.starts_with("eyJ") && text.matches('.').count() == 2 {
        "a token, which says nothing about an error; do not share it"
    } else if says(&["-----begin "]) {
        "a key or a certificate, which says nothing about an error; do not share it"
    } else if text.starts_with(['{', '[']) {
        "JSON without an error code that aemkeys knows"
    } else if says(&["<html", "<!doctype", "<title"]) {
        "a web page: perhaps a sign-in page, or an error page of a proxy, a CDN or AEM"
    } else if says(&["traceback (most recent call last)"]) {
        "an error of a Python program"
    } else if says(&["exception in thread", "\tat ", "at java.", "caused by:"]) {
        "an error of a Java program"
    } else if says(&["at object.", "at process.", "node:internal", "at async "]) {
        "an error of a Node program"
    } else if says(&["goroutine ", "panic: "]) {
        "an error of a Go program"
    } else if says(&["http/1.", "http/2"]) {
        "an HTTP response without a mark of who sent it"
    } else {
        "free text"
    };
    let mut told = what.to_owned();
    if !evidence.statuses.is_empty() {
        let statuses: Vec<String> = evidence.statuses.iter().map(u16::to_string).collect();
        told.push_str(&format!(", with status {}", statuses.join(", ")));
    }
    if let Some(place) = evidence.place {
        told.push_str(&format!(", about {}", place.words()));
    }
    told
}
