//! `aemkeys serve`: a reverse proxy on this computer that adds the token.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use super::block_on::block_on;
use super::globals::Globals;
use super::options::choice;
use super::{document, guard, output};
use crate::app::forward::ForwardTarget;
use crate::app::guard::{Act, Confirmed, Subject};
use crate::app::{AppContext, resolve, serve_secret};
use crate::serve::accept::{Entrance, label};
use crate::serve::listener::{self, Listener};
use crate::serve::recipes::Tool;
use crate::serve::{self, RequestLog, Server};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Kind, NextStep, Problem, shell};
use aemkeys_core::environment::Tier;
use aemkeys_core::{guidance, time};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// How many lines of the log may wait for a slow terminal or program.
const WAITING_LINES: usize = 1024;

/// Forward requests of other programs to AEM, and add the token to each
#[derive(Debug, Args)]
#[command(after_help = "\
Prints the local address, which contains a secret, and forwards requests until Ctrl-C.
Production and untyped environments are read-only, unless you name them.

Examples:
  aemkeys serve wknd-stage
  aemkeys serve wknd-dev:publish --port 4593
  aemkeys serve --all
  aemkeys serve wknd-stage --print vite
  aemkeys serve wknd-prod --allow-write wknd-prod")]
pub struct ServeArgs {
    /// ENV or ENV/LABEL, with `:author` (the default), `:publish`, `:preview` or `:delivery`
    #[arg(
        value_name = "NAME[:TIER]",
        conflicts_with = "all",
        required_unless_present = "all"
    )]
    names: Vec<String>,
    /// Author of every environment, each at `http://NAME.localhost:PORT`
    #[arg(long)]
    all: bool,
    /// Port on this computer; 0 is any free one
    #[arg(long, value_name = "PORT", default_value_t = 4592)]
    port: u16,
    /// Listen on this Unix socket instead of a port
    #[arg(long, value_name = "FILE", conflicts_with = "port")]
    socket: Option<PathBuf>,
    /// Accept requests without the secret, from every program and user of this computer
    #[arg(long)]
    no_secret: bool,
    /// Replace the secret, which otherwise stays the same
    #[arg(long, conflicts_with = "no_secret")]
    new_secret: bool,
    /// Forward writes to this Production or untyped environment; repeatable
    #[arg(long, value_name = "ENV")]
    allow_write: Vec<String>,
    /// Print the configuration of a tool for the local address, and exit
    #[arg(long, value_name = "TOOL", value_parser = choice(Tool::NAMES, Tool::parse), conflicts_with = "socket")]
    print: Option<Tool>,
}

impl ServeArgs {
    /// Returns whether it prints a configuration and serves nothing.
    pub fn prints(&self) -> bool {
        self.print.is_some()
    }
}

/// A server that has started.
#[derive(Serialize, JsonSchema)]
pub struct ServeDocument {
    /// The Unix socket; null for a port.
    socket: Option<String>,
    /// The tiers that are served.
    served: Vec<ServedTier>,
}

/// A tier that is served.
#[derive(Serialize, JsonSchema)]
struct ServedTier {
    /// The name of the identity.
    name: String,
    /// The tier of AEM.
    tier: Tier,
    /// The local address, with the secret.
    address: String,
    /// Whether only reads are forwarded.
    read_only: bool,
}

/// A request that was answered.
#[derive(Serialize, JsonSchema)]
pub struct ServedRequestDocument {
    /// The method of HTTP.
    method: String,
    /// Without the secret and the query.
    path: String,
    /// The status of the response.
    status: u16,
    /// The time until the response began.
    milliseconds: u64,
    /// The length of the response's body; null if it is not known when the response begins.
    bytes: Option<u64>,
}

