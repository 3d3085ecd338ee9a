//! Names of authentication.

/// Words that name authentication by themselves.
const STRONG: &[&str] = &[
    "auth",
    "authn",
    "authz",
    "authenticate",
    "authenticated",
    "authenticates",
    "authentication",
    "authenticator",
    "authorize",
    "authorized",
    "authorization",
    "authorizer",
    "authorise",
    "authorised",
    "authorisation",
    "oauth",
    "oidc",
    "bearer",
    "jwt",
    "permission",
    "permissions",
    "privileges",
    "login",
    "acl",
    "rbac",
    "credential",
    "credentials",
    "claims",
    "apikey",
    "basicauth",
    "loopback",
];

/// Words that name it together with a verb of checking.
const WITH_VERB: &[&str] =
    &["token", "admin", "superuser", "session", "password", "secret", "role", "access", "peer"];

const VERBS: &[&str] =
    &["check", "verify", "validate", "require", "required", "ensure", "assert", "is", "has"];

/// Words that turn a name around: `no_auth`, `without_authentication`.
const NEGATIONS: &[&str] = &["no", "non", "without", "skip", "disable", "disabled", "unauthenticated", "not"];

/// The words of a name, in lower case: `AuthToken`, `auth_token`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars() {
        if c == '_' || c == '-' {
            found.push(String::new());
        } else {
            if c.is_uppercase() && lower_before {
                found.push(String::new());
            }
            if let Some(last) = found.last_mut() {
                last.extend(c.to_lowercase());
            }
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
    }
    found
}

/// Whether a name speaks of authentication or of a check of who asks.
pub(crate) fn speaks_of_auth(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    !has(NEGATIONS) && (has(STRONG) || (has(WITH_VERB) && has(VERBS)))
}

#[cfg(test)]
mod tests {
    use super::speaks_of_auth;

    #[test]
    fn names_of_authentication() {
        for name in [
            "require_auth",
            "check_permissions",
            "HttpAuthentication",
            "verify_token",
            "check_admin",
            "BasicAuth",
        ] {
            assert!(speaks_of_auth(name), "{name}");
        }
        for name in ["author", "with_no_client_auth", "CancellationToken", "child_token", "admin", "no_auth"]
        {
            assert!(!speaks_of_auth(name), "{name}");
        }
    }
}
