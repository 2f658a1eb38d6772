//! The words of the guides: what the consoles call things, who may press which button. Data only; `{..}` is filled in.

use super::Topic;

pub(super) struct Text {
    pub title: &'static str,
    /// One line, for the list of guides.
    pub about: &'static str,
    pub intro: &'static str,
    pub who_may: &'static str,
    pub lines: &'static [Line],
}

pub(super) struct Line {
    /// Settled: ticks are stored by it.
    pub id: &'static str,
    pub text: &'static str,
    pub link: Option<Place>,
    pub when: When,
    pub api_yaml: bool,
    pub wait_minutes: Option<u8>,
    /// An outage for everybody who still works with the old one.
    pub ends_the_old: bool,
}

/// A page that a step is done on.
#[derive(Clone, Copy)]
pub(super) enum Place {
    CloudManager,
    /// Of AEM: service credentials and development tokens.
    DeveloperConsole,
    AdminConsole,
    /// Adobe's: OAuth credentials.
    AdobeDeveloperConsole,
    /// Users and groups on author.
    Users,
    Support,
}

#[derive(Clone, Copy)]
pub(super) enum When {
    Always,
    Oauth,
    NotOauth,
    Rde,
    NotRde,
}

const fn line(id: &'static str, text: &'static str) -> Line {
    Line {
        id,
        text,
        link: None,
        when: When::Always,
        api_yaml: false,
        wait_minutes: None,
        ends_the_old: false,
    }
}

impl Line {
    const fn at(mut self, place: Place) -> Self {
        self.link = Some(place);
        self
    }

    const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    const fn with_api_yaml(mut self) -> Self {
        self.api_yaml = true;
        self
    }

    const fn that_ends_the_old(mut self) -> Self {
        self.ends_the_old = true;
        self
    }

    const fn then_wait(mut self, minutes: u8) -> Self {
        self.wait_minutes = Some(minutes);
        self
    }
}

pub(super) fn of(topic: Topic) -> &'static Text {
    match topic {
        Topic::First => &FIRST,
        Topic::DevelopmentToken => &DEVELOPMENT_TOKEN,
        Topic::Rotate => &RENEW,
        Topic::Permissions => &PERMISSIONS,
        Topic::Revoke => &REVOKE,
        Topic::Oauth => &OAUTH,
    }
}

const TO_THE_CONSOLE: Line = line(
    "console",
    "In Cloud Manager open {program}, then Environments. At {environment} press … and choose Developer Console.",
)
.at(Place::CloudManager);

const TECHNICAL_ACCOUNTS: Line = line(
    "technical-accounts",
    "In the Developer Console open the tab Integrations, then Technical Accounts. (Older consoles show one button there instead: Get or Generate Service Credentials.)",
)
.at(Place::DeveloperConsole);

const TEST_AGAIN: Line = line(
    "test",
    "Test again: `aemkeys test {quoted}`, or t in the dashboard. A test before the 10 minutes are over says nothing.",
);

static FIRST: Text = Text {
    title: "First service credentials",
    about: "which buttons lead to the file, and who may",
    intro: "The AEM Developer Console makes a technical account with a private key that is valid for a year. It serves author, publish and preview of one environment.",
    who_may: "The very first account: an administrator of the IMS organisation who is in the product profile AEM Users or AEM Administrators of this environment's author. From then on: everybody with the role AEM as a Cloud Service Environment administrator.",
    lines: &[
        TO_THE_CONSOLE,
        TECHNICAL_ACCOUNTS,
        line(
            "create",
            "Press Create new technical account. An environment has room for ten; deleted ones count. One for each program that calls AEM lets you revoke one without stopping the others.",
        ),
        line(
            "download",
            "The credentials open in a new tab: download them with the icon beside the status. Later: the … at the account's private key, then View.",
        ),
        line(
            "add",
            "Give the file to aemkeys: `aemkeys add FILE`, or a in the dashboard, or paste its text there. Then delete the file: `aemkeys doctor` names files left behind.",
        ),
        line(
            "exchange",
            "Exchange once and call author once: `aemkeys test NAME`. Only with this first call the account appears as a user in AEM, in the group Contributors, which may read.",
        ),
        line(
            "permissions",
            "If it must do more: `aemkeys guide permissions NAME`.",
        ),
    ],
};

static DEVELOPMENT_TOKEN: Text = Text {
    title: "Today's development token",
    about: "your own, for a day, from the console",
    intro: "A local development token signs you in as yourself, on one environment, for at most 24 hours. No program can renew it.",
    who_may: "Everybody who may open the Developer Console of {environment} and is a user of its AEM: the role Developer in Cloud Manager and a product profile of the environment's author.",
    lines: &[
        TO_THE_CONSOLE,
        line(
            "local-token",
            "Open the tab Integrations, then Local token.",
        )
        .at(Place::DeveloperConsole),
        line(
            "get",
            "Press Get Local Development Token and copy what is shown, or download it with the icon at the top left.",
        ),
        line(
            "paste",
            "Paste it: p in the dashboard, or `aemkeys paste {quoted}` and then the text. The whole JSON is as good as the bare token.",
        ),
    ],
};

