//! OAuth server-to-server credentials of the Adobe Developer Console, in all formats that Adobe's tools and libraries use.

use super::strict_json::Field;
use super::{Code, CredentialFacts, Fingerprint, Problem, Secret, unrecognised};

/// The IMS of files that name none.
pub(super) const DEFAULT_IMS: &str = "ims-na1.adobelogin.com";
const STAGE_IMS: &str = "ims-na1-stg1.adobelogin.com";

const MAX_SCOPES: usize = 100;

/// A client id and secrets, exchanged without a signature. No expiry.
#[derive(Debug)]
pub struct OauthCredential {
    /// The IMS host: `ims-na1.adobelogin.com`.
    pub ims_host: String,
    pub client_id: String,
    /// One or two, tried in order.
    pub client_secrets: Vec<Secret>,
    pub scopes: Vec<String>,
    pub org: Option<String>,
    pub technical_account_id: Option<String>,
    pub technical_account_email: Option<String>,
}

impl OauthCredential {
    pub fn facts(&self) -> CredentialFacts {
        let account = self.technical_account_id.as_deref().unwrap_or_default();
        CredentialFacts {
            client_id: self.client_id.clone(),
            technical_account_id: self.technical_account_id.clone(),
            technical_account_email: self.technical_account_email.clone(),
            org: self.org.clone(),
            ims_host: self.ims_host.clone(),
            scopes: self.scopes.clone(),
            not_before: None,
            not_after: None,
            fingerprint: self.fingerprint(account),
            public_key: None,
        }
    }

    /// The fingerprint covers the secrets, because OAuth credentials are rotated by replacing the secret.
    fn fingerprint(&self, account: &str) -> Fingerprint {
        let mut text = format!("{}\n{account}", self.client_id).into_bytes();
        for secret in &self.client_secrets {
            text.push(b'\n');
            text.extend_from_slice(secret.expose());
        }
        Secret::new(text).fingerprint()
    }

    /// Reads the workspace download, where the credential is nested under `project`.
    pub(super) fn from_workspace(file: &Field<'_>) -> Result<Self, Problem> {
        let project = file.require("project")?;
        let org = project.get("org").and_then(|org| org.get("ims_org_id"));
        let details = project.require("workspace")?.require("details")?;
        let credentials = details.require("credentials")?.items()?;
        let found: Vec<Field<'_>> = credentials
            .iter()
            .filter_map(|credential| credential.get("oauth_server_to_server"))
            .collect();
        match found.as_slice() {
            [only] => Self::read(only, org),
            [] if credentials.iter().any(|c| c.has("jwt")) => Err(unrecognised::discontinued_jwt(
                "this workspace contains a JWT credential of the Adobe Developer Console",
            )),
            [] => Err(Problem::new(
                Code::InputWrongKind,
                format!("{} contains no OAuth server-to-server credential", details.path()),
            )
            .cause("API keys and OAuth web, native or single-page credentials require a user to sign in")
            .next_step("add an OAuth server-to-server credential to the project in the Adobe Developer Console")),
            _ => Err(Problem::new(
                Code::SeveralCredentials,
                format!("this workspace contains {} OAuth server-to-server credentials", found.len()),
            )
            .cause("a file must contain exactly one credential")
            .next_step("download the JSON of a single credential from the Adobe Developer Console")),
        }
    }

    /// Reads the flat download of the console (`CLIENT_ID`, `CLIENT_SECRETS`, ..), the context of aio, `IMS_OAUTH_S2S`, or the
    /// configuration of a client library (`client_id`, `secret`, ..). `org` is that of the document around it.
    pub(super) fn read(file: &Field<'_>, org: Option<Field<'_>>) -> Result<Self, Problem> {
        let owned = |field: Field<'_>| field.word(200).map(str::to_owned);
        let optional = |names| first(file, names).map(owned).transpose();
        Ok(Self {
            ims_host: ims_host(file)?,
            client_id: required(file, &CLIENT_ID)?.identifier(200)?.to_owned(),
            client_secrets: secrets(file)?,
            scopes: scopes(file)?,
            org: first(file, &ORG).or(org).map(owned).transpose()?,
            technical_account_id: optional(&ACCOUNT)?,
            technical_account_email: optional(&EMAIL)?,
        })
    }
}

