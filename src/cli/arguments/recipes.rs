//! Recipes printed in the help, to be copied as they are.
//!
//! Lines end in a backslash before the help would break them itself: what is copied up to a break must never run as half
//! of what was meant.

/// What keeps the secret off the command line, out of the history and off the disk.
pub(super) const CREDENTIAL: &str = "\
Recipes, in which the secret is on no command line and in no file:
  aemkeys credential NAME | kubectl create secret generic aem \\
    --from-file=service_token.json=/dev/stdin
  aemkeys credential NAME | vault kv put -mount=secret aem service_token=-
To replace a secret that is there already:
  aemkeys credential NAME | kubectl create secret generic aem \\
    --from-file=service_token.json=/dev/stdin --dry-run=client -o yaml \\
    | kubectl apply -f -";
