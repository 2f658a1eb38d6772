//! Explanations of error texts as people paste them: who said it, the cause, and what to do; never a guess.

use aemkeys_core::explain::{Who, explain};

/// A text, who said it, words that the answer must contain, and words that it must not.
type Row = (
    &'static str,
    Who,
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn texts_are_explained_by_who_said_them() {
    let rows: &[Row] = &[
        // IMS
        (
            "[ERROR] IMS POST /ims/token/v3 -> HTTP 400, body={\"error\": \"unauthorized_client\"}",
            Who::Ims,
            &["client_credentials", "OAuth server-to-server"],
            &["exchange JWTs", "secret was replaced"],
        ),
        (
            "ims/exchange/jwt: 400 unauthorized_client",
            Who::Ims,
            &["JWT"],
            &["client_credentials"],
        ),
        (
            "error: invalid_jti, error_description: null",
            Who::Ims,
            &["jti"],
            &["clock"],
        ),
        (
            "code ride_AdobeID_acct_evs",
            Who::Ims,
            &["account", "browser"],
            &[],
        ),
        (
            "{\"error\":\"invalid_grant\"}",
            Who::Ims,
            &["refresh token", "sign in again"],
            &["JWT"],
        ),
        (
            "{'error': 'unsupported_grant_type'}",
            Who::Ims,
            &["grant_type", "/ims/token/v3"],
            &[],
        ),
        (
            "{\"error\":\"invalid_scope\",\"error_description\":\"x\"}",
            Who::Ims,
            &["scope", "Adobe Developer Console"],
            &["metascopes"],
        ),
        (
            "ServiceError: could not match jwt signature to any of the bindings (req 4)",
            Who::Ims,
            &["certificate expired", "private key"],
            &[],
        ),
        // Adobe's gateway and APIs
        (
            "HTTP 401 {\"error_code\" : 401013, \"message\":\"Oauth token is not valid\"}",
            Who::Gateway,
            &["expired", "stage"],
            &["Contributors"],
        ),
        (
            "403003: Api Key is invalid",
            Who::Gateway,
            &["x-api-key", "project"],
            &[],
        ),
        (
            "{\"error_code\":\"403025\"}",
            Who::Gateway,
            &["product profile"],
            &[],
        ),
        (
            "errorDescription: IMS token failed IMS Facade token validation",
            Who::Gateway,
            &["expired", "aemkeys exchange"],
            &["date and time"],
        ),
        // AEM's OpenAPI layer and delivery
        (
            "HTTP/1.1 403\ncontent-type: application/problem+json\n\n{\"detail\":\"The access token is missing required scopes.\"}",
            Who::Openapi,
            &["scope", "Adobe Developer Console", "service credentials"],
            &["Contributors", "AEM group"],
        ),
        (
            "{\"status\":401,\"title\":\"Unauthorized\",\"detail\":\"Asset is restricted\"}",
            Who::Delivery,
            &["technical account"],
            &[],
        ),
        // CDN and Edge Delivery
        (
            "<h1>Error 403 Not allowed.</h1><p>Trace-id: 9</p>",
            Who::Cdn,
            &["IP allow list", "not a permission in AEM"],
            &["Contributors"],
        ),
        (
            "{\"reason\":\"Unauthorized Purge.\"}",
            Who::Cdn,
            &["X-AEM-Purge-Key"],
            &["aemkeys exchange"],
        ),
        (
            "HTTP/1.1 503 first byte timeout",
            Who::Cdn,
            &["too slowly", "is running"],
            &["hibernated"],
        ),
        (
            "< HTTP/2 406\n< x-served-by: cache-muc1\n",
            Who::Cdn,
            &["firewall", "cdn.yaml"],
            &[],
        ),
        (
            "< HTTP/2 429\n< x-served-by: cache-muc1\n< retry-after: 9",
            Who::Cdn,
            &["Retry-After", "neither AEM nor IMS"],
            &[],
        ),
        (
            "< HTTP/2 401\n< www-authenticate: Basic realm=\"stage\"",
            Who::Cdn,
            &["Basic", "token is not the cause"],
            &[],
        ),
        (
            "< HTTP/2 403\n< x-error: [admin] not authorized",
            Who::EdgeDelivery,
            &["role"],
            &["Contributors"],
        ),
        // AEM and its consoles
        (
            "GET https://author-p7-e8.adobeaemcloud.com/callback/j_security_check?code=x -> 403",
            Who::Aem,
            &["product profile"],
            &["`aemkeys exchange"],
        ),
        (
            "404 Not Found for https://publish-p7-e8.adobeaemcloud.com/graphql/execute.json/a/b",
            Who::Dispatcher,
            &["dispatcher", "token is not the cause"],
            &[],
        ),
        (
            "{\"ok\":false,\"statusCode\":403}",
            Who::DeveloperConsole,
            &["role", "skyline-console"],
            &["Contributors"],
        ),
        (
            "AUTH-100: the user is not authorized to do content backflow",
            Who::CloudManager,
            &["role"],
            &[],
        ),
        (
            "Access to fetch at 'x' has been blocked by CORS policy",
            Who::Browser,
            &["CORS policy", "token is not the cause"],
            &[],
        ),
        // aio
        (
            "[IMSSDK:CANNOT_GENERATE_TOKEN] x",
            Who::Aio,
            &["client_secrets must be a list", "technical_account_email"],
            &[],
        ),
        (
            "Error: A passphrase is needed for your private-key",
            Who::Aio,
            &["encrypted", "line ends"],
            &[],
        ),
        (
            "RDECLI:TOKEN_IS_EXPIRED",
            Who::Aio,
            &["expired", "new one"],
            &[],
        ),
        // Keys
        (
            "error:0909006C:PEM routines:get_name:no start line",
            Who::Node,
            &["line ends"],
            &[],
        ),
        (
            "secretOrPrivateKey must be an asymmetric key when using RS256",
            Who::Node,
            &["line ends"],
            &[],
        ),
        (
            "InvalidKeyException: IOException : algid parse error, not a sequence",
            Who::Java,
            &["PKCS#8", "openssl pkcs8"],
            &[],
        ),
        (
            "ValueError: Could not deserialize key data. (unsupported)",
            Who::Python,
            &["line ends"],
            &[],
        ),
        (
            "ArgumentException: No supported key formats were found",
            Who::Dotnet,
            &["line ends"],
            &[],
        ),
        (
            "panic: x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key format)",
            Who::Go,
            &["PKCS"],
            &[],
        ),
        (
            "PHP Warning: openssl_sign(): Supplied key param cannot be coerced into a private key",
            Who::Php,
            &["line ends"],
            &[],
        ),
        // TLS, network, proxies
        (
            "Error: self-signed certificate in certificate chain",
            Who::Tls,
            &["CA", "proxy"],
            &[],
        ),
        (
            "AuthenticationException: RemoteCertificateChainErrors: UntrustedRoot",
            Who::Tls,
            &["CA"],
            &[],
        ),
        (
            "x509: certificate signed by unknown authority",
            Who::Tls,
            &["CA"],
            &[],
        ),
        (
            "SSLHandshakeException: Remote host terminated the handshake",
            Who::Tls,
            &["proxy or firewall", "cut"],
            &[],
        ),
        (
            "write EPROTO 1408F10B:SSL routines:ssl3_get_record:wrong version number",
            Who::Tls,
            &["HTTPS_PROXY", "http://"],
            &[],
        ),
        (
            "CertificateExpiredException: NotAfter: Mon Jan 06 2025",
            Who::Tls,
            &["not the certificate of the credential"],
            &[],
        ),
        (
            "dial tcp: lookup ims-na1.adobelogin.com: no such host",
            Who::Network,
            &["DNS", "HTTPS_PROXY"],
            &[],
        ),
        (
            "fetch failed: UND_ERR_CONNECT_TIMEOUT",
            Who::Network,
            &["in time", "HTTPS_PROXY"],
            &[],
        ),
        (
            "Tunnel connection failed: 407 Proxy Authentication Required",
            Who::Proxy,
            &["user name and password"],
            &[],
        ),
        (
            "curl: (56) CONNECT tunnel failed, response 403",
            Who::Proxy,
            &["forbids"],
            &[],
        ),
    ];
    for (text, who, must, must_not) in rows {
        let found = explain(text).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(found.who, *who, "{text}: {found:?}");
        assert!(
            !found.recognised.is_empty() && found.source.is_some(),
            "{text}"
        );
        let next_step = found
            .next_step
            .as_ref()
            .map(aemkeys_core::credential::Guidance::in_shell);
        let said = format!("{found:?} {next_step:?}");
        for words in *must {
            assert!(said.contains(words), "{text} lacks {words}: {said}");
        }
        for words in *must_not {
            assert!(!said.contains(words), "{text} has {words}: {said}");
        }
    }
}

#[test]
fn a_bare_status_is_answered_with_the_question_who_was_asked() {
    for text in ["401", "403", "404 Not Found", "HTTP/1.1 503", "status: 429"] {
        let found = explain(text).unwrap();
        assert_eq!(found.who, Who::Unknown, "{text}");
        let told = format!("{} {}", found.message, found.cause.unwrap());
        assert!(
            told.contains("does not say") && told.contains('?'),
            "{told}"
        );
    }
    // With the tier, less is open.
    let author = explain("401 on author").unwrap();
    assert!(author.message.contains("author"), "{author:?}");
}

#[test]
fn what_is_not_known_is_described_by_its_form_and_never_repeated() {
    for (text, form) in [
        ("", "empty"),
        ("the planted build failed", "free text"),
        ("{\"planted\": true}", "JSON"),
        ("<html><title>planted</title></html>", "web page"),
        ("Traceback (most recent call last):\n planted", "Python"),
        (
            "Exception in thread main planted\n\tat planted.Main",
            "Java",
        ),
        ("HTTP/2 418 planted", "HTTP response"),
        ("eyJplanted.eyJplanted.planted", "token"),
        (
            "unauthorized planted access to the forbidden login",
            "free text",
        ),
        ("job 401-a took 403 ms in 0.503 s, planted", "free text"),
    ] {
        let problem = explain(text).unwrap_err();
        let told = format!("{problem:?}");
        assert!(
            told.contains("does not know") && told.contains(form),
            "{text}: {told}"
        );
        assert!(!told.contains("planted"), "{told}");
    }
}
