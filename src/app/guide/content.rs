//! The texts of the guides: the labels used in Adobe's consoles and the roles they require. Data only; `{..}` is filled in.

use super::{Kind, Topic};

pub(super) struct Text {
    pub title: &'static str,
    /// One line, for the list of guides.
    pub about: &'static str,
    pub intro: &'static str,
    pub who_may: &'static str,
    pub lines: &'static [StepText],
}

pub(super) struct StepText {
    /// Never changes: ticks are stored under it.
    pub id: &'static str,
    pub text: &'static str,
    pub link: Option<ConsolePage>,
    pub when: When,
    pub api_yaml: bool,
    pub wait_minutes: Option<u8>,
    /// How aemkeys knows that it is done.
    pub known: Option<Known>,
    /// Whether this step causes an outage for everyone who still uses the old credential.
    pub revokes_old: bool,
}

/// What the list says about a step, if it is so. A step that is done makes those before it done.
#[derive(Clone, Copy)]
pub(super) enum Known {
    /// The environment has a credential of this kind.
    Stored(Kind),
    /// AEM has signed the account in, which created its user.
    SignedIn,
    /// A new credential is stored and not in use yet.
    Candidate,
    /// The credential to revoke is not the one in use.
    Replaced,
    /// And every program has the one in use.
    HandedOn,
    /// IMS refuses the leaked one.
    Revoked,
}

