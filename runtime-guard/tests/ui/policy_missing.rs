fn main() {
    let _ = runtime_guard::policy!("no/such/runtime-policy.toml");
    let _ = runtime_guard::policy!(runtime);
}
