//! The access tokens of the simulator: real JWTs with the claims that IMS writes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::keys::{self, ThrowawayKey};
use aemkeys_core::credential::Secret;

/// The claims of a token that the simulator uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IssuedClaims {
    pub client_id: String,
    pub user_id: String,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub lifetime_ms: i64,
    /// The claim `as`.
    pub authorization_server: String,
}

impl IssuedClaims {
    /// Signs the token. The same claims and number give the same token on every run; IMS numbers the tokens of a client.
    pub(super) fn sign(&self, number: u64) -> Secret {
        let header = json!({
            "alg": "RS256", "x5u": "ims_na1-key-at-1.cer", "kid": "ims_na1-key-at-1", "itt": "at",
        });
        let id = |what: &str| self.id(what, number);
        let created = self.created_at.as_millisecond();
        // Unused claims make the token as long as a real one.
        let claims = json!({
            "id": format!("{created}_{}_ue1", id("id")),
            "type": "access_token",
            "client_id": self.client_id,
            "user_id": self.user_id,
            "as": self.authorization_server,
            "aa_id": self.user_id,
            "ctp": 0,
            "fg": format!("{:X}", id("fg").simple()),
            "sid": format!("{created}_{}_ue1", id("sid")),
            "rtid": format!("{created}_{}_ue1", id("rtid")),
            "rtea": (created + 1_209_600_000).to_string(),
            "moi": "5f3c1a2b",
            "pba": "MedSecNoEV,LowSec",
            "expires_in": self.lifetime_ms.to_string(),
            "created_at": created.to_string(),
            "scope": self.scopes.join(","),
        });
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = ThrowawayKey::ims().sign(signed.as_bytes());
        Secret::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Derives an id that looks random from the claims.
    fn id(&self, what: &str, number: u64) -> Uuid {
        let seed = format!(
            "{what} {} {} {} {number}",
            self.client_id,
            self.user_id,
            self.created_at.as_millisecond()
        );
        let digest = ring::digest::digest(&ring::digest::SHA256, seed.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Returns the claims, if the signature is valid. The token may be expired.
    pub(super) fn read(token: &str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !keys::is_signed_by(
            ThrowawayKey::ims().public_key(),
            signed.as_bytes(),
            &signature,
        ) {
            return None;
        }
        let (_, payload) = signed.split_once('.')?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            client_id: text("client_id")?,
            user_id: text("user_id")?,
            scopes: text("scope")?.split(',').map(str::to_owned).collect(),
            created_at: Timestamp::from_millisecond(text("created_at")?.parse().ok()?).ok()?,
            lifetime_ms: text("expires_in")?.parse().ok()?,
            authorization_server: text("as")?,
        })
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        now.as_millisecond() >= self.created_at.as_millisecond() + self.lifetime_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> IssuedClaims {
        IssuedClaims {
            client_id: "cm-p1-e2-integration-0".into(),
            user_id: "0A1B@techacct.adobe.com".into(),
            scopes: vec!["ent_aem_cloud_api".into(), "openid".into()],
            created_at: Timestamp::from_second(1_790_000_000).unwrap(),
            lifetime_ms: 86_400_000,
            authorization_server: "ims-na1".into(),
        }
    }

    #[test]
    fn tokens_are_read_back_and_as_long_as_real_ones() {
        let token = claims().sign(0);
        let text = std::str::from_utf8(token.expose()).unwrap();
        assert_eq!(IssuedClaims::read(text), Some(claims()));
        assert!((1100..2500).contains(&text.len()), "{}", text.len());
        assert_eq!(token, claims().sign(0));
        assert_ne!(token, claims().sign(1));
    }

    #[test]
    fn times_are_strings_in_milliseconds() {
        let token = claims().sign(0);
        let text = std::str::from_utf8(token.expose()).unwrap();
        let payload = text.split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        assert_eq!(claims["created_at"], "1790000000000");
        assert_eq!(claims["expires_in"], "86400000");
        assert!(claims.get("exp").is_none() && claims.get("iat").is_none());
    }

    #[test]
    fn changed_claims_are_rejected() {
        let token = claims().sign(0);
        let text = std::str::from_utf8(token.expose()).unwrap();
        let (header, rest) = text.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let forged = URL_SAFE_NO_PAD.encode(r#"{"client_id":"other"}"#);
        assert_eq!(
            IssuedClaims::read(&format!("{header}.{forged}.{signature}")),
            None
        );
    }

    #[test]
    fn tokens_are_expired_at_their_expiry() {
        let end = Timestamp::from_second(1_790_086_400).unwrap();
        assert!(claims().is_expired(end));
        assert!(
            !claims().is_expired(Timestamp::from_millisecond(end.as_millisecond() - 1).unwrap())
        );
    }
}
