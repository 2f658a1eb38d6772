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
                    "{}import {{ defineConfig }} from 'vite';\n\nconst aem = {{\n{}}};\n\nexport default defineConfig({{\n  server: {{\n    proxy: {{\n{paths}    }},\n  }},\n}});\n",
                    start("vite.config.js", secret),
                    proxy_options("  ", host, secret),
                )
            }
            Self::Webpack => format!(
                "{}module.exports = {{\n  devServer: {{\n    proxy: [\n      {{\n        context: [{}],\n{}      }},\n    ],\n  }},\n}};\n",
                start("webpack.config.js", secret),
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

/// The comment at the start of a script. A configuration is often in git, so it reads the secret from a variable.
fn start(file: &str, secret: Option<&str>) -> String {
    let variable = secret.map_or_else(String::new, |secret| {
        format!("// Start it with the secret in a variable: AEMKEYS_SECRET={secret} npm run dev\n")
    });
    format!("// {file}\n{variable}")
}

/// The options of http-proxy, which Vite and webpack share.
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
