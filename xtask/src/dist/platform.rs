//! The platforms of a release.

/// A platform with the names that others give it, and what a build on Linux needs for it.
pub struct Platform {
    pub triple: &'static str,
    /// Node's names of the system and the processor.
    pub os: &'static str,
    pub cpu: &'static str,
    /// Debian's name of the processor, where there is a package.
    pub debian: Option<&'static str>,
    /// The C compiler and the linker for this platform on another one.
    cross: Option<CrossTools>,
}

struct CrossTools {
    compiler: &'static str,
    linker: &'static str,
}

/// The programs for Linux are static: they need no library of the system, and run on every distribution.
pub const ALL: [Platform; 5] = [
    Platform {
        triple: "x86_64-unknown-linux-musl",
        os: "linux",
        cpu: "x64",
        debian: Some("amd64"),
        // Rust brings musl for the linker, ring needs its headers.
        cross: Some(CrossTools {
            compiler: "musl-gcc",
            linker: "cc",
        }),
    },
    Platform {
        triple: "aarch64-unknown-linux-musl",
        os: "linux",
        cpu: "arm64",
        debian: Some("arm64"),
        cross: Some(CrossTools {
            compiler: "aarch64-linux-gnu-gcc",
            linker: "aarch64-linux-gnu-gcc",
        }),
    },
    Platform {
        triple: "x86_64-pc-windows-gnu",
        os: "win32",
        cpu: "x64",
        debian: None,
        cross: Some(CrossTools {
            compiler: "x86_64-w64-mingw32-gcc",
            linker: "x86_64-w64-mingw32-gcc",
        }),
    },
    Platform {
        triple: "aarch64-apple-darwin",
        os: "darwin",
        cpu: "arm64",
        debian: None,
        cross: None,
    },
    Platform {
        triple: "x86_64-apple-darwin",
        os: "darwin",
        cpu: "x64",
        debian: None,
        cross: None,
    },
];

impl Platform {
    pub fn find(triple: &str) -> Option<&'static Self> {
        ALL.iter().find(|platform| platform.triple == triple)
    }

    pub fn is_windows(&self) -> bool {
        self.os == "win32"
    }

    pub fn program(&self) -> &'static str {
        if self.is_windows() {
            "aemkeys.exe"
        } else {
            "aemkeys"
        }
    }

    /// Returns the name of the archive without its ending, which is also the name of the folder in it.
    pub fn stem(&self, version: &str) -> String {
        format!("aemkeys-{version}-{}", self.triple)
    }

    pub fn archive(&self, version: &str) -> String {
        let ending = if self.is_windows() { "zip" } else { "tar.gz" };
        format!("{}.{ending}", self.stem(version))
    }

    /// Returns the name of the package with the program for this platform.
    pub fn npm_package(&self) -> String {
        format!("@aemkeys/{}-{}", self.os, self.cpu)
    }

    pub fn npm_archive(&self, version: &str) -> String {
        format!("aemkeys-{}-{}-{version}.tgz", self.os, self.cpu)
    }

    /// Returns the environment variables that name the compiler and the linker.
    pub fn tools(&self) -> Vec<(String, &'static str)> {
        let Some(cross) = &self.cross else {
            return Vec::new();
        };
        let name = self.triple.replace('-', "_");
        vec![
            (format!("CC_{name}"), cross.compiler),
            (
                format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()),
                cross.linker,
            ),
        ]
    }
}
