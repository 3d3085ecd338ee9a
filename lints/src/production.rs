//! What a file's place says of the code in it, for every front end.

use crate::facts::Production;
use crate::workspace::Role;

/// Whether the code in a file of a role runs in production, whatever its text says.
pub(crate) fn by_role(role: Role) -> Production {
    match role {
        Role::Production => Production::Yes,
        Role::Test | Role::TestSupport => Production::Test,
        Role::Bench => Production::Bench,
        Role::Example => Production::Example,
        Role::Fuzz => Production::Fuzz,
        Role::BuildScript => Production::BuildScript,
    }
}
