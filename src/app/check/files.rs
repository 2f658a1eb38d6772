//! Expiry of the credentials in files that are not stored. Nothing in the files is kept.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{ExpiringItem, ExpiryFinding, Scope, worst_first};
use crate::app::read_credential;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::credential::{
    CredentialFacts, Fingerprint, Imported, Kind, Problem, Secret, detect,
};
use aemkeys_core::environment::EnvironmentType;

/// Checks each file once, even if several paths name it. Worst first.
pub fn of_files(files: &[PathBuf], scope: &Scope) -> Vec<ExpiryFinding> {
    let mut met = Vec::new();
    let mut findings = Vec::new();
    for file in files {
        let place = place_of(file);
        if met.contains(&place) {
            continue;
        }
        met.push(place);
        let shown = file.to_string_lossy();
        let shown = if shown == "-" {
            "standard input"
        } else {
            &shown
        };
        findings.push(of_file(shown, read_credential(file), scope));
    }
    number_twins(&mut findings);
    worst_first(&mut findings);
    findings
}

/// The path that identifies a file: the same for `a`, `./a` and a link to it.
fn place_of(file: &Path) -> PathBuf {
    if file == Path::new("-") {
        return file.to_owned();
    }
    std::fs::canonicalize(file)
        .or_else(|_| std::path::absolute(file))
        .unwrap_or_else(|_| file.to_owned())
}

/// Numbers the ids of several certificates of one account: the one that expires last keeps the plain id.
fn number_twins(findings: &mut [ExpiryFinding]) {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(findings[*at].expires_at));
    let mut met: HashMap<String, usize> = HashMap::new();
    for at in order {
        let count = met.entry(findings[at].id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            findings[at].id = format!("{}-{count}", findings[at].id);
        }
    }
}

/// Checks one file by its own dates. An unreadable file is `Unknown`.
fn of_file(shown: &str, input: Result<Secret, Problem>, scope: &Scope) -> ExpiryFinding {
    let shown = clean(shown, 200);
    let mut finding = ExpiryFinding {
        id: shown.clone(),
        name: shown.clone(),
        environment: shown,
        label: String::new(),
        environment_type: EnvironmentType::Untyped,
        customer: None,
        console_url: None,
        kind: Kind::ServiceCredentials,
        subject: ExpiringItem::Credential,
        state: Urgency::Unknown,
        valid_from: None,
        expires_at: None,
        trouble: None,
        counts: true,
        stored: false,
        leaked: false,
        still_used_by: Vec::new(),
    };
    let imported = input.and_then(|input| detect(input.expose()));
    match imported {
        Ok(Imported::Service(service)) => {
            dated(&mut finding, &service.facts(), scope);
        }
        Ok(Imported::Oauth(oauth)) => {
            finding.kind = Kind::OauthServerToServer;
            dated(&mut finding, &oauth.facts(), scope);
            finding.state = Urgency::NotNeeded;
        }
        // The file holds nothing but the token, so it counts.
        Ok(Imported::DevelopmentToken(token)) => {
            finding.kind = Kind::DevelopmentToken;
            finding.subject = ExpiringItem::Token;
            finding.id = token.secret.fingerprint().to_string();
            finding.expires_at = token.expires_at;
            finding.state = Urgency::of_token(token.expires_at, scope.now, &scope.thresholds);
        }
        Err(problem) => finding.trouble = Some(problem.to_string()),
    }
    finding
}

fn dated(finding: &mut ExpiryFinding, facts: &CredentialFacts, scope: &Scope) {
    // The id belongs to the account, not to the certificate: a rotation moves the calendar event.
    let account = [
        facts.org.as_deref().unwrap_or_default(),
        &facts.client_id,
        facts.technical_account_id.as_deref().unwrap_or_default(),
    ];
    finding.id = Fingerprint::of(account.join("\n").as_bytes()).to_string();
    finding.valid_from = facts.not_before;
    finding.expires_at = facts.not_after;
    finding.state = Urgency::of_credential(
        (facts.not_before, facts.not_after),
        false,
        scope.now,
        &scope.thresholds,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::validity::Thresholds;
    use aemkeys_simulator::fixtures::ServiceAccount;
    use jiff::{SignedDuration, Timestamp};

    fn ids(accounts: &[&ServiceAccount]) -> Vec<String> {
        let scope = Scope {
            now: "2026-11-22T14:03:00Z".parse().unwrap(),
            thresholds: Thresholds::default(),
            tokens_count: false,
        };
        let files = accounts.iter();
        let mut findings: Vec<ExpiryFinding> = files
            .map(|account| of_file("file", Ok(Secret::new(account.file())), &scope))
            .collect();
        number_twins(&mut findings);
        findings.into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn account_keeps_its_id_over_rotations() {
        let end: Timestamp = "2026-12-18T00:00:00Z".parse().unwrap();
        let old = ServiceAccount::new("p1-e2", 0, end);
        let new = old.rotated(1, end + SignedDuration::from_hours(24 * 365));
        let other = ServiceAccount::new("p1-e2", 1, end);
        assert_eq!(ids(&[&old]), ids(&[&new]));
        assert_ne!(ids(&[&old]), ids(&[&other]));
        let both = ids(&[&old, &new]);
        assert_eq!(both[1], ids(&[&new])[0], "the one that expires last");
        assert_ne!(both[0], both[1]);
    }
}
