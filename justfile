# The daily commands. `just` lists them.

_default:
    @just --list

# What must hold before a merge, without installing anything.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --test slow --locked -- -D warnings
    cargo test --locked

# The tests that need a keyring, an X server, tmux or minutes.
slow:
    cargo test --locked --test slow

# The dashboard with built-in IMS and AEM; nothing is stored.
demo:
    cargo run --release --locked -- demo

# Look at changed screens and accept or refuse them.
snapshots:
    cargo insta review

# The rules of the architecture alone.
architecture:
    cargo test --locked --test it architecture

# Licences, bans, sources, advisories.
deny:
    cargo deny check

# The bill of materials, as CycloneDX (needs cargo-cyclonedx).
sbom:
    .ci/sbom

# Looks for crashes, so many seconds in each target (needs nightly and cargo-fuzz).
fuzz seconds="60":
    fuzz/run {{seconds}}

# Makes mistakes in a file, to see whether a test notices (needs cargo-mutants).
mutants file:
    .ci/mutants -f '{{file}}'

# The files of a release, in target/dist; then tries them on bare systems (needs root).
dist:
    cargo xtask dist
    .ci/bare

# How fast, how small and how still; figures beside their bars.
bench:
    cargo bench --locked

# Everything, as the build server does it.
ci:
    .ci/run
