//! Copies a token with more than 10 minutes left, exchanged first if needed, in the chosen format.

use aemkeys_core::credential::Guidance;
use uuid::Uuid;

use super::token_format::{self, FormatContext, TokenFormat};
use super::{AppContext, exchange, resolve};
use aemkeys_core::credential::{Kind, Problem, Secret};

/// A text for the clipboard.
#[derive(Debug)]
pub struct Copyable {
    pub text: Secret,
    pub full_name: String,
    pub warnings: Vec<Guidance>,
}

pub async fn prepare(
    context: &AppContext,
    identity: Uuid,
    format: TokenFormat,
) -> Result<Copyable, Problem> {
    let index = context.read_index()?;
    let full_name = resolve::name_of(&index, identity);
    if index
        .identity(identity)
        .is_some_and(|(_, entry)| entry.kind == Kind::Local)
    {
        return Err(exchange::no_token_needed(&full_name));
    }
    let fresh = exchange::ensure(context, identity, exchange::COMFORTABLE, false).await?;
    let text = token_format::present(
        &fresh.secret,
        format,
        &FormatContext {
            warnings: &[],
            name: &full_name,
            hosts: fresh.context.destinations.hosts(),
            facts: &fresh.facts,
            now: context.clock.now(),
        },
    );
    Ok(Copyable {
        text,
        full_name,
        warnings: fresh.notes(),
    })
}
