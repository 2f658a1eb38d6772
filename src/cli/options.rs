//! Arguments that several commands share. A command flattens those that it needs.

use std::error::Error;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::SignedDuration;
use uuid::Uuid;

use super::guard;
use crate::app::guard::{Act, Confirmed, Subject};
use crate::app::token_format::TokenFormat;
use crate::app::{
    AppContext, DESCRIPTORS_PASSED_ON, EnvironmentEntry, Index, PassphraseDescriptor, exchange,
    resolve,
};
use aemkeys_core::credential::{Code, NextStep, Problem};
use aemkeys_core::environment::{
    Approval, CloudIds, EnvironmentType, HostName, Hosts, Purpose, Tier, TierAddress, parse_domain,
};
use aemkeys_core::guidance;
use aemkeys_core::time::parse_duration;

/// The identity that a command works on.
#[derive(Debug, Args)]
pub struct IdentityName {
    /// ENV/LABEL, or ENV for its default identity: the service credential, unless you chose another
    #[arg(value_name = "NAME")]
    pub name: String,
}

impl IdentityName {
    /// Returns the identity's id.
    pub fn resolve(&self, index: &Index) -> Result<Uuid, Problem> {
        resolve::identity(index, &self.name)
    }

    /// Returns the part before the label.
    pub fn environment(&self) -> &str {
        environment_of(&self.name)
    }
}

/// The identities that a command works on: those named, or all that match the filters.
#[derive(Debug, Args)]
pub struct Selection {
    /// ENV or ENV/LABEL
    #[arg(value_name = "NAME", conflicts_with_all = ["all", "types", "customers"])]
    pub names: Vec<String>,
    /// All identities
    #[arg(long)]
    all: bool,
    /// All identities of environments of this type; repeatable
    #[arg(long = "type", value_name = "TYPE", value_parser = environment_type(), ignore_case = true)]
    types: Vec<EnvironmentType>,
    /// All identities of this customer; repeatable
    #[arg(long = "customer", value_name = "CUSTOMER")]
    customers: Vec<String>,
}

impl Selection {
    /// Returns the filtered identities, or `None` without a filter. An error if none matches.
    pub fn filtered(&self, index: &Index) -> Result<Option<Vec<Uuid>>, Problem> {
        if !self.all && self.types.is_empty() && self.customers.is_empty() {
            return Ok(None);
        }
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let matches = |environment: &EnvironmentEntry| {
            let customer = environment.customer.as_deref().unwrap_or_default();
            (self.types.is_empty() || self.types.contains(&environment.environment_type))
                && (self.customers.is_empty()
                    || self.customers.iter().any(|wanted| same(wanted, customer)))
        };
        let found: Vec<Uuid> = index
            .identities()
            .filter(|(environment, _)| matches(environment))
            .map(|(_, identity)| identity.id)
            .collect();
        if found.is_empty() {
            return Err(Problem::new(Code::NameNotFound, "no identity matches")
                .next_step(guidance!["to see what is stored, ", NextStep::List]));
        }
        Ok(Some(found))
    }

    /// Returns the identities that were named or that match. Without either, an error.
    pub fn identities(&self, index: &Index) -> Result<Vec<Uuid>, Problem> {
        if let Some(found) = self.filtered(index)? {
            return Ok(found);
        }
        let mut chosen = Vec::new();
        for name in &self.names {
            let id = resolve::identity(index, name)?;
            if !chosen.contains(&id) {
                chosen.push(id);
            }
        }
        if chosen.is_empty() {
            return Err(Problem::new(Code::Usage, "no identity was named")
                .next_step("give names, or `--all`, `--type TYPE` or `--customer CUSTOMER`"));
        }
        Ok(chosen)
    }
}

