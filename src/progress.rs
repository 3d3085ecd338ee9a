//! A progress bar, for long work on a terminal only.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime_policy_lints::engine::Progress;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(800);

/// A bar that appears when work takes long.
pub struct Bar {
    bar: ProgressBar,
    begin: Instant,
}

/// A bar on standard error, if that is a terminal.
pub fn on_terminal() -> Option<Arc<Bar>> {
    if !io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files") {
        bar.set_style(style);
    }
    Some(Arc::new(Bar { bar, begin: Instant::now() }))
}

impl Progress for Bar {
    fn files(&self, total: u64) {
        self.bar.set_length(total);
    }

    fn file_done(&self) {
        self.bar.inc(1);
        if self.bar.is_hidden() && self.begin.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Bar {
    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
