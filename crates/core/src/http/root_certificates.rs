//! Root certificates: the system's, those of `SSL_CERT_FILE` and `SSL_CERT_DIR`, and those of `ca_file`. Directories of certificates are read
//! only when needed, because that takes longer than an exchange.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::HttpError;
use super::client::ClientPurpose;
use super::wire::setup;

#[cfg(any(target_os = "macos", windows))]
pub(super) use platform::trust;
#[cfg(not(any(target_os = "macos", windows)))]
pub(super) use system::trust;

/// The complete Mozilla bundle is 0.2 MB.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Reads the certificates from a PEM file that the user named. Errors name `source` and never repeat the file's content.
pub(super) fn read(path: &Path, source: &str) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let failed = |what: &str| setup(&format!("{source}: {what}"));
    let unreadable = |error: std::io::Error| failed(&error.kind().to_string());
    let file = std::fs::metadata(path).map_err(unreadable)?;
    if !file.is_file() || file.len() > MAX_BYTES {
        return Err(failed("not a regular file, or larger than 8 MiB"));
    }
    let pem = std::fs::read(path).map_err(unreadable)?;
    let found = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        // The parser's error could repeat the file's content.
        .map_err(|_| failed("a certificate in the file is damaged"))?;
    // Like the system's bundle, the file may contain certificates of unknown kinds as long as one is usable.
    if !found.iter().any(is_usable) {
        return Err(failed(
            "the file contains no usable certificate in PEM format",
        ));
    }
    Ok(found)
}

fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    rustls::RootCertStore::empty()
        .add(certificate.clone())
        .is_ok()
}

/// Reads the usable certificates from the files of a directory. Skips all other files.
#[cfg(any(target_os = "macos", windows, test))]
fn read_directory(directory: &Path) -> Vec<CertificateDer<'static>> {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    // `openssl rehash` adds a link to every file.
    let files: std::collections::BTreeSet<_> = files
        .filter_map(|entry| std::fs::canonicalize(entry.path()).ok())
        .collect();
    files
        .iter()
        .filter_map(|file| read(file, "SSL_CERT_DIR").ok())
        .flatten()
        .filter(is_usable)
        .collect()
}

/// On macOS and Windows the system verifies certificates; additional root certificates are passed to it.
#[cfg(any(target_os = "macos", windows))]
mod platform {
    use super::{CertificateDer, ClientPurpose, HttpError, Path, read, read_directory, setup};

    pub fn trust(
        builder: reqwest::ClientBuilder,
        mut extra: Vec<CertificateDer<'static>>,
        _: ClientPurpose,
    ) -> Result<reqwest::ClientBuilder, HttpError> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(path) = variable("SSL_CERT_FILE") {
            extra.extend(read(Path::new(&path), "SSL_CERT_FILE")?);
        }
        if let Some(directories) = variable("SSL_CERT_DIR") {
            extra
                .extend(std::env::split_paths(&directories).flat_map(|path| read_directory(&path)));
        }
        let extra = extra
            .iter()
            .map(|certificate| reqwest::Certificate::from_der(certificate))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| setup("a certificate in ca_file or SSL_CERT_FILE is damaged"))?;
        Ok(builder.tls_certs_merge(extra))
    }
}

