//! A file of the AEM Developer Console with real keys and dates, to be changed field by field.

use aemkeys_simulator::fixtures::ServiceAccount;
use serde_json::Value;

/// Service credentials as JSON. [`ServiceAccount`] chooses dates, key and client; this changes single fields.
#[derive(Clone)]
pub struct ServiceCredentialsFile(Value);

impl ServiceCredentialsFile {
    pub fn of(account: &ServiceAccount) -> Self {
        Self(serde_json::from_slice(&account.file()).unwrap())
    }

    /// Sets the field at a path such as `integration.technicalAccount.clientSecret`; a new one is added.
    #[must_use]
    pub fn set(mut self, path: &str, value: impl Into<Value>) -> Self {
        let mut place = &mut self.0;
        for name in path.split('.') {
            place = &mut place[name];
        }
        *place = value.into();
        self
    }

    /// Takes the field away, name and all.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        let pointer = format!("/{}", path.replace('.', "/"));
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = self.0.pointer_mut(parent).unwrap();
        parent.as_object_mut().unwrap().remove(name).unwrap();
        self
    }

    pub fn text(&self, path: &str) -> &str {
        let pointer = format!("/{}", path.replace('.', "/"));
        self.0.pointer(&pointer).unwrap().as_str().unwrap()
    }

    pub fn json(&self) -> &Value {
        &self.0
    }

    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.0).unwrap()
    }
}
