//! The App's word for itself, and tokens for the repositories that it is installed in.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::SecretString;
use serde_json::json;

use super::Settings;
use crate::approvals::Whose;
use crate::github::{self, GitHub};

/// How long a word of the App is good, in seconds: GitHub takes ten minutes at most, and clocks differ.
const GOOD_FOR: i64 = 8 * 60;
/// How far back a word is dated, in seconds.
const CLOCKS_DIFFER: i64 = 60;

/// The App's private key.
pub struct Key(RsaKeyPair);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Reads a key in PEM, as GitHub gives it.
    ///
    /// # Errors
    /// It is none, in words that hold nothing of it.
    pub fn read(pem: &[u8]) -> Result<Key, &'static str> {
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "it is no private key in PEM")?;
        let pair = match &key {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            _ => return Err("it is no RSA key"),
        };
        pair.map(Key).map_err(|_| "it is no RSA key of 2048 bits or more")
    }

    /// A JSON Web Token that says that the App speaks.
    fn word(&self, app: u64, now: i64) -> Option<String> {
        let part = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "iat": now - CLOCKS_DIFFER, "exp": now + GOOD_FOR, "iss": app.to_string() });
        let said = format!("{}.{}", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said.as_bytes(), &mut signature).ok()?;
        Some(format!("{said}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A token for one repository, good for an hour, with no more rights than a review needs.
pub(super) async fn token(
    settings: &Settings,
    installation: u64,
    repository: &str,
) -> Result<SecretString, github::Error> {
    let now = Timestamp::now().as_second();
    let unsigned = || github::Error::Usage("the App's key does not sign".to_owned());
    let word = settings.key.word(settings.app, now).ok_or_else(unsigned)?;
    let mut github = GitHub::new(&connection(settings, word.into()))?;
    let choice = &settings.choice;
    github.token(installation, repository, choice.scanning, choice.whose != Whose::Writers).await
}

/// A connection with a token.
pub(super) fn connection(settings: &Settings, token: SecretString) -> github::Settings {
    github::Settings {
        api: settings.api.clone(),
        graphql: settings.graphql.clone(),
        token,
        limits: settings.limits,
        budget: settings.budget,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    #[test]
    fn the_app_s_word_is_signed_and_short_lived() {
        let key = Key::read(include_bytes!("../../tests/scenarios/key.pem")).expect("a key");
        let word = key.word(12, 1_000_000).expect("a word");
        let (said, signature) = word.rsplit_once('.').expect("three parts");
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.0.public().as_ref());
        assert!(public.verify(said.as_bytes(), &signature).is_ok());
        let claims =
            BASE64_URL_SAFE_NO_PAD.decode(said.split('.').nth(1).unwrap_or_default()).expect("base64");
        let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
        assert_eq!(claims, json!({ "iat": 999_940, "exp": 1_000_480, "iss": "12" }));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        assert_eq!(Key::read(b"secret").err(), Some("it is no private key in PEM"));
        assert_eq!(format!("{:?}", Key::read(include_bytes!("../../tests/scenarios/key.pem"))), "Ok(Key(…))");
    }
}
