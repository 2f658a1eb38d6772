//! Ids and hosts in forms. Each host that the ids don't give must be typed in a field that appears when needed.

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

    /// Returns the ids of program and environment, typed as numbers, as `p123` and `e1250`, or in one of the two fields as
    /// whatever names both; `None` if both are empty.
    pub fn ids(&self) -> Option<CloudIds> {
        let text = |id| self.text(id).unwrap_or_default();
        let (program, environment) = (text(FieldId::PROGRAM), text(FieldId::ENVIRONMENT));
        let number = |text: &str, letter| {
            let digits = text.strip_prefix(letter).unwrap_or(text);
            digits.parse::<u64>().ok().filter(|number| *number > 0)
        };
        let typed = number(program, 'p').zip(number(environment, 'e'));
        match typed {
            Some((program, environment)) => CloudIds::parse(&format!("p{program}-e{environment}")),
            None if environment.is_empty() => CloudIds::from_pasted(program),
            None if program.is_empty() => CloudIds::from_pasted(environment),
            None => None,
        }
    }

    /// Whether ids are typed that name no environment.
    pub fn ids_are_wrong(&self) -> bool {
        let is_typed = |id| self.text(id).is_some_and(|text| !text.is_empty());
        (is_typed(FieldId::PROGRAM) || is_typed(FieldId::ENVIRONMENT)) && self.ids().is_none()
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
