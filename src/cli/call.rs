//! `aemkeys call`: sends a request with the token and prints the response body.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{Confirm, duration};
use super::output;
use crate::app::call::{self, Judgement};
use crate::app::guard::{Act, Subject};
use crate::app::resolve;
use crate::app::{CallOptions, FormPart, PartValue, Response};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::explain::Who;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Send an HTTP request with the token
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys call wknd-stage /content/dam.1.json
  aemkeys call wknd-stage:publish /content/wknd.html --include
  aemkeys call wknd-dev /content/wknd -d jcr:title=Test
  aemkeys call wknd-dev /content/dam.upload.html -F file=@logo.png")]
pub struct CallArgs {
    /// ENV or ENV/LABEL, with `:author` (the default), `:publish`, `:preview` or `:delivery`
    #[arg(value_name = "NAME[:TIER]")]
    name: String,
    /// Path to request
    path: String,
    /// Method; by default GET, or POST with `-d` and `-F`
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// Request header, `Name: value`; repeatable
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// Body: text, `@FILE`, or `@-` for standard input; the Content-Type is that of JSON or a form, unless `-H` sets it
    #[arg(short = 'd', long = "data", value_name = "DATA")]
    data: Option<String>,
    /// Form field, `NAME=VALUE` or `NAME=@FILE`, sent as multipart/form-data; repeatable. `@FILE` takes `;type=` and `;filename=`
    #[arg(
        short = 'F',
        long = "form",
        value_name = "NAME=VALUE",
        conflicts_with = "data",
        value_parser = form_part
    )]
    form: Vec<FormPart>,
    /// Print status and headers on standard error
    #[arg(short = 'i', long)]
    include: bool,
    /// Write the body to this file; with `--fail`, only if the request succeeds
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Fail if the status is 300 or above (redirects included); the body is then written only with `--json`
    #[arg(short = 'f', long)]
    fail: bool,
    /// Give up after this time; by default one minute
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<SignedDuration>,
    #[command(flatten)]
    confirm: Confirm,
}

/// The response of a server.
#[derive(Serialize, JsonSchema)]
pub struct CallDocument {
    /// The address that was requested.
    url: String,
    /// The HTTP status.
    status: u16,
    headers: Vec<ResponseHeader>,
    /// `json`: the body is a value; `text`: a text; `base64`: the bytes of a body that is not text, in base64; `none`: it is in
    /// the file of `--output`.
    body_encoding: &'static str,
    /// What the server sent.
    body: Value,
}

/// A header of a response. A header that was sent several times is several entries.
#[derive(Serialize, JsonSchema)]
struct ResponseHeader {
    /// The name, in lower case.
    name: String,
    /// The value.
    value: String,
}

pub fn run(globals: &Globals, args: CallArgs) -> Result<u8, Problem> {
    let options = options(&args)?;
    let (name, tier) = resolve::name_and_tier(&args.name)?;
    let context = globals.open()?;
    let id = resolve::identity(context.read_index()?.as_ref(), name)?;
    let (target, path) = call::locate(&context, id, tier, &args.path)?;
    let confirmed = if options.is_read_only() {
        None
    } else {
        let question = format!(
            "Send {} {} to {} of {}?",
            options.method,
            clean(&path, 200),
            target.tier.as_str(),
            clean(name, 100)
        );
        // Confirm before the exchange.
        Some(
            args.confirm
                .ask(&context, Subject::Identity(id), Act::Call, &question)?,
        )
    };
    let prepared = block_on(call::prepare(&context, id, target))?;
    let response = block_on(call::send(
        &context,
        &prepared,
        &path,
        &options,
        confirmed.as_ref(),
    ))?;
    if output::mode().json {
        let code = exit_code(&response, args.fail);
        let file = args.file.as_deref();
        let file = file.filter(|_| !args.fail || code == 0);
        if let Some(file) = file {
            write(file, &response)?;
        }
        answer(&prepared.origin, &path, &response, file.is_none());
        return Ok(code);
    }
    if args.include {
        output::note(&format!("{} {}", response.status, prepared.origin));
        for (header, value) in &response.headers {
            output::note(&response.readable(format!("{header}: {value}").as_bytes()));
        }
        output::note("");
    } else if response.status >= 300 {
        output::note(&format!("answered {}", response.status));
    }
    if response.status >= 300 {
        let mut judged = call::judge(&prepared, &path, &response);
        if let Some(step) = &mut judged.next_step {
            step.set_subject(name);
        }
        explain(&judged);
    }
    if response.body_cut {
        output::warning("the response exceeds the size limit and was truncated");
    }
    if args.fail && response.status >= 300 {
        return Ok(exit_code(&response, true));
    }
    match &args.file {
        Some(file) => write(file, &response)?,
        None => output::server_response(&response.body, |body| response.readable(body))?,
    }
    Ok(exit_code(&response, false))
}

/// Returns 1 for an error, and with `--fail` also for a redirect.
fn exit_code(response: &Response, fail: bool) -> u8 {
    u8::from(response.status >= if fail { 300 } else { 400 })
}

