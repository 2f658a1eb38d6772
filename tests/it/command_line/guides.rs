//! `guide`: with and without the names of what is stored.

use crate::support::sandbox::Sandbox;

#[test]
fn prints_guides_with_and_without_names() {
    let sandbox = Sandbox::new();
    let topics = sandbox.ok(&["guide"]);
    assert_eq!(topics.out.lines().count(), 6);
    let first = sandbox.ok(&["guide", "first"]).out;
    assert!(first.contains("Create new technical account") && first.contains("Who can:"));
    assert!(first.lines().all(|line| line.chars().count() <= 100));
    assert!(sandbox.run(&["guide", "nonsense"]).code == 64);

    sandbox.add("wknd-prod/", "prod");
    let renew = sandbox.ok(&["guide", "rotate", "wknd-prod"]).out;
    assert!(renew.contains("aemkeys rotate wknd-prod FILE"), "{renew}");
    let json = sandbox
        .ok(&["guide", "permissions", "wknd-prod", "--json"])
        .json();
    let steps = json["guide"]["steps"].as_array().unwrap();
    let links: Vec<&str> = steps.iter().filter_map(|s| s["link"].as_str()).collect();
    assert!(
        links
            .iter()
            .any(|link| link.ends_with("/security/users.html")),
        "{links:?}"
    );
    sandbox.exits(66, &["guide", "rotate", "unknown"]);
}

#[test]
fn prints_the_api_yaml_only_for_oauth() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    let refused = sandbox.exits(64, &["guide", "permissions", "wknd-prod", "--api-yaml"]);
    assert!(refused.out.is_empty());
    sandbox.add("brand-stage/", "stage");
    let yaml = sandbox
        .ok(&["guide", "permissions", "brand-stage", "--api-yaml"])
        .out;
    assert!(
        yaml.starts_with("kind: \"API\"\nversion: \"1\"\n"),
        "{yaml}"
    );
    let client = sandbox.run(&["show", "brand-stage", "--json"]).json();
    let client = client["environments"][0]["identities"][0]["credential"]["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(yaml.contains(&format!("- \"{client}\"\n")), "{yaml}");
}
