//! The code blocks of a Markdown page.

const NOT_RUN: &str = "<!-- not run: ";

/// A code block.
pub struct Block {
    pub language: String,
    /// The words after the language, which commas separate.
    pub marks: Vec<String>,
    /// The reason in a comment `<!-- not run: REASON -->` above the block.
    pub not_run: Option<String>,
    pub code: String,
}

/// Returns the code blocks of a page in their order, also those inside of lists.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut not_run = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let text = line.trim_start();
        if let Some(reason) = text.strip_prefix(NOT_RUN) {
            let reason = reason.strip_suffix(" -->");
            assert!(reason.is_some(), "the comment must end on its line: {line}");
            not_run = reason.map(str::to_owned);
            continue;
        }
        let Some(info) = text.strip_prefix("```") else {
            let orphan = not_run.is_some() && !text.is_empty();
            assert!(!orphan, "a comment `not run` belongs to no block: {line}");
            continue;
        };
        let indentation = line.len() - text.len();
        let code: Vec<&str> = lines
            .by_ref()
            .take_while(|line| !line.trim_start().starts_with("```"))
            .map(|line| line.get(indentation..).unwrap_or_default())
            .collect();
        let mut words = info.trim().split(',').map(str::to_owned);
        blocks.push(Block {
            language: words.next().unwrap_or_default(),
            marks: words.collect(),
            not_run: not_run.take(),
            code: code.join("\n"),
        });
    }
    assert!(not_run.is_none(), "a comment `not run` belongs to no block");
    blocks
}