fn write(file: &Path, response: &Response) -> Result<(), Problem> {
    crate::app::write_output(file, &response.body, true)
        .map_err(|error| crate::app::not_written(file, &error))
}

/// Answers with the response as a JSON document. A body that is neither JSON nor text is base64.
fn answer(origin: &str, path: &str, response: &Response, with_body: bool) {
    let headers = response.headers.iter();
    let text = std::str::from_utf8(&response.body).ok();
    let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let (encoding, body) = match (parsed, text) {
        _ if !with_body => ("none", Value::Null),
        (Some(value), _) => ("json", value),
        (None, Some(text)) => ("text", Value::String(text.to_owned())),
        (None, None) => ("base64", Value::String(STANDARD.encode(&response.body))),
    };
    if response.body_cut {
        output::warning("the response exceeds the size limit and was truncated");
    }
    document::answer(CallDocument {
        url: format!("{origin}{path}"),
        status: response.status,
        headers: headers
            .map(|(name, value)| ResponseHeader {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
        body_encoding: encoding,
        body,
    });
}

/// Writes who answered, why, and what to do to standard error.
fn explain(judged: &Judgement) {
    if judged.answered_by != Who::Unknown {
        output::note(&format!("  from: {}", judged.answered_by.words()));
    }
    for (label, text) in [
        ("why:", &judged.cause),
        ("seen:", &judged.seen),
        (
            "next:",
            &judged
                .next_step
                .as_ref()
                .map(aemkeys_core::credential::Guidance::in_shell),
        ),
    ] {
        if let Some(text) = text {
            output::note(&format!("  {label:<6}{text}"));
        }
    }
}

fn options(args: &CallArgs) -> Result<CallOptions, Problem> {
    let body = match args.data.as_deref() {
        None => None,
        Some(data) => Some(match data.strip_prefix('@') {
            Some(file) => crate::app::read_input("the body file", Path::new(file))?
                .expose()
                .to_vec(),
            None => data.as_bytes().to_vec(),
        }),
    };
    for part in &args.form {
        if let PartValue::File { path, .. } = &part.value
            && !path.is_file()
        {
            let shown = clean(&path.display().to_string(), 200);
            return Err(
                Problem::new(Code::FileNotFound, format!("{shown} is not a file"))
                    .next_step("check the path after `@`"),
            );
        }
    }
    let method = match &args.method {
        Some(method) => method.to_ascii_uppercase(),
        None if body.is_some() || !args.form.is_empty() => "POST".to_owned(),
        None => "GET".to_owned(),
    };
    let headers = args
        .headers
        .iter()
        .map(|header| {
            header
                .split_once(':')
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .ok_or_else(|| {
                    Problem::new(Code::Usage, "invalid header for -H")
                        .next_step("write it as `Name: value`")
                })
        })
        .collect::<Result<_, _>>()?;
    Ok(CallOptions {
        method,
        headers,
        body,
        form: args.form.clone(),
        timeout: args.timeout.map(SignedDuration::unsigned_abs),
    })
}

/// Parses `NAME=VALUE` and `NAME=@FILE;type=image/png;filename=logo.png`.
fn form_part(text: &str) -> Result<FormPart, String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("write NAME=VALUE or NAME=@FILE")?;
    let name = name.to_owned();
    let Some(given) = value.strip_prefix('@') else {
        let value = PartValue::Text(value.to_owned());
        return Ok(FormPart { name, value });
    };
    let (mut given, mut file_name, mut content_type) = (given, None, None);
    while let Some((before, option)) = given.rsplit_once(';') {
        match option.trim_start().split_once('=') {
            Some(("type", kind)) => content_type = Some(kind.to_owned()),
            Some(("filename", name)) => file_name = Some(name.to_owned()),
            // A semicolon in the path.
            _ => break,
        }
        given = before;
    }
    let path = PathBuf::from(given);
    if given.is_empty() {
        return Err("the name of the file is missing after `@`".to_owned());
    }
    let value = PartValue::File {
        path,
        file_name,
        content_type,
    };
    Ok(FormPart { name, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_form_are_written_as_for_curl() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a;b.png");
        std::fs::write(&file, "x").unwrap();
        let path = file.display();
        let text = |value: &str| PartValue::Text(value.to_owned());
        let of_file = |file_name: Option<&str>, content_type: Option<&str>| PartValue::File {
            path: file.clone(),
            file_name: file_name.map(str::to_owned),
            content_type: content_type.map(str::to_owned),
        };
        for (given, value) in [
            ("a=b=c;type=x".to_owned(), text("b=c;type=x")),
            ("a=".to_owned(), text("")),
            (format!("a=@{path}"), of_file(None, None)),
            (
                format!("a=@{path};type=image/x"),
                of_file(None, Some("image/x")),
            ),
            (
                format!("a=@{path};filename=c d.png;type=image/x"),
                of_file(Some("c d.png"), Some("image/x")),
            ),
        ] {
            assert_eq!(form_part(&given).unwrap().value, value, "{given}");
        }
        for wrong in ["", "a", "=b", "a=@", "a=@;type=a/b"] {
            form_part(wrong).unwrap_err();
        }
    }
}
