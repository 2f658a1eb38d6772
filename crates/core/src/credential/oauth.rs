//! OAuth server-to-server credentials of the Adobe Developer Console, in their three formats.

use super::strict_json::Field;
use super::{Code, CredentialFacts, Fingerprint, Problem, Secret, unrecognised};

/// The IMS host, which these files do not contain.
const DEFAULT_IMS: &str = "ims-na1.adobelogin.com";

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

    /// Reads `CLIENT_ID`, `CLIENT_SECRETS`, ..: the flat download of the console.
    pub(super) fn from_upper_case(file: &Field<'_>) -> Result<Self, Problem> {
        Self::read(
            file,
            &Names {
                client_id: "CLIENT_ID",
                secrets: &["CLIENT_SECRETS", "CLIENT_SECRET"],
                scopes: "SCOPES",
                account: "TECHNICAL_ACCOUNT_ID",
                email: "TECHNICAL_ACCOUNT_EMAIL",
            },
            file.get("ORG_ID"),
        )
    }

    /// Reads `client_id`, `client_secrets`, ..: the context of the `aio` command line tool.
    pub(super) fn from_lower_case(
        file: &Field<'_>,
        org: Option<Field<'_>>,
    ) -> Result<Self, Problem> {
        Self::read(
            file,
            &Names {
                client_id: "client_id",
                secrets: &["client_secrets", "client_secret"],
                scopes: "scopes",
                account: "technical_account_id",
                email: "technical_account_email",
            },
            org,
        )
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
            [only] => Self::from_lower_case(only, org),
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

    fn read(file: &Field<'_>, names: &Names, org: Option<Field<'_>>) -> Result<Self, Problem> {
        let word = |name: &str, max: usize| -> Result<Option<String>, Problem> {
            file.get(name)
                .map(|field| field.word(max).map(str::to_owned))
                .transpose()
        };
        Ok(Self {
            ims_host: DEFAULT_IMS.to_owned(),
            client_id: file.require(names.client_id)?.identifier(200)?.to_owned(),
            client_secrets: secrets(file, names)?,
            scopes: scopes(file, names.scopes)?,
            org: org
                .map(|field| field.word(200).map(str::to_owned))
                .transpose()?,
            technical_account_id: word(names.account, 200)?,
            technical_account_email: word(names.email, 200)?,
        })
    }
}

struct Names {
    client_id: &'static str,
    secrets: &'static [&'static str; 2],
    scopes: &'static str,
    account: &'static str,
    email: &'static str,
}

fn secrets(file: &Field<'_>, names: &Names) -> Result<Vec<Secret>, Problem> {
    let [several, single] = names.secrets;
    let fields = match (file.get(several), file.get(single)) {
        (Some(list), _) => list.items()?,
        (None, Some(one)) => vec![one],
        (None, None) => {
            return Err(file
                .require(several)
                .err()
                .unwrap_or_else(|| file.bad("it contains no secret")));
        }
    };
    if fields.is_empty() || fields.len() > 10 {
        return Err(file
            .require(several)?
            .bad("it must contain one or two secrets"));
    }
    fields
        .iter()
        .map(|field| field.word(500).map(Secret::from))
        .collect()
}

/// Reads a list, or a text separated by commas or spaces.
fn scopes(file: &Field<'_>, name: &str) -> Result<Vec<String>, Problem> {
    let field = file.require(name)?;
    let scopes: Vec<String> = match field.items() {
        Ok(items) => items
            .iter()
            .map(|item| item.word(200).map(str::to_owned))
            .collect::<Result<_, _>>()?,
        Err(_) => field
            .text(4000)?
            .split([',', ' '])
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    if scopes.len() > MAX_SCOPES {
        return Err(field.bad("it contains too many scopes"));
    }
    if scopes.is_empty() {
        return Err(field.bad("it contains no scope"));
    }
    Ok(scopes)
}
