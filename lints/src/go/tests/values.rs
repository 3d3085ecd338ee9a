use super::*;
use crate::facts::{Origin, Value};

fn value(before: &str, written: &str) -> Value {
    let text = format!(
        "package main\n\nimport (\n\t\"flag\"\n\t\"os\"\n\t\"runtime\"\n)\n\nconst size = 4 * unit\nconst unit = 1 << 10\n\
         var port = flag.Int(\"port\", 80, \"\")\n\nfunc f(a, b int) {{\n{before}\nruntime.GOMAXPROCS({written})\n}}\n"
    );
    let found =
        uses(&tree(&[("main.go", &text)]), |_, _, found| found.args.first().cloned().unwrap_or_default());
    found.into_iter().next().expect("a use").1
}

#[test]
fn values_are_read_from_the_text() {
    assert_eq!(value("", "-1"), Value::Int(-1));
    assert_eq!(value("", "size"), Value::Int(4096));
    assert_eq!(value("n := 2", "n"), Value::Int(2));
    assert_eq!(value("n := 2; n = 3", "n"), Value::Unknown);
    assert_eq!(value("", "int(0x10)"), Value::Int(16));
    assert_eq!(value("", "b"), Value::Parameter(1));
    assert_eq!(value("", "*port"), Value::Default(Origin::Flag, Box::new(Value::Int(80))));
    assert_eq!(value("", "os.Getenv(\"X\")"), Value::From(Origin::Environment));
    assert_eq!(value("", "runtime.NumCPU()"), Value::Call("runtime::NumCPU".into(), vec![]));
}