/// On other systems the bundle file is tried first, and the certificate directories only if it lacks the issuer.
#[cfg(not(any(target_os = "macos", windows)))]
mod system {
    use std::path::PathBuf;
    use std::sync::{Arc, OnceLock};

    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::CryptoProvider;
    use rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
        SignatureScheme,
    };
    use rustls_pki_types::{ServerName, UnixTime};

    use super::{CertificateDer, ClientPurpose, HttpError, Path, read, setup};

    pub fn trust(
        builder: reqwest::ClientBuilder,
        extra: Vec<CertificateDer<'static>>,
        purpose: ClientPurpose,
    ) -> Result<reqwest::ClientBuilder, HttpError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier::new(extra, TrustStore::locate()?, Arc::clone(&provider))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| setup("could not set up TLS"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        // The client sets these only in a configuration of its own.
        config.alpn_protocols = match purpose {
            ClientPurpose::OwnRequests => Vec::new(),
            ClientPurpose::Forwarding => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(builder.tls_backend_preconfigured(config))
    }

    /// The system's trust store.
    struct TrustStore {
        bundle: Vec<CertificateDer<'static>>,
        directories: Vec<PathBuf>,
    }

    impl TrustStore {
        /// Uses `SSL_CERT_FILE` and `SSL_CERT_DIR` instead of the system's paths if either is set.
        fn locate() -> Result<Self, HttpError> {
            let file = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
            let directories = std::env::var_os("SSL_CERT_DIR").filter(|path| !path.is_empty());
            if file.is_none() && directories.is_none() {
                let probed = openssl_probe::probe();
                return Ok(Self {
                    bundle: load(probed.cert_file.as_deref(), None),
                    directories: probed.cert_dir,
                });
            }
            Ok(Self {
                bundle: match file {
                    Some(path) => read(Path::new(&path), "SSL_CERT_FILE")?,
                    None => Vec::new(),
                },
                directories: directories.iter().flat_map(std::env::split_paths).collect(),
            })
        }
    }

    /// Loads certificates and skips those that rustls cannot parse.
    fn load(file: Option<&Path>, directory: Option<&Path>) -> Vec<CertificateDer<'static>> {
        if file.is_none() && directory.is_none() {
            return Vec::new();
        }
        rustls_native_certs::load_certs_from_paths(file, directory).certs
    }

    /// The verifier of rustls, with a second, larger set of root certificates that is loaded on demand.
    #[derive(Debug)]
    struct Verifier {
        first: Option<Arc<WebPkiServerVerifier>>,
        directories: Vec<PathBuf>,
        fallback: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
        provider: Arc<CryptoProvider>,
    }

    impl Verifier {
        fn new(
            extra: Vec<CertificateDer<'static>>,
            store: TrustStore,
            provider: Arc<CryptoProvider>,
        ) -> Result<Self, HttpError> {
            let first = with_roots(extra.into_iter().chain(store.bundle), &provider);
            let verifier = Self {
                first,
                directories: store.directories,
                fallback: OnceLock::new(),
                provider,
            };
            if verifier.first.is_none() && verifier.fallback().is_none() {
                return Err(setup(
                    "no root certificates on this system: install the package ca-certificates, or set SSL_CERT_FILE",
                ));
            }
            Ok(verifier)
        }

        fn fallback(&self) -> Option<&Arc<WebPkiServerVerifier>> {
            self.fallback
                .get_or_init(|| {
                    let found = self
                        .directories
                        .iter()
                        .flat_map(|path| load(None, Some(path)));
                    with_roots(found, &self.provider)
                })
                .as_ref()
        }
    }

    /// A bad signature means that a root certificate of the same name exists with another key.
    fn is_unknown_issuer(error: &Error) -> bool {
        matches!(
            error,
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature
            )
        )
    }

    /// Returns `None` without a usable root certificate.
    fn with_roots(
        certificates: impl Iterator<Item = CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Option<Arc<WebPkiServerVerifier>> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .ok()
    }

    impl ServerCertVerifier for Verifier {
        fn verify_server_cert(
            &self,
            certificate: &CertificateDer<'_>,
            chain: &[CertificateDer<'_>],
            name: &ServerName<'_>,
            ocsp: &[u8],
            now: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            let result = match &self.first {
                Some(first) => first.verify_server_cert(certificate, chain, name, ocsp, now),
                None => Err(CertificateError::UnknownIssuer.into()),
            };
            match result {
                Err(error) if is_unknown_issuer(&error) => match self.fallback() {
                    Some(fallback) => {
                        fallback.verify_server_cert(certificate, chain, name, ocsp, now)
                    }
                    None => Err(error),
                },
                result => result,
            }
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider
                .signature_verification_algorithms
                .supported_schemes()
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::pem::PemObject as _;

    use super::*;

    fn certificate() -> String {
        use base64::Engine as _;
        let made = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap();
        let text = base64::engine::general_purpose::STANDARD.encode(made.cert.der());
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn usable_certificates_of_a_directory_are_read_and_other_files_are_skipped() {
        let directory = std::env::temp_dir().join(format!("aemkeys-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&directory).unwrap();
        let (one, two) = (certificate(), certificate());
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let unusable = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (name, text) in [
            ("one.pem", one.clone()),
            ("two.crt", format!("a comment\n{two}{unusable}")),
            ("damaged.pem", one.replace("-----END", "-----NO")),
            ("unusable.pem", unusable.to_owned()),
            ("key.pem", key.to_owned()),
            ("empty", String::new()),
        ] {
            std::fs::write(directory.join(name), text).unwrap();
        }
        std::fs::create_dir(directory.join("deeper")).unwrap();
        std::fs::write(directory.join("deeper/three.pem"), certificate()).unwrap();
        let expected =
            [one, two].map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap());
        assert_eq!(read_directory(&directory), expected);
        assert!(read_directory(&directory.join("missing")).is_empty());
        std::fs::remove_dir_all(directory).unwrap();
    }
}