pub fn run(globals: &Globals, args: ServeArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let chosen = chosen(&context, &args)?;
    let secret = if args.no_secret {
        None
    } else {
        Some(serve_secret::get(&context, args.new_secret)?)
    };
    let entrance = Entrance {
        port: args.socket.is_none().then_some(args.port),
        labels: chosen.iter().map(|it| it.label.clone()).collect(),
        secret,
    };
    if let Some(tool) = args.print {
        if args.port == 0 {
            return Err(Problem::new(Code::Usage, "a configuration needs a port")
                .cause("0 is any free port, which is known only once the server has started")
                .next_step("leave out `--port`, or name a port"));
        }
        let ([target], [host]) = (&chosen[..], &entrance.hosts()[..]) else {
            return Err(
                Problem::new(Code::Usage, "a configuration is for one address")
                    .cause(format!("{} would be served", chosen.len()))
                    .next_step("name one environment and tier, and print a configuration for each"),
            );
        };
        let secret = entrance.secret_text();
        output::answer(tool.configuration(&target.name, host, secret).as_bytes())?;
        if secret.is_some() {
            output::note(tool.advice());
        }
        return Ok(0);
    }
    let confirmed = confirmations(&context, &args, &chosen)?;
    block_on(serve(context, args, chosen, confirmed, entrance))?;
    Ok(0)
}

/// A tier that is served.
struct Chosen {
    identity: Uuid,
    environment: Uuid,
    name: String,
    tier: Tier,
    label: String,
}

/// Returns the named tiers, or author of every environment.
fn chosen(context: &AppContext, args: &ServeArgs) -> Result<Vec<Chosen>, Problem> {
    let index = context.read_index()?;
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut add = |identity: Uuid, tier: Tier| {
        let Some((environment, entry)) = index.identity(identity) else {
            return;
        };
        if chosen
            .iter()
            .any(|it| it.identity == identity && it.tier == tier)
        {
            return;
        }
        let name = resolve::full_name(environment, entry);
        chosen.push(Chosen {
            identity,
            environment: environment.id,
            label: label(&name, tier),
            name,
            tier,
        });
    };
    for name in &args.names {
        let (name, tier) = resolve::name_and_tier(name)?;
        add(
            resolve::identity(&index, name)?,
            tier.unwrap_or(Tier::Author),
        );
    }
    if args.all {
        for environment in &index.environments {
            let identity = environment.default_identity();
            let has_host = environment.hosts.of(Tier::Author).is_some();
            match identity.filter(|it| it.kind != Kind::Local && has_host) {
                Some(identity) => add(identity.id, Tier::Author),
                None => output::note(&format!(
                    "not served: {}, which has no default identity with a token, or no author host",
                    environment.name
                )),
            }
        }
    }
    for (at, it) in chosen.iter().enumerate() {
        // Names with the same letters and digits.
        if let Some(other) = chosen[..at].iter().find(|other| other.label == it.label) {
            return Err(Problem::new(
                Code::Usage,
                format!(
                    "{} and {} would have the same address, http://{}.localhost",
                    other.name, it.name, it.label
                ),
            )
            .next_step("serve each with its own command and `--port`"));
        }
    }
    if chosen.is_empty() {
        return Err(
            Problem::new(Code::NameNotFound, "there is no environment to serve")
                .next_step(guidance!["to see the stored ones, ", NextStep::List]),
        );
    }
    Ok(chosen)
}

/// Checks each `--allow-write` against the environment that it names.
fn confirmations(
    context: &AppContext,
    args: &ServeArgs,
    chosen: &[Chosen],
) -> Result<Vec<(Uuid, Confirmed)>, Problem> {
    let index = context.read_index()?;
    let mut confirmed = Vec::new();
    for name in &args.allow_write {
        let environment = resolve::environment(&index, super::options::environment_of(name))?.id;
        if !chosen.iter().any(|it| it.environment == environment) {
            return Err(Problem::new(
                Code::Usage,
                format!(
                    "--allow-write names {}, which is not served",
                    clean(name, 100)
                ),
            )
            .next_step("name an environment that is served"));
        }
        for target in chosen.iter().filter(|it| it.environment == environment) {
            let subject = Subject::Identity(target.identity);
            let names = [name.clone()];
            let answer = guard::confirm(context, subject, Act::Serve, "", &names, false);
            let answer = answer.map_err(|problem| {
                if problem.code != Code::Guarded {
                    return problem;
                }
                let quoted = shell::quoted(super::options::environment_of(&target.name));
                problem.next_step(format!("confirm with `--allow-write {quoted}`"))
            })?;
            confirmed.push((target.identity, answer));
        }
    }
    Ok(confirmed)
}

