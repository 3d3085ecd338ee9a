//! What rules may ask of a program beyond a file's own facts. Each front end answers for its language.

use std::sync::Arc;

use crate::facts::comment::Comment;
use crate::facts::{FileFacts, FileIndex, Site, Value};
use crate::source::{Source, Span};

/// Why code does not run in start-up scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outside {
    /// In the initialiser of a lazily filled static: it runs at first use.
    LazyStatic,
    /// Runs when the program is loaded, wherever its package is part of one.
    Load,
    /// In a task, thread or handler that the program starts.
    Task,
    /// After the call that starts serving.
    AfterServing,
    /// In a loop.
    Loop,
    /// The function is handed around as a value and may be called at any time.
    Value,
    /// Nothing in the workspace calls it, and it is public: other people's programs are tuned.
    Library,
    /// Nothing in the workspace calls it, and nothing outside can.
    Uncalled,
}

/// Whether code runs once, before the program serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartUp {
    /// It does.
    Yes,
    /// It does not, or not only: why, and the place that shows it (a call, if it is not the code itself).
    No(Outside, Option<(FileIndex, Span)>),
}

/// A program as rules see it.
pub trait Code: Sync {
    /// A file's text.
    fn source(&self, file: FileIndex) -> &Source;

    /// A file's comments in order of place.
    fn comments(&self, file: FileIndex) -> &[Comment];

    /// The statement or item that a comment on lines of its own stands right above.
    fn governed(&self, file: FileIndex, comment: &Comment) -> Option<Span>;

    /// Whether a place runs in start-up scope.
    fn start_up(&self, facts: &FileFacts, site: &Site) -> StartUp;

    /// Whether a place runs when a lazily filled static does: it stands in what fills it, or in a function that nothing
    /// else calls.
    fn fills_static(&self, facts: &FileFacts, site: &Site) -> bool;

    /// Whether a place runs while a request is served.
    fn in_handler(&self, facts: &FileFacts, site: &Site) -> bool;

    /// What callers give for a parameter of the function around a site; `None` where some caller cannot be seen.
    fn given(&self, facts: &FileFacts, site: &Site, parameter: u32) -> Option<Vec<Value>>;

    /// A call, within a loop, of the function that holds a place.
    fn called_in_loop(&self, facts: &FileFacts, site: &Site) -> Option<(FileIndex, Span)>;

    /// Whether a file belongs to a library target rather than to a program.
    fn in_library(&self, file: FileIndex) -> bool;

    /// The program that a file belongs to, if it is one program's own.
    fn program(&self, file: FileIndex) -> Option<u32>;

    /// Whether a place is compiled, or its function called, only under a feature of the package's own.
    fn only_under_a_feature(&self, facts: &FileFacts, site: &Site) -> bool;

    /// Whether a line of code declares a variable and does nothing else that a comment above it could be about.
    fn declares(&self, line: &str) -> bool;

    /// Whether production code of the file's package, or of the packages of the workspace that it depends on, holds
    /// one of the words.
    fn program_holds(&self, file: FileIndex, words: &[&str]) -> bool;

    /// What foreign code a file's package binds, as it names it: libraries that it links, headers that it includes,
    /// packages that wrap them; sorted.
    fn foreign(&self, file: FileIndex) -> Vec<Arc<str>>;

    /// The least release of the language, major and minor, that the file's package asks for.
    fn release(&self, file: FileIndex) -> Option<(u32, u32)>;

    /// What the language calls a switch that leaves code out of a build.
    fn switch(&self) -> &'static str;

    /// The release of the language whose defaults the file's programs run under, where that depends on what they ask for.
    fn defaults(&self, _: FileIndex) -> Option<(u32, u32)> {
        None
    }

    /// The name of the file's package.
    fn package(&self, file: FileIndex) -> Option<&str>;

    /// Whether the file's package depends on a package of that name and calls it by it.
    fn depends_on(&self, file: FileIndex, package: &str) -> bool;

    /// Names of the methods of a type, an item of a file, and for a private type of those of the types in its file that
    /// hold it; sorted. None in a language whose types have no clean-up code of their own.
    fn methods_around(&self, _: (FileIndex, u32)) -> Vec<Arc<str>> {
        Vec::new()
    }
}
