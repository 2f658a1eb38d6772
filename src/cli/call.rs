//! `aemkeys call`: any request with the token; the body is the answer.

use std::path::Path;

use super::arguments::Call;
use super::context::{Context, block_on};
use super::{ask, output};
use crate::app::CallOptions;
use crate::app::{call, resolve};
use crate::credential::{Code, Problem};
use crate::environment::Tier;

pub fn run(context: &Context, args: Call) -> Result<u8, Problem> {
    crate::app::install_crypto();
    let options = options(&args)?;
    let (name, tier) = resolve::name_and_tier(&args.name)?;
    let world = context.world()?;
    let id = resolve::identity(&world.read_index()?, name)?;
    let prepared = block_on(call::prepare(&world, id, tier.unwrap_or(Tier::Author)))?;
    if prepared.needs_confirmation(&options) {
        confirm(&args, &prepared, &options)?;
    }
    let response = block_on(call::send(&world, &prepared, &args.path, &options))?;
    if args.include {
        output::note(&format!("{} {}", response.status, prepared.origin));
        for (header, value) in &response.headers {
            output::note(&format!("{header}: {value}"));
        }
        output::note("");
    } else if response.status >= 300 {
        output::note(&format!("answered {}", response.status));
    }
    if response.body_cut {
        output::warning("the answer was longer than the limit and is cut");
    }
    output::answer(&response.body)?;
    Ok(u8::from(response.status >= 400))
}

fn confirm(args: &Call, prepared: &call::Prepared, options: &CallOptions) -> Result<(), Problem> {
    let name = prepared.environment.as_str();
    if let Some(allowed) = &args.allow_write {
        if allowed.to_lowercase() == name.to_lowercase() {
            return Ok(());
        }
        return Err(Problem::new(
            Code::Guarded,
            format!("--allow-write names another environment than {name}; nothing was sent"),
        )
        .next_step(format!("`--allow-write {name}`")));
    }
    ask::typed_name(
        &format!(
            "{} {}{} as {}/{} ({})",
            options.method,
            prepared.origin,
            crate::credential::text::clean(&args.path, 200),
            name,
            prepared.label,
            prepared.environment_type.short(),
        ),
        name,
        &format!("--allow-write {name}"),
    )
}

fn options(args: &Call) -> Result<CallOptions, Problem> {
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
                    Problem::new(Code::Usage, "-H: a header is `Name: value`")
                        .next_step("put a colon between name and value")
                })
        })
        .collect::<Result<_, _>>()?;
    Ok(CallOptions {
        method,
        headers,
        body,
    })
}
