//! Content of the simulated tiers: pages, a large tree and plain text.

use serde_json::{Map, Value, json};

use super::reply::Reply;
use aemkeys_core::environment::Tier;

/// Returns the content at a path that any signed-in user may read; on publish, everyone may.
pub(super) fn find(tier: Tier, path: &str) -> Option<Reply> {
    let is_author = tier == Tier::Author;
    Some(match path {
        "/content.1.json" if is_author => Reply::json(200, &sites()),
        "/content/dam/wknd.2.json" if is_author => Reply::json(200, &assets()),
        "/content/wknd/us/en.html" => page(is_author),
        "/libs/granite/csrf/token.json" => Reply::json(200, &json!({})),
        "/robots.txt" if !is_author => Reply::new(200)
            .header("content-type", "text/plain;charset=UTF-8")
            .body("User-agent: *\nDisallow: /content/wknd/members\n"),
        "/content/wknd/members.html" if !is_author => {
            Reply::new(302).header("location", "/content/wknd/login.html")
        }
        _ => return None,
    })
}

fn sites() -> Value {
    let site = |title: &str| json!({ "jcr:primaryType": "cq:Page", "jcr:title": title });
    json!({
        "jcr:primaryType": "sling:OrderedFolder",
        "wknd": site("WKND"),
        "wknd-events": site("WKND Events"),
        "experience-fragments": { "jcr:primaryType": "sling:OrderedFolder", "sling:hideInNavigation": true },
    })
}

/// Long enough to scroll and search.
fn assets() -> Value {
    let asset = |number: u32| {
        let name = format!("bali-{number:02}.jpg");
        let value = json!({
            "jcr:primaryType": "dam:Asset",
            "jcr:content": {
                "metadata": { "dc:format": "image/jpeg", "tiff:ImageWidth": 1200 + number, "dam:size": 48_211.5 },
                "cq:lastReplicated": null,
            },
        });
        (name, value)
    };
    let assets: Map<String, Value> = (1..=20).map(asset).collect();
    json!({ "jcr:primaryType": "sling:Folder", "jcr:title": "WKND", "assets": assets })
}

fn page(is_author: bool) -> Reply {
    let mode = if is_author { "edit" } else { "disabled" };
    Reply::html(
        200,
        &format!(
            "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>WKND Adventures and Travel</title></head>\n<body data-wcmmode=\"{mode}\">\n<h1>WKND Adventures and Travel</h1>\n</body>\n</html>\n"
        ),
    )
}