static RENEW: Text = Text {
    title: "Renew a credential",
    about: "a new certificate; the old one works on",
    intro: "Service credentials end with their certificate, after a year. A new one is added beside the old one, and nothing stops: old tokens and the old key work until the certificate ends or is revoked. Permissions stay, because the account stays. The secret of an OAuth credential has no fixed end and is renewed the same way.",
    who_may: "AEM as a Cloud Service Environment administrator of {environment}.",
    lines: &[
        TO_THE_CONSOLE.when(When::NotOauth),
        TECHNICAL_ACCOUNTS.when(When::NotOauth),
        line(
            "add-certificate",
            "Open the account with the client id {client}. Before the end of the certificate: the … at its private key, then Add certificate. After the end or after a leak: Add new private key. (Older consoles: Refresh Service Credentials; only the newest file can be seen there afterwards.)",
        )
        .when(When::NotOauth),
        line(
            "download",
            "The … at the new entry, then View: download the file. Its fingerprint must differ from {fingerprint}.",
        )
        .when(When::NotOauth),
        line(
            "project",
            "In the Adobe Developer Console open the project, then Credentials, OAuth Server-to-Server, Retrieve client secret, Add new client secret. Download the JSON again.",
        )
        .at(Place::AdobeDeveloperConsole)
        .when(When::Oauth),
        line(
            "rotate",
            "`aemkeys rotate {quoted} FILE`, or R in the dashboard: the new credential is exchanged and tested before it takes the old one's place.",
        ),
        line(
            "hand-on",
            "Bring it to {used_by}: `aemkeys credential {quoted} --format adobe-json` writes it into a pipe.",
        ),
        line(
            "revoke",
            "When everybody has the new one, and not before: `aemkeys guide revoke {quoted}`.",
        ),
    ],
};

static PERMISSIONS: Text = Text {
    title: "Permissions after a 403",
    about: "group or profile, 10 minutes; api.yaml for OAuth",
    intro: "A 403 of AEM means: the token was taken, the account may not do this. A technical account becomes a user in AEM with its first call and is in Contributors then, which may read. `anonymous` is something else: the token itself did not arrive (it is another environment's, or CDN or dispatcher took it away), and no permission helps: test author first.",
    who_may: "Groups: an administrator of AEM on {author}. Product profiles: an administrator of the product in the Admin Console. The configuration pipeline: Deployment Manager in Cloud Manager.",
    lines: &[
        line(
            "first-call",
            "Has it called author at least once? Before that there is no user to give permissions to: `aemkeys test {quoted} --tier author`.",
        )
        .when(When::NotOauth),
        line(
            "find-user",
            "On author open Tools, Security, Users and search for {login}.",
        )
        .at(Place::Users)
        .when(When::NotOauth),
        line(
            "group",
            "Open the user, then Groups, and add it to the group that may do what is needed, no more: one made for this integration, or content-authors, dam-users. Save. Better still, put it into a group by a product profile, which outlives the user: next step.",
        )
        .when(When::NotOauth)
        .then_wait(10),
        line(
            "profile",
            "In the Admin Console: Products, Adobe Experience Manager as a Cloud Service, the instance of {environment} (author), a product profile, API credentials: add the technical account {client}. In AEM the profile is a group of the same name; give that group the permissions.",
        )
        .at(Place::AdminConsole)
        .then_wait(10),
        line(
            "publish",
            "Groups of author do not reach publish by themselves: what is read there needs the permission on publish, where the account is in everyone until it is given more.",
        )
        .when(When::NotOauth),
        line(
            "api-yaml",
            "`IMS Client ID not allowlisted`, and every OAuth client: save this as config/api.yaml in the repository of {program}. `aemkeys guide permissions {quoted} --api-yaml` prints it alone.",
        )
        .when(When::Oauth)
        .with_api_yaml(),
        line(
            "config-pipeline",
            "Deploy it with a configuration pipeline to {environment}: Cloud Manager, Pipelines, Add Pipeline, Targeted deployment, Config.",
        )
        .at(Place::CloudManager)
        .when(When::Oauth)
        .then_wait(10),
        line(
            "services",
            "The product profile of the OAuth project must carry the service of the API that is called (for instance AEM Assets API Users): Admin Console, the profile, Services.",
        )
        .at(Place::AdminConsole)
        .when(When::Oauth),
        line("wait", "Wait 10 minutes: so long it takes until every tier has it.").then_wait(10),
        TEST_AGAIN,
    ],
};

