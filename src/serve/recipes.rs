//! The configuration of other tools for the local address.

use serde_json::json;

/// A tool whose configuration is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Vite,
    Webpack,
    Postman,
    Bruno,
    Curl,
    Aemsync,
}

/// The paths that a dev server leaves to AEM.
const PATHS: [&str; 7] = [
    "/adobe",
    "/api",
    "/bin",
    "/content",
    "/etc.clientlibs",
    "/graphql",
    "/libs",
];

impl Tool {
    pub const NAMES: [&str; 6] = ["vite", "webpack", "postman", "bruno", "curl", "aemsync"];

    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "vite" => Self::Vite,
            "webpack" => Self::Webpack,
            "postman" => Self::Postman,
            "bruno" => Self::Bruno,
            "curl" => Self::Curl,
            "aemsync" => Self::Aemsync,
            _ => return None,
        })
    }

    /// Returns what to know about the configuration and its secret.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Vite | Self::Webpack => {
                "It reads the secret from the variable AEMKEYS_SECRET: set it to the path of the address that aemkeys serve prints, without the slashes."
            }
            Self::Postman | Self::Bruno | Self::Curl => {
                "It contains the secret: keep it out of git, and readable only by you."
            }
            Self::Aemsync => {
                "It contains the secret, which other users of this computer can see while the command runs."
            }
        }
    }

    /// Returns the configuration. `host`: `localhost:4592`. `name`: that of the environment. `secret`: none with
    /// `--no-secret`.
    pub fn configuration(self, name: &str, host: &str, secret: Option<&str>) -> String {
        let base = secret.map_or_else(
            || format!("http://{host}"),
            |secret| format!("http://{host}/{secret}"),
        );
        match self {
            Self::Vite => {
                let paths = PATHS.map(|path| format!("      '{path}': aem,\n")).concat();
                format!(
                    "// vite.config.js\nimport {{ defineConfig }} from 'vite';\n\nconst aem = {{\n{}}};\n\nexport default defineConfig({{\n  server: {{\n    proxy: {{\n{paths}    }},\n  }},\n}});\n",
                    proxy_options("  ", host, secret),
                )
            }
            Self::Webpack => format!(
                "// webpack.config.js\nmodule.exports = {{\n  devServer: {{\n    proxy: [\n      {{\n        context: [{}],\n{}      }},\n    ],\n  }},\n}};\n",
                PATHS.map(|path| format!("'{path}'")).join(", "),
                proxy_options("        ", host, secret),
            ),
            Self::Postman => {
                let environment = json!({
                    "name": format!("aemkeys {name}"),
                    "values": [
                        { "key": "baseUrl", "value": base, "type": "secret", "enabled": true }
                    ],
                    "_postman_variable_scope": "environment",
                });
                format!("{environment:#}\n")
            }
            Self::Bruno => format!("vars {{\n  baseUrl: {base}\n}}\n"),
            Self::Curl => {
                let header = secret.map_or_else(String::new, |secret| {
                    format!("header = \"Authorization: Bearer {secret}\"\n")
                });
                format!(
                    "# Save as aem.curl, then: curl -K aem.curl http://{host}/content/dam.1.json\n{header}"
                )
            }
            Self::Aemsync => {
                let user = secret.map_or_else(String::new, |secret| format!("aemkeys:{secret}@"));
                format!("npx aemsync -t http://{user}{host} -w ui.apps/src/main/content/jcr_root\n")
            }
        }
    }
}

/// The options of http-proxy, which Vite and webpack share. Their files are often in git, so they read the secret from a
/// variable.
fn proxy_options(indent: &str, host: &str, secret: Option<&str>) -> String {
    let mut lines = vec![
        format!("target: 'http://{host}',"),
        "changeOrigin: true,".to_owned(),
    ];
    if secret.is_some() {
        let header = "headers: { Authorization: `Bearer ${process.env.AEMKEYS_SECRET}` },";
        lines.push(header.to_owned());
    }
    format!("{indent}{}\n", lines.join(&format!("\n{indent}")))
}
