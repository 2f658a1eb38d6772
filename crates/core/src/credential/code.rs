//! Every error and test verdict, in one table: its name, exit code, guide, and whether a retry can help.

use std::fmt;

use serde::de::Error as _;

enum_table! {
    /// A guide to a task in one of Adobe's consoles.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[derive(
        Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
    )]
    #[serde(rename_all = "kebab-case")]
    pub enum Topic {
        /// The first credentials.
        First => "first",
        /// A local development token.
        DevelopmentToken => "development-token",
        /// A rotation.
        Rotate => "rotate",
        /// Permissions in AEM.
        Permissions => "permissions",
        /// The revocation of a key.
        Revoke => "revoke",
        /// OAuth credentials.
        Oauth => "oauth",
    }
    /// Returns the id that is typed on the command line and stored with ticks.
    pub fn id -> &'static str;
}

impl Topic {
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.id() == text)
    }
}

enum_table! {
    /// The exit codes of the command line. Numbers come from `sysexits.h` where it defines one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Exit {
        Failure = 1 => "failed; for `test`: a tier is not signed in; for `call`: the status is 400 or above; for `doctor`: a check failed; for `check`: something expires soon, or is not valid yet",
        Usage = 64 => "the command line is wrong, or an answer is needed that no flag gives",
        Input = 65 => "the input (a file, a pasted token) cannot be used",
        NotFound = 66 => "nothing is stored under this name, or the file does not exist",
        Ambiguous = 67 => "the name matches several identities: use ENV/LABEL",
        Network = 69 => "the network failed: DNS, connection, TLS, proxy, timeout",
        Internal = 70 => "an internal error",
        NoKeyring = 71 => "no keyring is available (no D-Bus, no provider, or it hangs)",
        KeyringLocked = 72 => "the keyring is locked, or does not allow access",
        Passphrase = 73 => "the passphrase is missing or wrong",
        Storage = 74 => "a file or the storage could not be read or written, or is damaged",
        Unavailable = 75 => "try again later: throttled, temporarily unavailable, or another aemkeys holds a lock",
        Refused = 76 => "the credential was refused, or cannot be used",
        Guarded = 77 => "refused by a guard: confirm with the flag that the message names",
        Configuration = 78 => "the configuration has mistakes",
        NoToken = 79 => "there is no valid token, and aemkeys cannot get one by itself: paste a local development token",
        NotStarted = 126 => "the program given to `exec` could not be started",
        ProgramNotFound = 127 => "the program given to `exec` does not exist",
    }
    /// Returns the meaning, as a clause without a full stop.
    pub fn meaning -> &'static str;
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| D::Error::custom(format!("unknown code {name}")))
    }
}

impl Exit {
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// The severity of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// A decision of the user: cancelled, or not confirmed.
    Notice,
    /// A retry can succeed.
    Warning,
    Error,
}

macro_rules! codes {
    ($($variant:ident $name:literal $exit:ident $topic:tt $retry:tt $meaning:literal)*) => {
        /// The kind of an error. Names are stable; `--json` prints them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the name that `--json` prints: `certificate-expired`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the meaning, as a sentence without a full stop.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            pub fn exit(self) -> Exit {
                match self { $(Self::$variant => Exit::$exit,)* }
            }

            /// Returns the guide that helps with this error.
            pub fn topic(self) -> Option<Topic> {
                match self { $(Self::$variant => codes!(@topic $topic),)* }
            }

            /// True if the same action can succeed later.
            pub fn may_retry(self) -> bool {
                match self { $(Self::$variant => codes!(@retry $retry),)* }
            }
        }
    };
    (@topic -) => { None };
    (@topic $topic:ident) => { Some(Topic::$topic) };
    (@retry -) => { false };
    (@retry retry) => { true };
}

