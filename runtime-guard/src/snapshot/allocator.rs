//! Options of the allocators that the program links. glibc's `mallopt` has no getter: only a hook sees it.

use std::collections::BTreeMap;

use super::Knob;

/// The allocators whose options can be read.
pub(crate) fn known() -> &'static [&'static str] {
    match (cfg!(feature = "jemalloc"), cfg!(feature = "mimalloc")) {
        (true, true) => &["jemalloc", "mimalloc"],
        (true, false) => &["jemalloc"],
        (false, true) => &["mimalloc"],
        (false, false) => &[],
    }
}

/// Reads the options of every allocator that the guard was built for.
pub(super) fn read(knobs: &mut BTreeMap<Knob, String>) {
    #[cfg(feature = "jemalloc")]
    jemalloc(knobs);
    #[cfg(feature = "mimalloc")]
    mimalloc(knobs);
    let _ = knobs;
}

#[cfg(feature = "jemalloc")]
fn jemalloc(knobs: &mut BTreeMap<Knob, String>) {
    use tikv_jemalloc_ctl::raw::read;

    /// Reads one option; one that this build of jemalloc does not have is left out.
    macro_rules! option {
        ($name:literal, $type:ty) => {
            // SAFETY: the name ends in a zero byte, and the type is the one that jemalloc documents for it.
            if let Ok(value) = unsafe { read::<$type>(concat!($name, "\0").as_bytes()) } {
                knobs.insert(Knob::Allocator(concat!("jemalloc ", $name)), value.to_string());
            }
        };
    }
    option!("background_thread", bool);
    option!("max_background_threads", usize);
    option!("arenas.dirty_decay_ms", isize);
    option!("arenas.muzzy_decay_ms", isize);
    option!("arenas.narenas", u32);
}

#[cfg(feature = "mimalloc")]
fn mimalloc(knobs: &mut BTreeMap<Knob, String>) {
    use libmimalloc_sys as mi;

    // Those without a name in the bindings have kept their number since mimalloc 2.0.
    let options = [
        ("mimalloc purge_decommits", 5),
        ("mimalloc allow_large_os_pages", mi::mi_option_large_os_pages),
        ("mimalloc reserve_os_memory", mi::mi_option_reserve_os_memory),
        ("mimalloc purge_delay", 15),
        ("mimalloc use_numa_nodes", mi::mi_option_use_numa_nodes),
        ("mimalloc disallow_os_alloc", mi::mi_option_limit_os_alloc),
    ];
    for (name, option) in options {
        // SAFETY: takes one of its own numbers and gives a number.
        knobs.insert(Knob::Allocator(name), unsafe { mi::mi_option_get(option) }.to_string());
    }
}
