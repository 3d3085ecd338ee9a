use super::*;
use crate::facts::code::Outside;

const MAIN: &str = "package main\n\nimport (\n\t\"runtime\"\n\t\"example.com/m/v2/internal/boot\"\n)\n\n";

/// Start-up scope of the one tuning call of `internal/boot`, whose `Tune` a program uses as said.
fn through(main: &str) -> StartUp {
    let boot = "package boot\n\nimport \"runtime\"\n\nfunc Tune(n int) { tune(n) }\n\nfunc tune(n int) { runtime.GOMAXPROCS(n) }\n";
    let text = format!("{MAIN}{main}");
    start_up(&[("cmd/x/main.go", &text), ("internal/boot/boot.go", boot)]).pop().expect("a use")
}

#[test]
fn start_up_is_followed_across_packages() {
    assert_eq!(through("func main() { boot.Tune(1) }\n"), StartUp::Yes);
    assert_eq!(through("func init() { boot.Tune(1) }\nfunc main() {}\n"), StartUp::Yes);
    assert_eq!(through("func main() { setup() }\nfunc setup() { boot.Tune(1) }\n"), StartUp::Yes);
    assert_eq!(through("func main() { go boot.Tune(1) }\n"), StartUp::No(Outside::Task, None));
    assert_eq!(through("func main() { for { boot.Tune(1) } }\n"), StartUp::No(Outside::Loop, None));
    assert_eq!(through("func main() { keep(boot.Tune) }\n"), StartUp::No(Outside::Value, None));
    assert_eq!(through("func main() {}\n"), StartUp::No(Outside::Uncalled, None));
    assert_eq!(through("var x = once(func() { boot.Tune(1) })\nfunc main() {}\n"), StartUp::Yes);
}

#[test]
fn libraries_have_no_start_up() {
    let lib = |path: &str, text: &str| {
        let text = format!("package p\n\nimport \"runtime\"\n\n{text}\n");
        start_up(&[(path, &text)]).pop().expect("a use")
    };
    assert_eq!(lib("p/p.go", "func Tune() { runtime.GOMAXPROCS(1) }"), StartUp::No(Outside::Library, None));
    assert_eq!(lib("p/p.go", "func init() { runtime.GOMAXPROCS(1) }"), StartUp::No(Outside::Load, None));
    assert_eq!(lib("p/p.go", "var n = runtime.GOMAXPROCS(1)"), StartUp::No(Outside::Load, None));
    assert_eq!(
        lib("internal/p/p.go", "func Tune() { runtime.GOMAXPROCS(1) }"),
        StartUp::No(Outside::Uncalled, None)
    );
}

#[test]
fn commands_are_part_of_start_up() {
    let command = |text: &str| {
        let text =
            format!("package cmd\n\nimport (\n\t\"runtime\"\n\t\"github.com/spf13/cobra\"\n)\n\n{text}\n");
        start_up(&[("cmd/cmd.go", &text)]).pop().expect("a use")
    };
    let inline =
        "var root = &cobra.Command{Run: func(cmd *cobra.Command, args []string) { runtime.GOMAXPROCS(2) }}";
    assert_eq!(command(inline), StartUp::Yes);
    let named = "var root = &cobra.Command{RunE: run}\nfunc run(cmd *cobra.Command, args []string) error { return tune() }\n\
                 func tune() error { runtime.GOMAXPROCS(2); return nil }";
    assert_eq!(command(named), StartUp::Yes);
    let later = "func init() { root.PersistentPreRun = func(cmd *cobra.Command, args []string) { runtime.GOMAXPROCS(2) } }\n\
                 var root = &cobra.Command{}";
    assert_eq!(command(later), StartUp::Yes);
}

#[test]
fn methods_are_called_through_values_and_interfaces() {
    let text = |main: &str| {
        format!(
            "package main\n\nimport \"runtime\"\n\ntype tuner interface {{ Tune() }}\ntype real struct{{}}\n\
             type other struct{{}}\nfunc (other) Tune() {{}}\nfunc (real) Tune() {{ runtime.GOMAXPROCS(1) }}\n{main}\n"
        )
    };
    let scope = |main: &str| start_up(&[("main.go", &text(main))]).pop().expect("a use");
    assert_eq!(scope("func main() { real{}.Tune() }"), StartUp::Yes);
    assert_eq!(scope("func main() { var t tuner = real{}; t.Tune() }"), StartUp::Yes);
    assert_eq!(scope("func main() { var t tuner = real{}; go t.Tune() }"), StartUp::No(Outside::Task, None));
    assert_eq!(scope("func main() { real{}.Tune(); go other{}.Tune() }"), StartUp::Yes);
}