/// Returns the environment of ENV or ENV/LABEL.
pub fn environment_of(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// Confirmation of an act on one environment.
#[derive(Debug, Args)]
pub struct Confirm {
    /// Confirm without a terminal: the name of the Production or untyped environment
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
}

impl Confirm {
    /// Asks for the confirmation that the act needs, unless the flag gives it.
    pub fn ask(
        &self,
        context: &AppContext,
        subject: Subject,
        act: Act,
        question: &str,
    ) -> Result<Confirmed, Problem> {
        guard::confirm(
            context,
            subject,
            act,
            question,
            self.confirm.as_slice(),
            false,
        )
    }
}

/// Confirmation of an act that is confirmed on every type of environment.
#[derive(Debug, Args)]
pub struct ConfirmOrYes {
    #[command(flatten)]
    name: Confirm,
    /// Do not ask; not enough for Production and untyped environments
    #[arg(long)]
    yes: bool,
}

impl ConfirmOrYes {
    /// Asks for the confirmation that the act needs, unless a flag gives it.
    pub fn ask(
        &self,
        context: &AppContext,
        subject: Subject,
        act: Act,
        question: &str,
    ) -> Result<Confirmed, Problem> {
        let names = self.name.confirm.as_slice();
        guard::confirm(context, subject, act, question, names, self.yes)
    }
}

/// Confirmation of an act on several environments.
#[derive(Debug, Args)]
pub struct ConfirmEach {
    /// Confirm without a terminal: the name of a Production or untyped environment; repeatable
    #[arg(long, value_name = "ENV")]
    confirm: Vec<String>,
}

impl ConfirmEach {
    /// Asks for the confirmation of one environment, unless the flag gives it.
    pub fn ask(
        &self,
        context: &AppContext,
        subject: Subject,
        act: Act,
        question: &str,
    ) -> Result<Confirmed, Problem> {
        guard::confirm(context, subject, act, question, &self.confirm, false)
    }
}

/// The time that a token must still be valid.
#[derive(Debug, Args)]
pub struct Validity {
    /// Require at least this much time before the token expires: `10m`, `2h`, `90s`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub min_valid: Option<SignedDuration>,
}

impl Validity {
    /// Returns the time, and whether it was given.
    pub fn required(&self) -> Result<(SignedDuration, bool), Problem> {
        let time = self.min_valid.unwrap_or(exchange::COMFORTABLE);
        exchange::check_min_valid(time)?;
        Ok((time, self.min_valid.is_some()))
    }
}

/// Hosts of an environment.
#[derive(Debug, Args)]
pub struct HostFlags {
    /// Program and environment, `p123-e1250`, or a client id or URL that names them: the hosts are derived from them
    #[arg(long, value_name = "pN-eN")]
    env: Option<String>,
    /// Host or URL of author
    #[arg(long, value_name = "URL")]
    author: Option<String>,
    /// Host or URL of publish
    #[arg(long, value_name = "URL")]
    publish: Option<String>,
    /// Host or URL of preview
    #[arg(long, value_name = "URL")]
    preview: Option<String>,
    /// The customer's own domain in front of publish, tested beside the default host
    #[arg(long, value_name = "HOST")]
    publish_domain: Option<String>,
}

impl HostFlags {
    pub fn ids(&self) -> Result<Option<CloudIds>, Problem> {
        let parse = |text: &String| {
            CloudIds::from_pasted(text).ok_or_else(|| {
                Problem::new(Code::Usage, "invalid value for --env")
                    .cause("it names no environment, or more than one")
                    .next_step("write the program and environment ids as in Cloud Manager (p123-e1250), or paste the client id or the author URL")
            })
        };
        self.env.as_ref().map(parse).transpose()
    }

    pub fn hosts(&self) -> Result<Hosts, Problem> {
        let address = |text: &Option<String>| text.as_deref().map(TierAddress::parse).transpose();
        let domain = self.publish_domain.as_deref();
        Ok(Hosts {
            author: address(&self.author)?,
            publish: address(&self.publish)?,
            preview: address(&self.preview)?,
            publish_domain: domain.map(parse_domain).transpose()?,
        })
    }
}

/// Confirmation of AEM hosts that the ids do not give.
#[derive(Debug, Args)]
pub struct TrustHost {
    /// Confirm that tokens may be sent to this host, which the ids do not give; repeatable
    #[arg(long, value_name = "HOST")]
    trust_host: Vec<String>,
}

impl TrustHost {
    pub fn hosts(&self) -> Result<Vec<HostName>, Problem> {
        host_names(&self.trust_host)
    }
}

/// Confirmation of IMS hosts that are not Adobe's.
#[derive(Debug, Args)]
pub struct TrustImsHost {
    /// Confirm that the client secret may be sent to this IMS host, which is not Adobe's; repeatable
    #[arg(long, value_name = "HOST")]
    trust_ims_host: Vec<String>,
}

impl TrustImsHost {
    pub fn hosts(&self) -> Result<Vec<HostName>, Problem> {
        host_names(&self.trust_ims_host)
    }
}

/// Confirmation of all hosts that a file names.
#[derive(Debug, Args)]
pub struct TrustFlags {
    #[command(flatten)]
    aem: TrustHost,
    #[command(flatten)]
    ims: TrustImsHost,
}

impl TrustFlags {
    pub fn approvals(&self) -> Result<Vec<Approval>, Problem> {
        let tokens = self
            .aem
            .hosts()?
            .into_iter()
            .map(|host| (host, Purpose::Token));
        let secrets = self
            .ims
            .hosts()?
            .into_iter()
            .map(|host| (host, Purpose::ImsSecret));
        let all = tokens.chain(secrets);
        Ok(all
            .map(|(host, purpose)| Approval::new(host, purpose))
            .collect())
    }
}

/// Where the passphrase of an exported file comes from.
#[derive(Debug, Args)]
pub struct FilePassphrase {
    /// Read the passphrase of the exported file from this open file descriptor
    #[arg(long, value_name = "N", value_parser = PassphraseDescriptor::parse, hide = !DESCRIPTORS_PASSED_ON)]
    pub file_passphrase_fd: Option<PassphraseDescriptor>,
}

/// Accepts one of `names`, which `parse` turns into a value.
pub fn choice<T: Clone + Send + Sync + 'static>(
    names: impl IntoIterator<Item = impl Into<PossibleValue>>,
    parse: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).try_map(move |text| {
        parse(&text).ok_or_else(|| Box::<dyn Error + Send + Sync>::from("unknown value"))
    })
}

