#[runtime_guard::purges(because = "memory was high")]
fn trim() {}

#[runtime_guard::purges]
fn collect() {}

fn main() {
    trim();
    collect();
}
