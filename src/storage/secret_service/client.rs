//! The D-Bus calls of a Secret Service, over a plain session. Only [`Client::prompt`] shows a prompt, and [`Client::search_all`]
//! in KeePassXC, for every locked database.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use zbus::MatchRule;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::names::MemberName;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type as Signature, Value};

use aemkeys_core::credential::Secret;

pub const DESTINATION: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";

pub type Attributes<'a> = HashMap<&'a str, &'a str>;

/// A prompt that the service has prepared and not shown yet.
pub struct Prepared(OwnedObjectPath);

impl Prepared {
    fn from_path(path: OwnedObjectPath) -> Option<Self> {
        (path.as_str() != "/").then_some(Self(path))
    }
}

pub struct Client {
    pub bus: Connection,
    session: OwnedObjectPath,
}

impl Client {
    pub fn connect(bus: Connection) -> zbus::Result<Self> {
        let mut client = Self {
            bus,
            session: OwnedObjectPath::default(),
        };
        let (_, session): (OwnedValue, OwnedObjectPath) =
            client.call(ROOT, SERVICE, "OpenSession", &("plain", Value::from("")))?;
        client.session = session;
        Ok(client)
    }

    pub fn default_collection(&self) -> zbus::Result<Option<OwnedObjectPath>> {
        let path: OwnedObjectPath = self.call(ROOT, SERVICE, "ReadAlias", &"default")?;
        Ok((path.as_str() != "/").then_some(path))
    }

    pub fn collections(&self) -> zbus::Result<Vec<OwnedObjectPath>> {
        self.get(ROOT, SERVICE, "Collections")
    }

    /// Returns whether the collection is locked.
    pub fn is_locked(&self, collection: &OwnedObjectPath) -> zbus::Result<bool> {
        self.get(collection, COLLECTION, "Locked")
    }

    /// Returns whether the item needs to be unlocked. In KeePassXC that is an item that the user has not allowed yet.
    pub fn is_item_locked(&self, item: &OwnedObjectPath) -> zbus::Result<bool> {
        self.get(item, ITEM, "Locked")
    }

    /// Returns the name of the collection that the service shows.
    pub fn label(&self, collection: &OwnedObjectPath) -> zbus::Result<String> {
        self.get(collection, COLLECTION, "Label")
    }

    /// Returns the items of a collection that have these attributes.
    pub fn search(
        &self,
        collection: &OwnedObjectPath,
        attributes: &Attributes<'_>,
    ) -> zbus::Result<Vec<OwnedObjectPath>> {
        self.call(collection, COLLECTION, "SearchItems", attributes)
    }

    /// Returns the items of all collections that have these attributes.
    pub fn search_all(&self, attributes: &Attributes<'_>) -> zbus::Result<Vec<OwnedObjectPath>> {
        type Paths = Vec<OwnedObjectPath>;
        let (unlocked, locked): (Paths, Paths) =
            self.call(ROOT, SERVICE, "SearchItems", attributes)?;
        Ok([unlocked, locked].concat())
    }

    pub fn attributes(&self, item: &OwnedObjectPath) -> zbus::Result<HashMap<String, String>> {
        self.get(item, ITEM, "Attributes")
    }

    /// Unlocks collections or items together. Returns the prompt that is needed for those that need one.
    pub fn unlock(&self, paths: &[OwnedObjectPath]) -> zbus::Result<Option<Prepared>> {
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(ROOT, SERVICE, "Unlock", &paths)?;
        Ok(Prepared::from_path(prompt))
    }

    /// Shows the prompt and waits until it is closed. Returns whether it was answered, and not dismissed.
    pub fn prompt(&self, prompt: &Prepared) -> zbus::Result<bool> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface(PROMPT)?
            .member("Completed")?
            .path(prompt.0.as_ref())?
            .build();
        let ended = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .add_arg(DESTINATION)?
            .build();
        let messages = MessageIterator::from(&self.bus);
        // Registered as long as they exist.
        let _completed = MessageIterator::for_match_rule(rule, &self.bus, None)?;
        let _ended = MessageIterator::for_match_rule(ended, &self.bus, None)?;
        self.call::<()>(&prompt.0, PROMPT, "Prompt", &"")?;
        for message in messages {
            let message = message?;
            let header = message.header();
            let member = header.member().map(MemberName::as_str);
            if member == Some("Completed") && header.path() == Some(&prompt.0) {
                let (dismissed, _): (bool, OwnedValue) = message.body().deserialize()?;
                return Ok(!dismissed);
            }
            if member == Some("NameOwnerChanged") {
                break;
            }
        }
        Err(zbus::Error::Failure("it has ended".to_owned()))
    }

    pub fn secret(&self, item: &OwnedObjectPath) -> zbus::Result<Secret> {
        type Transferred = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);
        let (secret,): (Transferred,) = self.call(item, ITEM, "GetSecret", &self.session)?;
        Ok(Secret::new(secret.2))
    }

    /// Creates the item, or replaces the one with the same attributes.
    pub fn create(
        &self,
        collection: &OwnedObjectPath,
        label: &str,
        attributes: Attributes<'_>,
        secret: &Secret,
    ) -> zbus::Result<Option<Prepared>> {
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Value::from(label)),
            (
                "org.freedesktop.Secret.Item.Attributes",
                Value::from(attributes),
            ),
        ]);
        let transferred = (
            &self.session,
            [0_u8; 0].as_slice(),
            secret.expose(),
            "text/plain",
        );
        let arguments = (properties, transferred, true);
        let (_, prompt): (OwnedObjectPath, OwnedObjectPath) =
            self.call(collection, COLLECTION, "CreateItem", &arguments)?;
        Ok(Prepared::from_path(prompt))
    }

    pub fn delete(&self, item: &OwnedObjectPath) -> zbus::Result<Option<Prepared>> {
        let prompt: OwnedObjectPath = self.call(item, ITEM, "Delete", &())?;
        Ok(Prepared::from_path(prompt))
    }

    /// Reads a property.
    fn get<T>(&self, path: &str, interface: &str, name: &str) -> zbus::Result<T>
    where
        T: TryFrom<OwnedValue>,
        T::Error: Into<zbus::Error>,
    {
        let properties = "org.freedesktop.DBus.Properties";
        let value: OwnedValue = self.call(path, properties, "Get", &(interface, name))?;
        T::try_from(value).map_err(Into::into)
    }

    fn call<R: DeserializeOwned + Signature>(
        &self,
        path: &str,
        interface: &str,
        member: &str,
        arguments: &(impl serde::Serialize + DynamicType),
    ) -> zbus::Result<R> {
        let reply =
            self.bus
                .call_method(Some(DESTINATION), path, Some(interface), member, arguments)?;
        reply.body().deserialize()
    }
}
