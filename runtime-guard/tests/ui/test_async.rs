#[runtime_guard::test]
async fn serves() {}

#[runtime_guard::test(flavor = "multi_thread")]
fn flavoured() {}

#[runtime_guard::test]
fn takes(_: u8) {}

fn main() {}
