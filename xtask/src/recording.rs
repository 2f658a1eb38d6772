//! An animated SVG of several frames, without scripts. An element that several frames share is written once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A frame as SVG, and for how long it is shown.
pub struct RecordedStep {
    pub seconds: f32,
    pub svg: String,
    /// The keys that led from the previous frame to this one, such as `x` or `<esc>`.
    pub key: String,
    pub caption: String,
}

/// The height of the line for key and caption.
const CAPTION_HEIGHT: u32 = 34;
/// Where the caption begins: below the second column of the frame.
const LEFT: f32 = 20.4;
/// The width of a character of the caption.
const CHARACTER: f32 = 8.43;

/// Which of the steps show an element.
type ShownIn = Vec<bool>;

/// Returns the animation. Viewers that play none, or are asked for reduced motion, show the first step.
pub fn animate(title: &str, steps: &[RecordedStep]) -> String {
    let first = steps.first().map_or("", |step| &step.svg);
    let (width, height) = (number(first, "width"), number(first, "height"));
    let total = height + CAPTION_HEIGHT;
    let background = attribute(first, "fill").unwrap_or("#000");
    let text = first.split_once("<g ").map_or("", |(_, rest)| rest);
    let text = attribute(text, "fill").unwrap_or("#fff");
    let (groups, styles) = grouped(steps, height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{total}\" viewBox=\"0 0 {width} {total}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <style>\n{styles}@media (prefers-reduced-motion:reduce){{g{{animation:none!important}}}}\n</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{background}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" fill=\"{text}\">\n\
         {groups}</g>\n</svg>\n"
    )
}

/// Returns the elements in groups, and the style that shows each group in its steps.
fn grouped(steps: &[RecordedStep], top: u32) -> (String, String) {
    let mut elements: Vec<(String, ShownIn)> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (number, step) in steps.iter().enumerate() {
        let drawn = step.svg.lines().map(str::to_owned);
        for element in drawn
            .filter(|line| is_element(line))
            .chain(caption(step, top))
        {
            let at = *known.entry(element.clone()).or_insert_with(|| {
                elements.push((element, vec![false; steps.len()]));
                elements.len() - 1
            });
            elements[at].1[number] = true;
        }
    }
    // Backgrounds are below the text of all groups.
    let (mut groups, mut styles) = (String::new(), String::new());
    let mut names: BTreeMap<ShownIn, String> = BTreeMap::new();
    for is_text in [false, true] {
        let mut by_steps: BTreeMap<&ShownIn, Vec<&str>> = BTreeMap::new();
        for (element, shown) in &elements {
            if element.starts_with("<text") == is_text {
                by_steps.entry(shown).or_default().push(element);
            }
        }
        for (shown, drawn) in by_steps {
            let group = drawn.join("\n");
            if shown.iter().all(|shown| *shown) {
                let _ = writeln!(groups, "{group}");
                continue;
            }
            let next = format!("s{}", names.len());
            let name = names.entry(shown.clone()).or_insert_with(|| {
                styles.push_str(&style(&next, steps, shown));
                next
            });
            let _ = writeln!(groups, "<g class=\"{name}\">\n{group}\n</g>");
        }
    }
    (groups, styles)
}

/// An element of a frame, except for the background of the whole picture.
fn is_element(line: &str) -> bool {
    line.starts_with("<text") || (line.starts_with("<rect") && !line.contains("100%"))
}

/// The key as a keycap, and the caption beside it.
fn caption(step: &RecordedStep, top: u32) -> Vec<String> {
    let baseline = top + 14;
    let mut elements = Vec::new();
    let mut left = LEFT;
    if !step.key.is_empty() {
        let key = step.key.replace(['<', '>'], "");
        let characters = u16::try_from(key.chars().count()).unwrap_or(u16::MAX);
        let width = f32::from(characters) * CHARACTER + 14.0;
        elements.push(format!(
            "<rect x=\"{left:.1}\" y=\"{}\" width=\"{width:.1}\" height=\"22\" rx=\"4\" fill=\"#30363d\" stroke=\"#6e7681\"/>",
            top - 2
        ));
        elements.push(format!(
            "<text x=\"{:.1}\" y=\"{baseline}\" fill=\"#ffffff\" font-weight=\"bold\">{key}</text>",
            left + 7.0
        ));
        left += width + CHARACTER;
    }
    if !step.caption.is_empty() {
        elements.push(format!(
            "<text x=\"{left:.1}\" y=\"{baseline}\">{}</text>",
            step.caption
        ));
    }
    elements
}

/// The keyframes of a group. Without an animation it looks as in the first step.
fn style(name: &str, steps: &[RecordedStep], shown: &ShownIn) -> String {
    let total: f32 = steps.iter().map(|step| step.seconds).sum();
    let word = |shown: bool| if shown { "visible" } else { "hidden" };
    let mut frames = String::new();
    let (mut start, mut before) = (0.0, None);
    for (step, shown) in steps.iter().zip(shown) {
        if before != Some(*shown) {
            let percent = start / total * 100.0;
            let _ = write!(frames, "{percent:.2}%{{visibility:{}}}", word(*shown));
        }
        before = Some(*shown);
        start += step.seconds;
    }
    let first = shown.first().copied().unwrap_or_default();
    format!(
        ".{name}{{visibility:{};animation:{name} {total:.1}s step-end infinite}}\n@keyframes {name}{{{frames}}}\n",
        word(first)
    )
}

fn attribute<'a>(svg: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = svg.split_once(&format!(" {name}=\"#"))?;
    let length = rest.find('"')?;
    let start = svg.len() - rest.len() - 1;
    svg.get(start..=start + length)
}

fn number(svg: &str, name: &str) -> u32 {
    svg.split_once(&format!(" {name}=\""))
        .and_then(|(_, rest)| rest.split_once('"')?.0.parse().ok())
        .unwrap_or_default()
}
