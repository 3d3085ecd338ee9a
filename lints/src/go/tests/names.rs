use super::*;

const DEBUG: &str = "runtime/debug::SetGCPercent";
const COLLECT: &str = "github.com/x/engine::Engine::Collect";

#[test]
fn imports_are_resolved_however_they_are_written() {
    let file = |import: &str, call: &str| {
        paths(&[("main.go", &format!("package main\n\nimport {import}\n\nfunc main() {{ {call} }}\n"))])
    };
    assert_eq!(file("\"runtime/debug\"", "debug.SetGCPercent(1)"), [DEBUG]);
    assert_eq!(file("tune \"runtime/debug\"", "tune.SetGCPercent(1)"), [DEBUG]);
    assert_eq!(file(". \"runtime/debug\"", "SetGCPercent(1)"), [DEBUG]);
    assert!(file("debug \"example.com/other\"", "debug.SetGCPercent(1)").is_empty());
    assert!(file("\"runtime/debug\"", "debug := other(); debug.SetGCPercent(1)").is_empty());
    assert_eq!(file("\"github.com/x/engine/v3\"", "engine.Open()"), ["github.com/x/engine::Open"]);
    assert_eq!(file("\"C\"", "C.malloc_trim(0)"), ["C::malloc_trim"]);
}

#[test]
fn receivers_are_inferred() {
    let file = |body: &str| {
        let text = format!(
            "package main\n\nimport \"github.com/x/engine/v3\"\n\n\
             type holder struct {{ inner *engine.Engine; many []*engine.Engine; embedded }}\n\
             type embedded struct {{ *engine.Engine }}\n\
             type alias = engine.Engine\n\
             type own struct{{}}\n\nfunc (own) Collect() {{}}\n\
             func make() (*engine.Engine, error) {{ return nil, nil }}\n\
             func get[T any]() *engine.Engine {{ return nil }}\n\
             var global *engine.Engine\n\n{body}\n"
        );
        paths(&[("main.go", &text)]).contains(&COLLECT.to_owned())
    };
    assert!(file("func main() { var e engine.Engine; e.Collect() }"));
    assert!(file("func main() { e := &engine.Engine{}; e.Collect() }"));
    assert!(file("func f(e *engine.Engine) { e.Collect() }"));
    assert!(file("func f(h *holder) { h.inner.Collect() }"));
    assert!(file("func f(h holder) { h.Collect() }"));
    assert!(file("func f(h holder) { for _, e := range h.many { e.Collect() } }"));
    assert!(file("func f(h holder) { h.many[0].Collect() }"));
    assert!(file("func main() { e, _ := make(); e.Collect() }"));
    assert!(file("func main() { e := get[int](); e.Collect() }"));
    assert!(file("func main() { global.Collect() }"));
    assert!(file("func f(a *alias) { a.Collect() }"));
    assert!(file("func f(x any) { if e, ok := x.(*engine.Engine); ok { e.Collect() } }"));
    assert!(file("func f(x any) { switch e := x.(type) { case *engine.Engine: e.Collect() } }"));
    assert!(file("func (h *holder) f() { func() { h.inner.Collect() }() }"));
    assert!(file("func f(e *engine.Engine) { run(e.Collect) }"));
    assert!(file("func f() { make := func() *engine.Engine { return nil }; make().Collect() }"));
    assert!(!file("func f(o own) { o.Collect() }"));
    assert!(!file("func f(e *engine.Engine) { e := own{}; e.Collect() }"));
    assert!(!file("func f() { unknown().Collect() }"));
}

#[test]
fn packages_of_the_module_are_looked_into() {
    let lib = "package boot\n\nimport \"github.com/x/engine/v3\"\n\ntype Server struct { E *engine.Engine }\n\
               func New() *Server { return nil }\nfunc (s *Server) Engine() *engine.Engine { return s.E }\n";
    let main = "package main\n\nimport \"example.com/m/v2/boot\"\n\nfunc main() { s := boot.New(); s.Engine().Collect(); \
                s.E.Collect() }\n";
    assert_eq!(paths(&[("boot/boot.go", lib), ("main.go", main)]), [COLLECT, COLLECT]);
}

#[test]
fn what_is_no_go_costs_itself_alone() {
    let tree = tree(&[(
        "main.go",
        "package main\n\nimport \"runtime\"\n\nfunc a() { if }\n\nfunc b() { runtime.GOMAXPROCS(1) }\n",
    )]);
    let program = tree.program();
    let facts = facts(&program);
    assert_eq!(facts[0].uses.len(), 1);
    let notices = program.take_notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].message.starts_with("an item here was not analysed"));
    assert_eq!(notices[0].place.map(|(line, _)| line), Some(5));
}

#[test]
fn nesting_beyond_measure_is_named_and_not_walked() {
    let deep = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let text = format!(
        "package main\n\nimport \"runtime\"\n\nvar x = {deep}\n\nfunc main() {{ runtime.GOMAXPROCS(1) }}\n"
    );
    let tree = tree(&[("main.go", &text)]);
    let program = tree.program();
    assert_eq!(facts(&program)[0].uses.len(), 1);
    assert!(program.take_notices()[0].message.contains("nested or long"));
}
