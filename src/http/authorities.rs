//! Which certificate authorities are trusted? The system's, those of `SSL_CERT_FILE` and the configured ones; read when
//! they are needed, because a folder of certificates takes longer to read than an exchange.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::HttpError;
use super::wire::setup;

#[cfg(any(target_os = "macos", windows))]
pub(super) use platform::trust;
#[cfg(not(any(target_os = "macos", windows)))]
pub(super) use system::trust;

/// A whole Mozilla bundle is 0.2 MB.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The certificates in a PEM file that a person named. What is wrong is said without repeating the file.
pub(super) fn read(path: &Path, source: &str) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let trouble = |what: &str| setup(&format!("{source}: {what}"));
    let unreadable = |error: std::io::Error| trouble(&error.kind().to_string());
    let file = std::fs::metadata(path).map_err(unreadable)?;
    if !file.is_file() || file.len() > MAX_BYTES {
        return Err(trouble("this is no file of certificates"));
    }
    let pem = std::fs::read(path).map_err(unreadable)?;
    let found = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        // The reader's own error would repeat what is in the file.
        .map_err(|_| trouble("a certificate in it is damaged"))?;
    // One of an unknown kind among many is passed over, as the system's own are.
    let is_usable = |certificate: &CertificateDer<'static>| {
        rustls::RootCertStore::empty()
            .add(certificate.clone())
            .is_ok()
    };
    if !found.iter().any(is_usable) {
        return Err(trouble(
            "it holds no certificate in PEM form that can be used",
        ));
    }
    Ok(found)
}

/// macOS and Windows: the system judges, and also takes our own authorities.
#[cfg(any(target_os = "macos", windows))]
mod platform {
    use super::{CertificateDer, HttpError, Path, read, setup};

    pub fn trust(
        builder: reqwest::ClientBuilder,
        mut own: Vec<CertificateDer<'static>>,
    ) -> Result<reqwest::ClientBuilder, HttpError> {
        if let Some(path) = std::env::var_os("SSL_CERT_FILE") {
            own.extend(read(Path::new(&path), "SSL_CERT_FILE")?);
        }
        let own = own
            .iter()
            .map(|certificate| reqwest::Certificate::from_der(certificate))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| setup("a certificate in ca_file or SSL_CERT_FILE is damaged"))?;
        Ok(builder.tls_certs_merge(own))
    }
}

/// Elsewhere: the system's bundle first, and its folders only for what the bundle does not know.
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

    use super::{CertificateDer, HttpError, Path, read, setup};

    pub fn trust(
        builder: reqwest::ClientBuilder,
        own: Vec<CertificateDer<'static>>,
    ) -> Result<reqwest::ClientBuilder, HttpError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier::new(own, Places::find()?, Arc::clone(&provider))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| setup("TLS could not be set up"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(builder.tls_backend_preconfigured(config))
    }

    /// Where authorities are kept.
    struct Places {
        bundle: Vec<CertificateDer<'static>>,
        folders: Vec<PathBuf>,
    }

    impl Places {
        /// `SSL_CERT_FILE` and `SSL_CERT_DIR` stand in place of the system's.
        fn find() -> Result<Self, HttpError> {
            let file = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
            let folders = std::env::var_os("SSL_CERT_DIR").filter(|path| !path.is_empty());
            if file.is_none() && folders.is_none() {
                let probed = openssl_probe::probe();
                return Ok(Self {
                    bundle: load(probed.cert_file.as_deref(), None),
                    folders: probed.cert_dir,
                });
            }
            Ok(Self {
                bundle: match file {
                    Some(path) => read(Path::new(&path), "SSL_CERT_FILE")?,
                    None => Vec::new(),
                },
                folders: folders.iter().flat_map(std::env::split_paths).collect(),
            })
        }
    }

    /// The system's own may hold what we cannot read; that is left out.
    fn load(file: Option<&Path>, folder: Option<&Path>) -> Vec<CertificateDer<'static>> {
        if file.is_none() && folder.is_none() {
            return Vec::new();
        }
        rustls_native_certs::load_certs_from_paths(file, folder).certs
    }

    /// The usual verification of rustls, with a second, larger set of authorities behind the first.
    #[derive(Debug)]
    struct Verifier {
        first: Option<Arc<WebPkiServerVerifier>>,
        folders: Vec<PathBuf>,
        behind: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
        provider: Arc<CryptoProvider>,
    }

    impl Verifier {
        fn new(
            own: Vec<CertificateDer<'static>>,
            places: Places,
            provider: Arc<CryptoProvider>,
        ) -> Result<Self, HttpError> {
            let first = with_roots(own.into_iter().chain(places.bundle), &provider);
            let verifier = Self {
                first,
                folders: places.folders,
                behind: OnceLock::new(),
                provider,
            };
            if verifier.first.is_none() && verifier.behind().is_none() {
                return Err(setup(
                    "this system has no certificate authorities: install the package ca-certificates, or set SSL_CERT_FILE",
                ));
            }
            Ok(verifier)
        }

        fn behind(&self) -> Option<&Arc<WebPkiServerVerifier>> {
            self.behind
                .get_or_init(|| {
                    let found = self.folders.iter().flat_map(|path| load(None, Some(path)));
                    with_roots(found, &self.provider)
                })
                .as_ref()
        }
    }

    /// A bad signature: an authority of the same name is known, but with another key.
    fn is_about_the_issuer(error: &Error) -> bool {
        matches!(
            error,
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature
            )
        )
    }

    /// `None` without any authority.
    fn with_roots(
        authorities: impl Iterator<Item = CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Option<Arc<WebPkiServerVerifier>> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities);
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
            let verdict = match &self.first {
                Some(first) => first.verify_server_cert(certificate, chain, name, ocsp, now),
                None => Err(CertificateError::UnknownIssuer.into()),
            };
            match verdict {
                Err(error) if is_about_the_issuer(&error) => match self.behind() {
                    Some(behind) => behind.verify_server_cert(certificate, chain, name, ocsp, now),
                    None => Err(error),
                },
                verdict => verdict,
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