static REVOKE: Text = Text {
    title: "Revoke a key",
    about: "console, support, permissions afterwards",
    intro: "A key that is out must end at Adobe: taking it out of aemkeys ends nothing. First give everybody the new one, then revoke, or they stop. Tokens that are out already stay valid for up to a day.",
    who_may: "One key: AEM as a Cloud Service Environment administrator of {environment}. All credentials of the environment: an administrator of the product in the Admin Console, and Adobe's customer support.",
    lines: &[
        line(
            "replace",
            "Add a new private key (not a certificate) and rotate to it first: `aemkeys guide renew {quoted}`.",
        )
        .when(When::NotOauth),
        line("hand-on", "Bring the new one to {used_by}."),
        TO_THE_CONSOLE.when(When::NotOauth),
        line(
            "revoke",
            "Integrations, Technical Accounts, the account with the client id {client}: the … at the old private key or certificate, then Revoke. Compare with the fingerprint {old_fingerprint} in aemkeys.",
        )
        .at(Place::DeveloperConsole)
        .when(When::NotOauth)
        .that_ends_the_old(),
        line(
            "oauth-secret",
            "In the Adobe Developer Console: the project, OAuth Server-to-Server, Retrieve client secret, delete the old secret. The client id stays, so permissions stay.",
        )
        .at(Place::AdobeDeveloperConsole)
        .when(When::Oauth)
        .that_ends_the_old(),
        line(
            "token",
            "The token held here: `aemkeys invalidate-token {quoted}`. It keeps nobody from exchanging anew with the key: revoke that first.",
        ),
        line(
            "no-button",
            "No Revoke there (older consoles), or everything must go: in the Admin Console open the product profile AEM Users of {environment}, tab API credentials, and delete the technical account.",
        )
        .at(Place::AdminConsole)
        .when(When::NotOauth)
        .that_ends_the_old(),
        line(
            "support",
            "Only after that way: ask customer support to delete the service credentials of {environment}, then generate them again: `aemkeys guide first`.",
        )
        .at(Place::Support)
        .when(When::NotOauth),
        line(
            "permissions",
            "A new technical account begins as Contributor, whatever the old one could: `aemkeys guide permissions {quoted}`.",
        )
        .when(When::NotOauth),
        TEST_AGAIN.when(When::NotOauth),
    ],
};

static OAUTH: Text = Text {
    title: "Move to OAuth",
    about: "server-to-server, for OpenAPI-based APIs",
    intro: "Two consoles with nearly one name: service credentials come from the AEM Developer Console and work today for all of AEM; OAuth server-to-server credentials come from the Adobe Developer Console and serve AEM's OpenAPI-based APIs. Classic paths (/content, /api/assets.json, GraphQL) answer 401 to their tokens: keep service credentials for those.",
    who_may: "An administrator of the IMS organisation, or a developer of the product profile in the Admin Console.",
    lines: &[
        line(
            "calls",
            "Which calls does the integration make? Only those that have an OpenAPI-based API (paths beginning with /adobe/) can move.",
        ),
        line(
            "release",
            "{environment} must run AEM 2024.10.18459 or later, and have its product profiles renewed once: Cloud Manager, the … at the environment, Add Product Profiles where it is offered.",
        )
        .at(Place::CloudManager),
        line(
            "services",
            "In the Admin Console give a product profile of {environment} the service of the API, for instance AEM Assets API Users.",
        )
        .at(Place::AdminConsole),
        line(
            "project",
            "In the Adobe Developer Console: Create new project, Add API, Experience Cloud, the AEM API, then OAuth Server-to-Server, and the product profile of the step before.",
        )
        .at(Place::AdobeDeveloperConsole),
        line(
            "download",
            "Download the project's JSON and give it to aemkeys: `aemkeys add FILE`. It may join {environment} beside the service credentials.",
        ),
        line(
            "api-yaml",
            "Tell the environment about the client: save this as config/api.yaml in the repository of {program}, with the client id of the new credential. `aemkeys guide permissions NAME --api-yaml` prints it for a credential that was added.",
        )
        .with_api_yaml(),
        line(
            "config-pipeline",
            "Deploy it with a configuration pipeline: Cloud Manager, Pipelines, Add Pipeline, Targeted deployment, Config.",
        )
        .at(Place::CloudManager)
        .when(When::NotRde)
        .then_wait(10),
        line(
            "rde",
            "An RDE has no pipeline: install the folder config with the command line tool of Adobe, `aio aem:rde:install -t env-config config`.",
        )
        .when(When::Rde)
        .then_wait(10),
        line(
            "test",
            "Test with a path of the API: `aemkeys test NAME --path /adobe/sites/cf/fragments`.",
        ),
        line(
            "switch",
            "Move the programs one after the other; revoke the service credentials when nobody uses them: `aemkeys guide revoke {quoted}`.",
        ),
    ],
};
