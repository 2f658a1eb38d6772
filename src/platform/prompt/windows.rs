//! Prompts on the console, `CONIN$` and `CONOUT$`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::Zeroizing;

use super::{Answer, Hidden, Unavailable};
use aemkeys_core::credential::Secret;

static IS_RAW: AtomicBool = AtomicBool::new(false);

pub fn check() -> Result<(), Unavailable> {
    console().map(drop)
}

pub fn open_for_writing() -> io::Result<File> {
    OpenOptions::new().write(true).open("CONOUT$")
}

fn console() -> Result<(File, File), Unavailable> {
    let input = OpenOptions::new().read(true).write(true).open("CONIN$");
    match (input, open_for_writing()) {
        (Ok(input), Ok(output)) => Ok((input, output)),
        _ => Err(Unavailable::NoTerminal),
    }
}

pub fn line(text: &str) -> Result<String, Unavailable> {
    let (input, mut output) = console()?;
    output.write_all(text.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(input).read_line(&mut answer)?;
    Ok(answer)
}

pub fn hidden(text: &str, hidden: Hidden) -> Result<Answer, Unavailable> {
    let (_, mut output) = console()?;
    // Raw before the prompt, so that nothing is echoed.
    IS_RAW.store(true, Ordering::Release);
    enable_raw_mode()?;
    let outcome = output
        .write_all(text.as_bytes())
        .and_then(|()| read_keys(hidden));
    restore();
    outcome.map_err(Unavailable::from)
}

/// Reads keys, because on a console the raw bytes depend on the code page.
fn read_keys(hidden: Hidden) -> io::Result<Answer> {
    // Sized once: growing would leave copies in freed memory.
    let mut typed = Zeroizing::new(String::with_capacity(hidden.limit));
    let mut is_too_long = false;
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let is_control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Char('c') if is_control => return Ok(Answer::Cancelled),
            KeyCode::Char('d') if is_control && typed.is_empty() => return Ok(Answer::Cancelled),
            KeyCode::Char('d') if is_control => break,
            KeyCode::Char('u') if is_control => {
                typed.clear();
                is_too_long = false;
            }
            KeyCode::Enter if is_too_long || (hidden.is_complete)(typed.as_bytes()) => break,
            KeyCode::Backspace => {
                typed.pop();
            }
            KeyCode::Enter | KeyCode::Char(_) => {
                let letter = key.code.as_char().filter(|_| !is_control);
                let letter = if key.code == KeyCode::Enter {
                    Some('\n')
                } else {
                    letter
                };
                match letter {
                    Some(letter) if typed.len() + letter.len_utf8() <= hidden.limit => {
                        typed.push(letter);
                    }
                    Some(_) => is_too_long = true,
                    None => {}
                }
            }
            _ => {}
        }
    }
    if is_too_long {
        return Ok(Answer::TooLong);
    }
    Ok(Answer::Text(Secret::from(typed.as_str())))
}

pub fn restore() {
    if IS_RAW.swap(false, Ordering::AcqRel) {
        let _ = disable_raw_mode();
        if let Ok(mut output) = open_for_writing() {
            let _ = output.write_all(b"\r\n");
        }
    }
}