/// The page where a step is done.
#[derive(Clone, Copy)]
pub(super) enum ConsolePage {
    CloudManager,
    /// The AEM Developer Console: service credentials and development tokens.
    DeveloperConsole,
    AdminConsole,
    /// The Adobe Developer Console: OAuth credentials.
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

const fn line(id: &'static str, text: &'static str) -> StepText {
    StepText {
        id,
        text,
        link: None,
        when: When::Always,
        api_yaml: false,
        wait_minutes: None,
        known: None,
        revokes_old: false,
    }
}

impl StepText {
    const fn at(mut self, place: ConsolePage) -> Self {
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

    const fn revokes_old(mut self) -> Self {
        self.revokes_old = true;
        self
    }

    const fn known(mut self, known: Known) -> Self {
        self.known = Some(known);
        self
    }

    const fn wait(mut self, minutes: u8) -> Self {
        self.wait_minutes = Some(minutes);
        self
    }
}

pub(super) fn of(topic: Topic) -> &'static Text {
    match topic {
        Topic::First => &FIRST,
        Topic::DevelopmentToken => &DEVELOPMENT_TOKEN,
        Topic::Rotate => &ROTATE,
        Topic::Permissions => &PERMISSIONS,
        Topic::Revoke => &REVOKE,
        Topic::Oauth => &OAUTH,
    }
}

const TO_THE_CONSOLE: StepText = line(
    "console",
    "In Cloud Manager, open {program}, then Environments. Next to {environment}, open the menu (three dots) and choose Developer Console.",
)
.at(ConsolePage::CloudManager);

const TECHNICAL_ACCOUNTS: StepText = line(
    "technical-accounts",
    "In the AEM Developer Console, open the tab Integrations, then Technical Accounts. (Older consoles show a single button instead: Get or Generate Service Credentials.)",
)
.at(ConsolePage::DeveloperConsole);

const TEST_AGAIN: StepText = line(
    "test",
    "To test again, {Test}. A test within the first 30 minutes may still show the old state.",
);

static FIRST: Text = Text {
    title: "First service credentials",
    about: "how to download the file, and who can",
    intro: "The AEM Developer Console creates a technical account whose certificate is valid for one year. It works on author, publish and preview of one environment.",
    who_may: "For the first account: an administrator of the IMS organisation who is in the product profile AEM Users or AEM Administrators of this environment's author. For all later accounts: anyone with the role AEM as a Cloud Service Environment administrator.",
    lines: &[
        TO_THE_CONSOLE,
        TECHNICAL_ACCOUNTS,
        line(
            "create",
            "Press Create new technical account. An environment can have ten, including deleted ones. With one account per program that calls AEM, you can revoke one without stopping the others.",
        ),
        line(
            "download",
            "The credentials open in a new tab: download them with the icon next to the status. To find them again later: the menu (three dots) next to the account's private key, then View.",
        ),
        line(
            "add",
            "To add the file, {Add}; the dashboard also takes its text as a paste. Then delete the file. To list credential files that were left behind, {Doctor}.",
        )
        .known(Known::Stored(Kind::ServiceCredentials)),
        line(
            "exchange",
            "To test it, {Test}. This first call creates the account's user in AEM, in the group Contributors, which can only read.",
        )
        .known(Known::SignedIn),
        line(
            "permissions",
            "If it needs more permissions, {GuidePermissions}.",
        ),
    ],
};

static DEVELOPMENT_TOKEN: Text = Text {
    title: "Today's development token",
    about: "your own token, for one day",
    intro: "A local development token signs you in as yourself, on one environment, for at most 24 hours. No program can get a new one for you.",
    who_may: "Anyone with the role Developer in Cloud Manager and a product profile of the author of {environment}.",
    lines: &[
        TO_THE_CONSOLE,
        line(
            "local-token",
            "Open the tab Integrations, then Local token.",
        )
        .at(ConsolePage::DeveloperConsole),
        line(
            "get",
            "Press Get Local Development Token and copy the token, or download it with the icon at the top left.",
        ),
        line(
            "paste",
            "To paste it, {PasteToken}. You can paste the whole JSON or only the token.",
        ),
    ],
};

static ROTATE: Text = Text {
    title: "Rotate a credential",
    about: "add a new certificate; the old one keeps working",
    intro: "Service credentials expire with their certificate, after one year. You add a new certificate next to the old one, and nothing stops: old tokens and the old key work until the old certificate expires or is revoked. Permissions stay, because the account stays the same. The secret of an OAuth credential does not expire; you rotate it in the same way.",
    who_may: "Service credentials: an AEM as a Cloud Service Environment administrator of {environment}. OAuth: a developer of the project in the Adobe Developer Console.",
    lines: &[
        TO_THE_CONSOLE.when(When::NotOauth),
        TECHNICAL_ACCOUNTS.when(When::NotOauth),
        line(
            "add-certificate",
            "Open the account {client}. If its certificate has not expired: the menu (three dots) next to its private key, then Add certificate. If it has expired, or the key has leaked: Add new private key. (Older consoles: Refresh Service Credentials; they then show only the newest file.)",
        )
        .when(When::NotOauth),
        line(
            "download",
            "Open the menu (three dots) next to the new entry, then View, and download the file. Its fingerprint must differ from {fingerprint}.",
        )
        .known(Known::Candidate)
        .when(When::NotOauth),
        line(
            "project",
            "In the Adobe Developer Console, open the project, then Credentials, OAuth Server-to-Server, Retrieve client secret, Add new client secret. Download the JSON again.",
        )
        .known(Known::Candidate)
        .at(ConsolePage::AdobeDeveloperConsole)
        .when(When::Oauth),
        line(
            "rotate",
            "To rotate, {Rotate}. aemkeys exchanges and tests the new credential before it replaces the old one.",
        )
        .known(Known::Replaced),
        line(
            "hand-on",
            "Give it to {used_by}. To write it to a new file, {ExportCredential}.",
        )
        .known(Known::HandedOn),
        line(
            "revoke",
            "Only when everyone has the new credential, revoke the old key. For the steps, {GuideRevoke}.",
        ),
    ],
};

static PERMISSIONS: Text = Text {
    title: "Permissions after a 403",
    about: "group or product profile; api.yaml for OAuth",
    intro: "A 403 from AEM means that AEM accepted the token, but the account lacks the permission. A technical account becomes a user in AEM with its first call, in the group Contributors, which can only read. `anonymous` means something else: AEM did not get a valid token (it belongs to another environment, or the CDN or dispatcher removed it). Permissions do not help then: test author first.",
    who_may: "Groups: an administrator of AEM on {author}. Product profiles: an administrator of the product in the Admin Console. The configuration pipeline: Deployment Manager in Cloud Manager.",
    lines: &[
        line(
            "first-call",
            "Call author once, which creates the user that needs the permissions: {TestAuthor}.",
        )
        .known(Known::SignedIn)
        .when(When::NotOauth),
        line(
            "find-user",
            "On author, open Tools, Security, Users and search for {login}.",
        )
        .at(ConsolePage::Users)
        .when(When::NotOauth),
        line(
            "group",
            "Open the user, then Groups, and add it to a group with exactly the permissions it needs: a group for this integration, or content-authors or dam-users. Save. The product profile in the next step is the better way, because it survives if the user is deleted.",
        )
        .when(When::NotOauth)
        .wait(10),
        line(
            "profile",
            "In the Admin Console, open Products, Adobe Experience Manager as a Cloud Service, the author instance of {environment}, a product profile, API credentials, and add the technical account {client}. In AEM, the profile is a group with the same name; give the permissions to that group.",
        )
        .at(ConsolePage::AdminConsole)
        .wait(10),
        line(
            "publish",
            "Groups on author are not copied to publish. To read content on publish, the account needs the permission there; until then it is only in the group everyone.",
        )
        .when(When::NotOauth),
        line(
            "api-yaml",
            "For every OAuth client, and after `IMS Client ID not allowlisted`: save this as config/api.yaml in the repository of {program}. To print only this file, {GuideApiYaml}.",
        )
        .when(When::Oauth)
        .with_api_yaml(),
        line(
            "config-pipeline",
            "Deploy it with a configuration pipeline to {environment}: Cloud Manager, Pipelines, Add Pipeline, Targeted deployment, Config.",
        )
        .at(ConsolePage::CloudManager)
        .when(When::Oauth)
        .wait(10),
        line(
            "services",
            "The product profile of the OAuth project must include the service of the API that you call (for example AEM Assets API Users): Admin Console, the profile, Services.",
        )
        .at(ConsolePage::AdminConsole)
        .when(When::Oauth),
        line("wait", "Wait up to 30 minutes: changes take that long to reach every tier.").wait(30),
        TEST_AGAIN,
    ],
};

static REVOKE: Text = Text {
    title: "Revoke a key",
    about: "revoke a key at Adobe, then check what still works",
    intro: "Revoke a leaked key at Adobe; deleting it here is not enough. Give everyone the new credential first, or their programs stop. Tokens that were already issued stay valid for up to a day.",
    who_may: "For one key: an AEM as a Cloud Service Environment administrator of {environment}. For a client secret: a developer of the project in the Adobe Developer Console. For all credentials of the environment: an administrator of the product in the Admin Console, together with Adobe's customer support.",
    lines: &[
        line(
            "replace",
            "Add a new private key (not a certificate) and rotate to it first. For the steps, {GuideRotate}.",
        )
        .known(Known::Replaced)
        .when(When::NotOauth),
        line("hand-on", "Give the new credential to {used_by}.").known(Known::HandedOn),
        TO_THE_CONSOLE.when(When::NotOauth),
        line(
            "revoke",
            "Open Integrations, Technical Accounts, then the account {client}. Open the menu (three dots) next to the old private key or certificate, then Revoke. Its fingerprint must be {old_fingerprint}.",
        )
        .known(Known::Revoked)
        .at(ConsolePage::DeveloperConsole)
        .when(When::NotOauth)
        .revokes_old(),
        line(
            "oauth-secret",
            "In the Adobe Developer Console, open the project, OAuth Server-to-Server, Retrieve client secret, and delete the old secret. The client id stays the same, so permissions stay.",
        )
        .known(Known::Revoked)
        .at(ConsolePage::AdobeDeveloperConsole)
        .when(When::Oauth)
        .revokes_old(),
        line(
            "token",
            "To invalidate the cached token, {InvalidateToken}. Revoke the key first: anyone who has it can still exchange it for new tokens.",
        ),
        line(
            "no-button",
            "If there is no Revoke (older consoles), or to revoke everything: in the Admin Console, open the product profile AEM Users of {environment}, tab API credentials, and delete the technical account.",
        )
        .at(ConsolePage::AdminConsole)
        .when(When::NotOauth)
        .revokes_old(),
        line(
            "support",
            "Only after the step above: ask customer support to delete the service credentials of {environment}, then create new ones. For the steps, {GuideFirst}.",
        )
        .at(ConsolePage::Support)
        .when(When::NotOauth),
        line(
            "permissions",
            "A new technical account starts in Contributors, without the permissions of the old one. For the steps, {GuidePermissions}.",
        )
        .when(When::NotOauth),
        TEST_AGAIN.when(When::NotOauth),
    ],
};

static OAUTH: Text = Text {
    title: "Move to OAuth",
    about: "server-to-server, for OpenAPI-based APIs",
    intro: "Two consoles have similar names. Service credentials come from the AEM Developer Console and work for all of AEM. OAuth server-to-server credentials come from the Adobe Developer Console and work only for AEM's OpenAPI-based APIs. Classic paths (/content, /api/assets.json, GraphQL) answer their tokens with 401: keep service credentials for those.",
    who_may: "An administrator of the IMS organisation, or a developer of the product profile in the Admin Console.",
    lines: &[
        line(
            "calls",
            "List the calls that the integration makes. Only calls to OpenAPI-based APIs (paths that start with /adobe/) can move.",
        ),
        line(
            "release",
            "{environment} must run AEM 2024.10.18459 or later and have current product profiles: in Cloud Manager, open the menu (three dots) next to the environment, then Add Product Profiles if it is offered.",
        )
        .at(ConsolePage::CloudManager),
        line(
            "services",
            "In the Admin Console, add the service of the API (for example AEM Assets API Users) to a product profile of {environment}.",
        )
        .at(ConsolePage::AdminConsole),
        line(
            "project",
            "In the Adobe Developer Console, choose Create new project, Add API, Experience Cloud, the AEM API, OAuth Server-to-Server, and the product profile from the previous step.",
        )
        .at(ConsolePage::AdobeDeveloperConsole),
        line(
            "download",
            "Download the project's JSON. To add it, {Add}. {environment} can hold it next to the service credentials.",
        )
        .known(Known::Stored(Kind::OauthServerToServer)),
        line(
            "api-yaml",
            "Allow the client on the environment: save this as config/api.yaml in the repository of {program}, with the client id of the new credential. To print it for a stored credential, {GuideApiYaml}.",
        )
        .with_api_yaml(),
        line(
            "config-pipeline",
            "Deploy it with a configuration pipeline: Cloud Manager, Pipelines, Add Pipeline, Targeted deployment, Config.",
        )
        .at(ConsolePage::CloudManager)
        .when(When::NotRde)
        .wait(10),
        line(
            "rde",
            "An RDE has no pipeline: install the folder config with Adobe's command line tool, `aio aem:rde:install -t env-config config`.",
        )
        .when(When::Rde)
        .wait(10),
        line(
            "test",
            "To test a path of the API, {TestOpenApi}.",
        ),
        line(
            "switch",
            "Move the programs one by one. When none uses the service credentials any more, revoke them. For the steps, {GuideRevoke}.",
        ),
    ],
};