async fn serve(
    context: AppContext,
    args: ServeArgs,
    chosen: Vec<Chosen>,
    confirmed: Vec<(Uuid, Confirmed)>,
    mut entrance: Entrance,
) -> Result<(), Problem> {
    // Before listening, so that a signal removes the socket.
    let end = serve::signals()?;
    let mut targets = Vec::new();
    for target in &chosen {
        let confirmed = confirmed.iter().find(|(id, _)| *id == target.identity);
        let confirmed = confirmed.map(|(_, confirmed)| confirmed);
        let open = ForwardTarget::open(&context, target.identity, target.tier, confirmed);
        targets.push(open.await?);
    }
    if let [only] = targets.as_slice() {
        // A credential that does not work is reported now. Others are asked when they are needed.
        for warning in &only.pass().await?.warnings {
            output::warning(&warning.in_shell());
        }
    }
    let listeners = listen(&args, &mut entrance).await?;
    announce(&args, &targets, &entrance)?;
    // A terminal that takes no output, for example while text is selected in it, must not hold up requests: a line is
    // lost instead.
    let (lines, waiting) = sync_channel(WAITING_LINES);
    let writer = thread::spawn(move || waiting.into_iter().for_each(log));
    let server = Server::new(entrance, &context, targets, move |request| {
        let _ = lines.try_send(request);
    });
    serve::run(server, listeners, end).await;
    for _ in 0..10 {
        if writer.is_finished() {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn listen(args: &ServeArgs, entrance: &mut Entrance) -> Result<Vec<Listener>, Problem> {
    if let Some(path) = &args.socket {
        return Ok(vec![listener::on_socket(path).await?]);
    }
    let (listeners, port) = listener::on_port(args.port).await?;
    entrance.port = Some(port);
    Ok(listeners)
}

/// Says where each tier is served.
fn announce(
    args: &ServeArgs,
    targets: &[ForwardTarget],
    entrance: &Entrance,
) -> Result<(), Problem> {
    let socket = args.socket.as_ref();
    let socket = socket.map(|path| clean(&path.display().to_string(), 300));
    let served = targets.iter().zip(entrance.hosts());
    let served = served.map(|(target, host)| ServedTier {
        name: target.name().to_owned(),
        tier: target.tier(),
        address: format!("http://{host}{}/", entrance.prefix()),
        read_only: target.is_read_only(),
    });
    let served: Vec<ServedTier> = served.collect();
    if output::mode().json {
        return document::line(ServeDocument { socket, served });
    }
    if let Some(socket) = socket {
        output::note(&format!("Listening on {socket}"));
    }
    for tier in served {
        let access = if tier.read_only { ", read-only" } else { "" };
        output::note(&format!(
            "Forwarding to {} of {}{access}:",
            tier.tier.as_str(),
            tier.name,
        ));
        output::answer_line(&tier.address)?;
    }
    output::note("Press Ctrl-C to stop.");
    Ok(())
}

fn log(request: RequestLog) {
    let RequestLog {
        method,
        path,
        status,
        bytes,
        elapsed,
    } = request;
    if output::mode().json {
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        // Nobody can be told that the output can't be written.
        let _ = document::line(ServedRequestDocument {
            method,
            path,
            status,
            milliseconds,
            bytes,
        });
        return;
    }
    let took = time::milliseconds(elapsed);
    output::note(&format!("{method} {path} {status} {took}"));
}