/// True if the object has fields of a credential: some of them, so that an error can name the missing one.
pub(super) fn is_credential(file: &Field<'_>) -> bool {
    let any = |names: &[&'static str]| names.iter().any(|name| file.has(name));
    any(&["CLIENT_ID", "CLIENT_SECRETS", "client_id", "client_secrets"]) || has_secret(file)
}

/// True if the object has a client id and a client secret, under any of their names.
pub(super) fn has_secret(file: &Field<'_>) -> bool {
    first(file, &CLIENT_ID).is_some() && first(file, &SECRETS).is_some()
}

// The names of the fields in the formats of the console (first), of aio and of client libraries.
const CLIENT_ID: [&str; 3] = ["CLIENT_ID", "client_id", "clientId"];
const SECRETS: [&str; 7] = [
    "CLIENT_SECRETS",
    "CLIENT_SECRET",
    "client_secrets",
    "client_secret",
    "clientSecrets",
    "clientSecret",
    "secret",
];
const SCOPES: [&str; 4] = ["SCOPES", "scopes", "SCOPE", "scope"];
const ACCOUNT: [&str; 5] = [
    "TECHNICAL_ACCOUNT_ID",
    "technical_account_id",
    "technicalAccountId",
    "tech_id",
    "techId",
];
const EMAIL: [&str; 3] = [
    "TECHNICAL_ACCOUNT_EMAIL",
    "technical_account_email",
    "technicalAccountEmail",
];
const ORG: [&str; 6] = [
    "ORG_ID",
    "org_id",
    "ims_org_id",
    "IMS_ORG_ID",
    "orgId",
    "imsOrgId",
];
const IMS: [&str; 6] = [
    "imsEndpoint",
    "IMS_ENDPOINT",
    "ims_endpoint",
    "ims_host",
    "imsHost",
    "IMS_HOST",
];
const ENVIRONMENT: [&str; 4] = ["env", "ENV", "ims_env", "environment"];

fn first<'a>(file: &Field<'a>, names: &[&'static str]) -> Option<Field<'a>> {
    names.iter().find_map(|name| file.get(name))
}

/// Returns the field; the error for a missing one names it as the console or as aio does.
fn required<'a>(file: &Field<'a>, names: &[&'static str]) -> Result<Field<'a>, Problem> {
    let of_console = ["CLIENT_ID", "CLIENT_SECRETS", "CLIENT_SECRET"];
    let is_upper = of_console.iter().any(|name| file.has(name));
    let is_named = |name: &&&str| name.contains(char::is_uppercase) == is_upper;
    match first(file, names) {
        Some(field) => Ok(field),
        None => file.require(names.iter().find(is_named).copied().unwrap_or_default()),
    }
}

/// Returns the IMS that the file names: a secret of stage must not go to production.
fn ims_host(file: &Field<'_>) -> Result<String, Problem> {
    if let Some(field) = first(file, &IMS) {
        let text = field.word(300)?;
        let host = text.strip_prefix("https://").unwrap_or(text);
        return field.host(host.trim_end_matches('/'));
    }
    let Some(field) = first(file, &ENVIRONMENT) else {
        return Ok(DEFAULT_IMS.to_owned());
    };
    match field.word(40)?.to_ascii_lowercase().as_str() {
        "prod" | "production" | "prd" | "live" => Ok(DEFAULT_IMS.to_owned()),
        "stage" | "stg" | "stg1" | "staging" => Ok(STAGE_IMS.to_owned()),
        _ => Err(field.bad(
            "it must be prod or stage, which name an IMS of Adobe; for another IMS, name its host in imsEndpoint",
        )),
    }
}

/// Reads one secret or a list of them, under either name.
fn secrets(file: &Field<'_>) -> Result<Vec<Secret>, Problem> {
    let field = required(file, &SECRETS)?;
    let fields = field.items().unwrap_or_else(|_| vec![field.clone()]);
    if fields.is_empty() || fields.len() > 10 {
        return Err(field.bad("it must contain one or two secrets"));
    }
    fields
        .iter()
        .map(|field| field.text(500).map(Secret::from))
        .collect()
}

fn scopes(file: &Field<'_>) -> Result<Vec<String>, Problem> {
    let field = required(file, &SCOPES)?;
    let scopes = field.words(MAX_SCOPES)?;
    if scopes.is_empty() {
        return Err(field.bad("it contains no scope"));
    }
    Ok(scopes.into_iter().map(str::to_owned).collect())
}