codes! {
    // variant, name, exit, guide, retry, meaning
    Usage "usage" Usage - - "The command line is wrong, or an answer is needed that no flag gives"
    LabelNeeded "label-needed" Usage - - "The environment exists and has another identity: a label is required"
    NoHosts "no-hosts" Usage - - "The environment has no host for this tier"
    NameTaken "name-taken" Usage - - "Another environment has this name"
    LabelTaken "label-taken" Usage - - "Another identity of this environment has this label"
    SameAccount "same-account" Usage - - "The account is stored already"
    SameCredential "same-credential" Usage - - "The credential is stored already"
    NoTerminal "no-terminal" Usage - - "The dashboard needs a terminal"
    OldRevision "old-revision" Usage - - "The credential is an older revision of a stored one"
    NothingToGoBackTo "nothing-to-go-back-to" Usage - - "No older revision is stored"
    RevisionActive "revision-active" Usage - - "The revision is in use and cannot be dropped"
    OutputExists "output-exists" Usage - - "The output file already exists"
    NoCredential "no-credential" Usage - - "The identity has no credential"
    NoTokenNeeded "no-token-needed" Usage - - "The identity needs no token"
    ImportConflict "import-conflict" Usage - - "An imported environment conflicts with a stored one"
    LocalAddressRefused "local-address-refused" Usage - - "Only a local SDK can have an address on this computer"
    ImportOutdated "import-outdated" Usage - - "What is stored has changed since the file was read"
    PassphrasesDiffer "passphrases-differ" Usage - - "The two passphrases differ"
    PassphraseTooWeak "passphrase-too-weak" Input - - "The new passphrase is too short or too simple"
    Cancelled "cancelled" Failure - - "The user cancelled; nothing was done"
    NotRecognised "not-recognised" Failure - - "aemkeys does not recognise the error text"
    DemoFailed "demo-failed" Failure - - "The demo could not be set up"
    CannotInvalidate "cannot-invalidate" Failure - - "The token cannot be invalidated"
    ClipboardNotHeld "clipboard-not-held" Failure - - "The clipboard could not hold the token"
    NoClipboard "no-clipboard" Failure - - "No clipboard is available"
    UrlRefused "url-refused" Failure - - "The link is not one that aemkeys opens"
    Terminal "terminal" Failure - - "The terminal could not be used"
    TerminalLost "terminal-lost" Failure - - "The terminal is gone"
    PasteGone "paste-gone" Failure - - "The pasted text is no longer held"
    NoDesktop "no-desktop" Failure - - "No desktop could show the notice"
    NoScheduler "no-scheduler" Failure - - "No timer could be changed, or this system has none"
    UndoGone "undo-gone" Failure - - "The change can no longer be undone"
    ImsError "ims-error" Refused - - "IMS returned an unknown error"
    ImsRedirected "ims-redirected" Unavailable - - "IMS returned a redirect"
    ImsAnswerUnusable "ims-answer-unusable" Unavailable - retry "The response of IMS contains no usable token"
    NameNotFound "name-not-found" NotFound - - "Nothing is stored under this name"
    FileNotFound "file-not-found" NotFound - - "The file does not exist"
    NoRevision "no-revision" NotFound - - "The identity has no such revision"
    NameAmbiguous "name-ambiguous" Ambiguous - - "The name matches several identities"
    Internal "internal" Internal - - "A bug in aemkeys"
    NoThread "no-thread" Internal - - "A thread could not be started"
    NoSignals "no-signals" Internal - - "Signal handlers could not be installed"
    NoRuntime "no-runtime" Internal - - "The async runtime could not be started"
    NoKeyring "no-keyring" NoKeyring - - "No keyring is available on this machine"
    KeyringTimeout "keyring-timeout" NoKeyring - retry "The keyring did not answer in time"
    KeyringLocked "keyring-locked" KeyringLocked - - "The keyring is locked"
    KeyringDenied "keyring-denied" KeyringLocked - - "The keyring has not allowed access"
    PassphraseNeeded "passphrase-needed" Passphrase - - "The passphrase file needs its passphrase"
    PassphraseWrong "passphrase-wrong" Passphrase - - "The passphrase is wrong, or the file is damaged"
    Throttled "throttled" Unavailable - retry "Too many requests; the server asked to wait"
    LockHeld "lock-held" Unavailable - retry "Another aemkeys holds the lock"
    RotationNotCompared "rotation-not-compared" Unavailable - retry "AEM did not answer while two credentials were compared"
    StorageMoved "storage-moved" Unavailable - retry "Another process moved the storage"
    ImsUnavailable "ims-unavailable" Unavailable - retry "IMS is not available, or something else answered in its place"
    CloudManagerUnavailable "cloud-manager-unavailable" Unavailable - retry "Cloud Manager is not available, or its response cannot be used"
    ImsInternalError "ims-internal-error" Unavailable - retry "IMS reports an internal error"
    Guarded "guarded" Guarded - - "The environment is Production or untyped, and its name was not confirmed"
    ProjectNotAllowed "project-not-allowed" Guarded - - "The file .aemkeys.toml was not allowed, or was changed"
    StepLocked "step-locked" Guarded - - "An earlier step after the leak is not done yet"
    RevisionLeaked "revision-leaked" Guarded - - "The revision is marked as leaked"
    OutputRefused "output-refused" Guarded - - "aemkeys does not write a secret to this output"
    ImsHostUntrusted "ims-host-untrusted" Guarded - - "The IMS host is not one of Adobe's"
    HostUntrusted "host-untrusted" Guarded - - "A host that is not derived from the ids was not confirmed"
    HostNotAllowed "host-not-allowed" Guarded - - "The secret must not be sent to this host"
    Configuration "configuration" Configuration - - "A configuration file has mistakes"
    ConfigurationExposed "configuration-exposed" Configuration - - "Another user can change the configuration file"
    BadKeymap "bad-keymap" Configuration - - "The key bindings have mistakes"
    AioNotSignedIn "aio-not-signed-in" NoToken - - "aio, the Adobe I/O CLI, has no valid token"
    TokenExpired "token-expired" NoToken DevelopmentToken - "The token expired, and aemkeys cannot get a new one by itself"
    TokenTooShort "token-too-short" NoToken DevelopmentToken - "The token expires sooner than requested"
    NoToken "no-token" NoToken DevelopmentToken - "No token is stored"
    ProgramNotStarted "program-not-started" NotStarted - - "The program could not be started"
    ProgramNotFound "program-not-found" ProgramNotFound - - "The program does not exist"
    CloudManagerRefused "cloud-manager-refused" Refused - - "Cloud Manager refused the credential or the token"
    CertificateExpired "certificate-expired" Refused Rotate - "The certificate expired"
    CertificateNotYetValid "certificate-not-yet-valid" Refused - - "The certificate is not valid yet"
    KeyCertificateMismatch "key-certificate-mismatch" Refused Rotate - "The private key does not belong to the certificate"
    ClientSecretMissing "client-secret-missing" Refused Rotate - "The OAuth credential has no client secret"
    ScopesMissing "scopes-missing" Refused - - "The OAuth credential has no scopes"
    MetascopesMissing "metascopes-missing" Refused - - "The service credentials have no metascopes"
    RotationNotProven "rotation-not-proven" Refused - - "The new credential cannot do what the old one could"
    LeakedCredential "leaked-credential" Refused Rotate - "The credential is marked as leaked"
    KeyNotRevoked "key-not-revoked" Refused - - "IMS still accepts the leaked key"
    ClockSkew "clock-skew" Refused - - "The clock of this computer is wrong"
    ImsKeyNotBound "ims-key-not-bound" Refused Rotate - "IMS does not know the key that signed the request"
    ImsAssertionMalformed "ims-assertion-malformed" Refused - - "IMS could not read the signed request"
    ImsAssertionRefused "ims-assertion-refused" Refused - - "IMS refused the signed request"
    ImsMetascopes "ims-metascopes" Refused - - "IMS refused the metascopes"
    ImsScopes "ims-scopes" Refused - - "IMS refused the scopes"
    ImsUnknownClient "ims-unknown-client" Refused Rotate - "IMS does not know the client id"
    ImsWrongClientSecret "ims-wrong-client-secret" Refused Rotate - "IMS refused the client secret"
    ImsClientNotEntitled "ims-client-not-entitled" Refused - - "The client lacks the entitlement for this request"
    ImsJti "ims-jti" Refused - - "IMS refused the claim jti of the signed request"
    ImsAccountAction "ims-account-action" Refused - - "The Adobe account needs an action in the browser first"
    ImsGrantNotAllowed "ims-grant-not-allowed" Refused Oauth - "IMS does not let this client use the grant"
    ImsBadRequest "ims-bad-request" Refused - - "IMS refused a parameter of the request"
    ImsBadClaims "ims-bad-claims" Refused - - "IMS reports a malformed request"
    DocumentationSample "documentation-sample" Input First - "The input is the sample from Adobe's documentation"
    SeveralCredentials "several-credentials" Input - - "The input contains several credentials"
    JwtCredentialDiscontinued "jwt-credential-discontinued" Input Oauth - "The input is a JWT credential, which Adobe discontinued"
    NotAToken "not-a-token" Input - - "The input is not an access token"
    CredentialInconsistent "credential-inconsistent" Input - - "The parts of the credential contradict each other"
    WrongEnvironment "wrong-environment" Input - - "The credential or token belongs to another environment"
    TokenOfAnotherEnvironment "token-of-another-environment" Input - - "The pasted token belongs to another environment"
    TokenNotCredential "token-not-credential" Input - - "The input is a token, where a credential is needed"
    TokenWrongKind "token-wrong-kind" Input - - "The token is not an access token"
    TokenCutOff "token-cut-off" Input - - "Part of the token is missing"
    Input "input" Input - - "The input could not be read"
    InputEmpty "input-empty" Input - - "The input is empty"
    InputIsError "input-is-error" Input - - "The input is an error message from Adobe"
    InputNotRecognised "input-not-recognised" Input - - "The input is neither a credential nor a token"
    InputNotText "input-not-text" Input - - "The input is not text"
    InputTooLarge "input-too-large" Input - - "The input is larger than the limit"
    InputWrongKind "input-wrong-kind" Input - - "The input is of the wrong kind"
    FieldMissing "field-missing" Input - - "A field of the input is missing"
    FieldBad "field-bad" Input - - "A field of the input cannot be used"
    JsonDuplicateKey "json-duplicate-key" Input - - "A JSON key occurs twice"
    JsonTooDeep "json-too-deep" Input - - "The JSON is nested too deeply"
    JsonIncomplete "json-incomplete" Input - - "The JSON is cut off"
    JsonInvalid "json-invalid" Input - - "The input is not valid JSON"
    KeyBad "key-bad" Input - - "The private key cannot be read"
    KeyEncrypted "key-encrypted" Input - - "The private key is encrypted"
    CertificateBad "certificate-bad" Input - - "The certificate cannot be read"
    BadHost "bad-host" Input - - "A host cannot be used"
    BadName "bad-name" Input - - "A name cannot be used"
    BadPath "bad-path" Input - - "A path cannot be used"
    BadUrl "bad-url" Input - - "A link cannot be used"
    FileNotRegular "file-not-regular" Input - - "The path is not a regular file"
    FileUnreadable "file-unreadable" Input - - "The file cannot be read"
    FileNotWritten "file-not-written" Storage - - "The file could not be written"
    SecretMissing "secret-missing" Storage Rotate - "The storage no longer holds the secret"
    ReadBackDiffers "read-back-differs" Storage - retry "The value read back differs from the value written"
    NewerFormat "newer-format" Storage - - "The item was written by a newer version"
    TooLargeForStore "too-large-for-store" Storage - - "The value is too large for this storage"
    NotListening "not-listening" Unavailable - - "The server could not listen on its port or socket"
    LockFailed "lock-failed" Storage - - "A lock file could not be used"
    ItemDamaged "item-damaged" Storage - - "A stored item is damaged"
    Output "output" Storage - - "Standard output could not be written"
    OutputNotWritten "output-not-written" Storage - - "The output file could not be written"
    NoHome "no-home" Storage - - "The home folder is unknown"
    StorageIo "storage-io" Storage - - "A file of the storage could not be read or written"
    StorageFailed "storage-failed" Storage - retry "The storage failed"
    StorageInUse "storage-in-use" Storage - - "The target storage already contains secrets"
    StorageNotEmptied "storage-not-emptied" Storage - - "The old storage could not be emptied"
    StorageEmpty "storage-empty" Storage - - "The storage in use lacks the moved items"
    StorageRolledBack "storage-rolled-back" Storage - - "An older copy of the storage file was put back"
    HostNotFound "host-not-found" Network - retry "The host name was not found"
    TimedOut "timed-out" Network - retry "The host did not answer in time"
    ConnectionRefused "connection-refused" Network - retry "The host refused the connection"
    ConnectionBroken "connection-broken" Network - retry "The connection closed early"
    NetworkSetup "network-setup" Network - - "The network settings cannot be used"
    TlsUnknownIssuer "tls-unknown-issuer" Network - - "The certificate authority is unknown"
    TlsWrongName "tls-wrong-name" Network - - "The host's certificate is for another name"
    TlsExpired "tls-expired" Network - - "The host's certificate has expired"
    TlsNotYetValid "tls-not-yet-valid" Network - - "The host's certificate is not valid yet"
    TlsBadCertificate "tls-bad-certificate" Network - - "The host's certificate cannot be used"
    TlsNotSpoken "tls-not-spoken" Network - - "The host does not speak TLS"
    TlsFailed "tls-failed" Network - - "The TLS connection failed"
    ProxyCredentials "proxy-credentials" Network - - "The proxy requires a user and a password"
    ProxyLoginRefused "proxy-login-refused" Network - - "The proxy refused the user name and password"
    ProxyNotFound "proxy-not-found" Network - - "The proxy's name was not found"
    ProxyRefused "proxy-refused" Network - retry "The proxy refused the connection"
    ProxyRefusedHost "proxy-refused-host" Network - - "The proxy does not connect to this host"
    ProxyTimedOut "proxy-timed-out" Network - retry "The proxy did not reach the host in time"
    ProxyBroken "proxy-broken" Network - retry "The proxy closed the connection early"
    ProxyTls "proxy-tls" Network - - "The TLS connection to the proxy failed"
    SignedIn "signed-in" Failure - - "AEM accepted the token"
    Reachable "reachable" Failure - - "The local SDK answers"
    Answered "answered" Failure - - "AEM answered"
    Anonymous "anonymous" Failure - - "AEM treated the request as anonymous"
    TokenRefused "token-refused" Failure - - "AEM refused the token"
    NotPermitted "not-permitted" Failure Permissions - "The user is signed in but not permitted"
    ClientNotAllowlisted "client-not-allowlisted" Failure Permissions - "The client id is not on the environment's allow list"
    NotFound "not-found" Failure - - "There is nothing at this path"
    Redirected "redirected" Failure - - "The host redirects the request"
    TokenLacksScopes "token-lacks-scopes" Failure Oauth - "The token lacks a scope that the API needs"
    CdnCredentials "cdn-credentials" Failure - - "The CDN wants its own key or user"
    CdnTimeout "cdn-timeout" Failure - retry "The CDN stopped waiting for AEM"
    RateLimited "rate-limited" Failure - retry "Too many requests; a rate limit answered"
    NoProductProfile "no-product-profile" Failure Permissions - "The person is in no AEM product profile"
    LoginPage "login-page" Failure - - "AEM answered with its sign-in page"
    BlockedAtCdn "blocked-at-cdn" Failure - - "The CDN blocked the request"
    Hibernated "hibernated" Failure - retry "The environment is hibernated or not running"
    Unexpected "unexpected" Failure - - "The response does not look like one from AEM"
    NoAnswer "no-answer" Failure - retry "AEM did not answer"
}

impl Code {
    pub fn severity(self) -> Severity {
        match self {
            Self::Cancelled | Self::Guarded => Severity::Notice,
            code if code.may_retry() => Severity::Warning,
            _ => Severity::Error,
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|code| code.as_str()).collect();
        schemars::json_schema!({"description": "One of the error codes of aemkeys.", "type": "string", "enum": names})
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_can_be_parsed() {
        let mut seen = BTreeSet::new();
        for &code in Code::ALL {
            let name = code.as_str();
            assert!(seen.insert(name), "{name} is used twice");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{name}"
            );
            assert_eq!(Code::parse(name), Some(code));
            assert!(!code.meaning().ends_with('.'), "{name}");
        }
        assert_eq!(Code::parse("unheard-of"), None);
    }

    #[test]
    fn exit_codes_are_in_order() {
        assert!(Exit::ALL.is_sorted());
    }
}
