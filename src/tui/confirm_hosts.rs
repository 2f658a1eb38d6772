//! Confirmation of hosts in forms: each host must be typed in a field that appears when needed.

use super::widgets::{FieldId, Form, FormField};
use aemkeys_core::environment::{Approval, CloudIds, Hosts, Purpose, Unconfirmed, allow_list};

impl Form {
    /// Returns the hosts in the fields, which were checked.
    pub fn hosts(&self) -> Hosts {
        Hosts {
            author: self.address(FieldId::AUTHOR),
            publish: self.address(FieldId::PUBLISH),
            preview: self.address(FieldId::PREVIEW),
            publish_domain: self.domain(),
        }
    }

    /// Returns the hosts in the fields that differ from the derived ones.
    pub fn hosts_beyond(&self, ids: Option<CloudIds>) -> Vec<Unconfirmed> {
        allow_list::underived_hosts(ids, &self.hosts())
    }

    /// Returns `None` until every host was typed.
    pub fn confirm_hosts(&mut self, unconfirmed: Vec<Unconfirmed>) -> Option<Vec<Approval>> {
        let mut approvals = Vec::new();
        for it in unconfirmed {
            let (id, what) = match it.purpose {
                Purpose::ImsSecret => (FieldId::TRUST_IMS, "the client secret"),
                Purpose::Token => (FieldId::TRUST_HOST, "tokens"),
            };
            let typed = self.text(id);
            let is_typed = typed.is_some_and(|typed| {
                let mut words = typed.split([',', ' ']);
                words.any(|word| word.eq_ignore_ascii_case(it.host.as_str()))
            });
            if !is_typed {
                if typed.is_none() {
                    self.fields.push(FormField::text(id, "").wide());
                }
                let why = format!(
                    "{}: type {} to allow sending {what} there",
                    it.field, it.host
                );
                self.refuse(id, why);
                return None;
            }
            approvals.push(Approval::new(it.host, it.purpose));
        }
        Some(approvals)
    }
}
