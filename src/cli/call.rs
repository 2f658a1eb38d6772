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
use crate::app::{CallOptions, Response};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::explain::Who;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::{Value, json};

/// Send an HTTP request with the token
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys call wknd-stage /content/dam.1.json
  aemkeys call wknd-stage:publish /content/wknd.html --include
  aemkeys call wknd-dev /content/wknd -d jcr:title=Test")]
pub struct CallArgs {
    /// ENV or ENV/LABEL, with `:author` (the default), `:publish` or `:preview`
    #[arg(value_name = "NAME[:TIER]")]
    name: String,
    /// Path to request
    path: String,
    /// Method; by default GET, or POST with `-d`
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// Request header, `Name: value`; repeatable
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// Body: text, `@FILE`, or `@-` for standard input
    #[arg(short = 'd', long = "data", value_name = "DATA")]
    data: Option<String>,
    /// Print status and headers on standard error
    #[arg(short = 'i', long)]
    include: bool,
    /// Write the body to this file, and only if the request succeeds with `--fail`
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write no body if the status is 300 or more, which includes redirects
    #[arg(short = 'f', long)]
    fail: bool,
    /// Give up after this time; by default one minute
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<SignedDuration>,
    #[command(flatten)]
    confirm: Confirm,
}

pub fn run(globals: &Globals, args: CallArgs) -> Result<u8, Problem> {
    let options = options(&args)?;
    let (name, tier) = resolve::name_and_tier(&args.name)?;
    let context = globals.open()?;
    let id = resolve::identity(&context.read_index()?, name)?;
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
        return as_json(&prepared.origin, &path, &response);
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
        return Ok(1);
    }
    match &args.file {
        Some(file) => crate::app::write_output(file, &response.body, true).map_err(|error| {
            Problem::new(Code::OutputNotWritten, "could not write the file")
                .cause(error.to_string())
                .next_step("check that the folder exists and is writable")
        })?,
        None => output::server_response(&response.body, |body| response.readable(body))?,
    }
    Ok(u8::from(response.status >= 400))
}

/// Answers with the response. A body that is neither JSON nor text is base64.
fn as_json(origin: &str, path: &str, response: &Response) -> Result<u8, Problem> {
    let headers: Vec<Value> = response
        .headers
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let text = std::str::from_utf8(&response.body).ok();
    let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let (encoding, body) = match (parsed, text) {
        (Some(value), _) => ("json", value),
        (None, Some(text)) => ("text", json!(text)),
        (None, None) => ("base64", json!(STANDARD.encode(&response.body))),
    };
    if response.body_cut {
        output::warning("the response exceeds the size limit and was truncated");
    }
    document::answer(&json!({
        "url": format!("{origin}{path}"),
        "status": response.status,
        "headers": headers,
        "body_encoding": encoding,
        "body": body,
    }))?;
    Ok(u8::from(response.status >= 400))
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
            Some(file) => crate::app::read_input(Path::new(file))?.expose().to_vec(),
            None => data.as_bytes().to_vec(),
        }),
    };
    let method = match &args.method {
        Some(method) => method.to_ascii_uppercase(),
        None if body.is_some() => "POST".to_owned(),
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
        timeout: args.timeout.map(SignedDuration::unsigned_abs),
    })
}
