//! Checks the settings of the network: proxy and certificates. Sends nothing.

use super::{Finding, Verdict, from_problem};
use aemkeys_core::credential::text::clean;
use aemkeys_core::http::ProxySettings;

pub fn check(findings: &mut Vec<Finding>) {
    let settings = ProxySettings::from_environment();
    let (variable, exceptions) = ProxySettings::variables_in_use();
    findings.push(match settings.display() {
        Ok(Some(address)) => {
            let login = if settings.has_login() {
                "with a user name"
            } else {
                "without a user name"
            };
            let variable = variable.unwrap_or_default();
            let told = format!("the proxy is {address}, {login} (from {variable})");
            Finding::new("network", Verdict::Fine, told)
        }
        Ok(None) => Finding::new("network", Verdict::Fine, "no proxy is set"),
        Err(error) => from_problem("network", &error.problem()),
    });
    if let (Some(_), Some(name)) = (variable, exceptions) {
        let read = settings.read_exceptions();
        let counted = match read.counted.as_slice() {
            [] => "no entry applies".to_owned(),
            entries => format!("without the proxy: {}", clean(&entries.join(", "), 300)),
        };
        findings.push(Finding::new(
            "network",
            Verdict::Fine,
            format!("{name}: {counted}"),
        ));
        for (entry, why) in read.ignored {
            let told = format!("{name}: {entry} is ignored ({why})");
            findings.push(Finding::new("network", Verdict::Unknown, told));
        }
    }
    for name in ProxySettings::variables_ignored() {
        let told = format!("{name} is set and not used");
        findings.push(Finding::new("network", Verdict::Fine, told));
    }
    if let Ok(file) = std::env::var("SSL_CERT_FILE") {
        let readable = std::fs::File::open(&file).is_ok();
        let shown = clean(&file, 200);
        findings.push(if readable {
            Finding::fine("network", format!("SSL_CERT_FILE names {shown}"))
        } else {
            Finding::wrong(
                "network",
                format!("can't read the file in SSL_CERT_FILE: {shown}"),
            )
            .next("correct the variable, or unset it to use the system's certificates")
        });
    }
}