/// Accepts one of these formats of a token.
pub fn token_format(
    formats: impl IntoIterator<Item = TokenFormat>,
) -> impl TypedValueParser<Value = TokenFormat> {
    let names = formats
        .into_iter()
        .map(|format| PossibleValue::new(format.id()).help(format.title()));
    choice(names, TokenFormat::parse)
}

pub fn environment_type() -> impl TypedValueParser<Value = EnvironmentType> {
    let names = EnvironmentType::ALL.map(|some| {
        let aliases: &[&str] = match some {
            EnvironmentType::Development => &["dev"],
            EnvironmentType::Stage => &["stg", "staging"],
            EnvironmentType::Production => &["prod"],
            _ => &[],
        };
        PossibleValue::new(some.as_str()).aliases(aliases.iter().copied())
    });
    choice(names, EnvironmentType::parse)
}

pub fn tier(text: &str) -> Option<Tier> {
    Tier::parse(text)
}

/// Parses `30d`, `10m`, `2h`, `90s`, `1h30m`.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("the unit is missing: write 30d, 2h, 10m or 90s".to_owned());
    }
    parse_duration(text).map_err(str::to_owned)
}

fn host_names(texts: &[String]) -> Result<Vec<HostName>, Problem> {
    texts.iter().map(|text| HostName::parse(text)).collect()
}
