//! Who wrote a response, from its status, headers and body.

use serde::{Deserialize, Serialize};

use crate::http::Response;

enum_table! {
    /// The party that wrote a response or an error text.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Who {
        /// Adobe IMS.
        Ims => "Adobe IMS",
        /// Adobe's API gateway (adobe.io).
        Gateway => "Adobe's API gateway (adobe.io)",
        /// The CDN in front of AEM.
        Cdn => "the CDN in front of AEM",
        /// Edge Delivery.
        EdgeDelivery => "Edge Delivery",
        /// A customer's identity provider.
        Idp => "an identity provider (redirect)",
        /// The dispatcher.
        Dispatcher => "the dispatcher",
        /// AEM itself.
        Aem => "AEM",
        /// AEM's OpenAPI-based APIs.
        Openapi => "AEM's OpenAPI layer",
        /// The delivery tier.
        Delivery => "AEM's delivery tier",
        /// The AEM Developer Console.
        DeveloperConsole => "the AEM Developer Console",
        /// Cloud Manager.
        CloudManager => "Cloud Manager",
        /// A proxy.
        Proxy => "a proxy",
        /// aio, the Adobe I/O CLI.
        Aio => "aio (Adobe's command line)",
        /// The browser.
        Browser => "the browser",
        /// Node.
        Node => "Node",
        /// Java.
        Java => "Java",
        /// Python.
        Python => "Python",
        /// .NET.
        Dotnet => ".NET",
        /// Go.
        Go => "Go",
        /// PHP.
        Php => "PHP",
        /// Ruby.
        Ruby => "Ruby",
        /// Another runtime or library.
        Runtime => "another runtime or library",
        /// The TLS connection failed, so there is no response.
        Tls => "TLS, before any response",
        /// The network failed, so there is no response.
        Network => "the network, before any response",
        /// aemkeys.
        Aemkeys => "aemkeys",
        /// The text does not show it.
        Unknown => "unknown: the text does not show it",
    }
    /// Returns the label for the line `from`.
    pub fn words -> &'static str;
}

impl Who {
    /// True if it can answer a request for AEM in AEM's place.
    pub(super) fn is_intermediary(self) -> bool {
        matches!(
            self,
            Self::Gateway
                | Self::Cdn
                | Self::EdgeDelivery
                | Self::Idp
                | Self::Openapi
                | Self::Delivery
                | Self::Proxy
        )
    }
}

/// Returns who sent a response to a request for AEM, from its status, headers and body.
pub fn who_answered(response: &Response) -> Who {
    let has = |name: &str| response.header(name).is_some();
    let value = |name: &str| {
        response
            .header(name)
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let names_proxy = |text: &str| {
        [
            "squid",
            "zscaler",
            "bluecoat",
            "mcafee",
            "forcepoint",
            "netskope",
            "cntlm",
        ]
        .iter()
        .any(|proxy| text.contains(proxy))
    };
    if response.status == 407
        || has("proxy-authenticate")
        || has("x-squid-error")
        || names_proxy(&value("server"))
    {
        return Who::Proxy;
    }
    if value("content-type").contains("problem+json")
        && body_contains(response, "adobe/meta/errors")
    {
        return Who::Openapi;
    }
    if is_from_aem(response) {
        return if has("x-dispatcher") || has("x-vhost") {
            Who::Dispatcher
        } else {
            Who::Aem
        };
    }
    if has("x-error") && (has("x-served-by") || has("x-robots-tag"))
        || value("x-error").contains("[admin]")
    {
        return Who::EdgeDelivery;
    }
    if body_contains(response, "\"error_code\"") {
        return Who::Gateway;
    }
    if has("x-served-by") || has("x-cache") || has("x-timer") || value("via").contains("varnish") {
        return Who::Cdn;
    }
    Who::Unknown
}

fn body_contains(response: &Response, mark: &str) -> bool {
    let mark = mark.as_bytes();
    response.body[..response.body.len().min(4096)]
        .windows(mark.len())
        .any(|part| part == mark)
}

/// True if the response has headers that AEM or its dispatcher adds.
pub(crate) fn is_from_aem(response: &Response) -> bool {
    [
        "x-aem-client-country",
        "x-dispatcher",
        "x-vhost",
        "sling-tracking-id",
        "x-aem-host",
    ]
    .into_iter()
    .any(|name| response.header(name).is_some())
        || response.headers.iter().any(|(name, value)| {
            (name == "server" && value.contains("Granite")) || name.starts_with("x-sling")
        })
}
