//! What foreign code keeps or works on, ownership by `into_raw` and `from_raw`, and strict keep-alive.

use super::{Seen, check, facts, fine, text};
use crate::facts::pointer::Hazard::{self, ForeignWorksOn, KeptByForeign, RawReclaimedTwice};
use crate::facts::pointer::Reclaims;

#[test]
fn foreign_code_keeps_or_works_on_locals() {
    let cases: &[(&str, Seen<'_>)] = &[
        (
            "fn f(db: *mut sqlite3) { let mut s = State::default(); unsafe {
             sqlite3_update_hook(db, Some(hook), &mut s as *mut _ as *mut c_void); } }",
            (KeptByForeign, "s", "&mut s as *mut _", ""),
        ),
        (
            "fn f(s: &str) { let c = CString::new(s).unwrap(); unsafe { putenv(c.as_ptr() as *mut _); } }",
            (KeptByForeign, "c", "c.as_ptr()", ""),
        ),
        (
            "async fn f(fd: i32) { let mut cb = Aiocb::new(); unsafe { aio_read(&mut cb) }; sleep().await;
             unsafe { aio_return(&mut cb) }; }",
            (ForeignWorksOn, "cb", "&mut cb", "sleep().await"),
        ),
        (
            "fn f(fd: i32) -> Result<()> { let mut cb = Aiocb::new(); unsafe { aio_read(&mut cb) }; check()?;
             unsafe { aio_suspend(&cb) }; Ok(()) }",
            (ForeignWorksOn, "cb", "&mut cb", "check()?"),
        ),
        (
            "fn f(h: HANDLE, o: &mut OVERLAPPED) -> bool { let mut b = [0u8; 4];
             unsafe { ReadFile(h, b.as_mut_ptr(), 4, null_mut(), o) == 1 || GetLastError() == ERROR_IO_PENDING } }",
            (ForeignWorksOn, "b", "b.as_mut_ptr()", ""),
        ),
        (
            "async fn f(ring: &mut IoUring) { let mut b = vec![0u8; 9];
             let e = opcode::Read::new(fd, b.as_mut_ptr(), 9).build().user_data(1);
             unsafe { ring.submission().push(&e).unwrap() }; other().await; ring.submit_and_wait(1); }",
            (ForeignWorksOn, "b", "b.as_mut_ptr()", "other().await"),
        ),
    ];
    for (code, seen) in cases {
        if seen.3.is_empty() {
            let facts = facts(code);
            let [flow] = facts.flows.as_slice() else { panic!("{code}: {:?}", facts.flows) };
            assert_eq!((flow.hazard, flow.owner.as_str(), text(code, flow.taken)), (seen.0, seen.1, seen.2));
            assert!(flow.through.is_some());
            continue;
        }
        check(code, &[*seen]);
    }
    fine(&[
        "fn f() { let sa = SigAction::new(); unsafe { sigaction(2, &sa, null_mut()) }; }",
        "fn f(db: *mut sqlite3) { let mut s = State::default(); unsafe {
         sqlite3_update_hook(db, Some(hook), &mut s as *mut _ as *mut c_void); run();
         sqlite3_update_hook(db, None, null_mut()); remove_hook(db); } }",
        "fn f() { let db = open(); let mut s = State::default(); unsafe {
         sqlite3_update_hook(db, Some(hook), &mut s as *mut _ as *mut c_void); run(db) } }",
        "fn f(db: *mut sqlite3) { let s = Box::new(State::default()); unsafe {
         sqlite3_update_hook(db, Some(hook), Box::into_raw(s) as *mut c_void); } }",
        "impl X { fn f(&mut self) { unsafe { sqlite3_update_hook(self.db, Some(h), &mut self.s as *mut _ as *mut _) }; } }",
        "fn f(s: &str) { let c = CString::new(s).unwrap(); unsafe { putenv(c.as_ptr() as *mut _); } std::mem::forget(c); }",
        "fn f(fd: i32) -> Result<()> { let mut cb = Aiocb::new(); unsafe { aio_read(&mut cb) }; unsafe {
         aio_suspend(&cb) }; check()?; Ok(()) }",
        "fn f(h: HANDLE, at: u32) -> Result<u32> { let mut o: OVERLAPPED = unsafe { zeroed() }; o.Offset = at;
         let mut b = [0u8; 4]; let mut n = 0; if unsafe { ReadFile(h, b.as_mut_ptr(), 4, &mut n, &mut o) } == 0 {
         return Err(last_error()) } Ok(n) }",
        "fn f(h: HANDLE) -> Result<()> { let mut b = [0u8; 4]; unsafe { ReadFile(h, b.as_mut_ptr(), 4, &mut n,
         null_mut()) }; check()?; Ok(()) }",
        "fn f() { let mut s = State::default(); unsafe { pthread_create(&mut id, null(), run, &mut s as *mut _ as *mut _);
         pthread_join(id, null_mut()) }; }",
    ]);
}

#[test]
fn ownership_is_taken_back_twice() {
    let twice = "unsafe fn f(p: *mut T) { drop(Box::from_raw(p)); log(); let b = Box::from_raw(p); }";
    check(twice, &[(RawReclaimedTwice, "p", "Box::from_raw(p)", "Box::from_raw(p)")]);
    check(
        "fn f() { let mut v = vec![1u8]; let w = unsafe { Vec::from_raw_parts(v.as_mut_ptr(), 1, 1) }; drop(w); }",
        &[(
            RawReclaimedTwice,
            "v",
            "Vec::from_raw_parts(v.as_mut_ptr(), 1, 1)",
            "Vec::from_raw_parts(v.as_mut_ptr(), 1, 1)",
        )],
    );
    fine(&[
        "unsafe fn f(p: *mut T) { let b = Box::from_raw(p); std::mem::forget(b); drop(Box::from_raw(p)); }",
        "unsafe fn f(p: *mut T, c: bool) { if c { drop(Box::from_raw(p)); return; } drop(Box::from_raw(p)); }",
        "unsafe fn f(p: *mut T, c: bool) { if c { drop(Box::from_raw(p)) } else { drop(Box::from_raw(p)) } }",
        "unsafe fn f(mut p: *mut T) { while !p.is_null() { let b = Box::from_raw(p); p = b.next; } }",
        "unsafe fn f(p: *mut T) { let b = ManuallyDrop::new(Box::from_raw(p)); show(&b); drop(Box::from_raw(p)); }",
        "unsafe fn f(p: *const T) { drop(Arc::from_raw(p)); drop(Arc::from_raw(p)); }",
        "fn f() { let mut v = vec![1u8]; let w = unsafe { Vec::from_raw_parts(v.as_mut_ptr(), 1, 1) }; forget(v); }",
        "fn f() -> Vec<u8> { let mut v = ManuallyDrop::new(vec![1u32]);
         unsafe { Vec::from_raw_parts(v.as_mut_ptr() as *mut u8, 4, 4) } }",
        "unsafe fn f(p: *mut T) { let b = Box::from_raw(p); let p = Box::into_raw(b); drop(Box::from_raw(p)); }",
    ]);
}

#[test]
fn leaks_are_judged_against_the_whole_program() {
    let leak = facts("fn f() -> *mut c_void { Box::into_raw(Box::new(Ctx { n: 1 })) as *mut c_void }");
    let [flow] = leak.flows.as_slice() else { panic!("{:?}", leak.flows) };
    assert_eq!((flow.hazard, flow.owner.as_str()), (Hazard::RawLeaked, "Box<Ctx>"));
    let key = flow.raw.as_ref().expect("a leak says what would take it back");

    let mut program = Reclaims::default();
    program.add(&facts("unsafe fn g(p: *mut c_void) { drop(Box::from_raw(p as *mut Other)) }"));
    program.add(&facts("unsafe fn g(p: *const c_void) { drop(Arc::from_raw(p as *const Ctx)) }"));
    assert!(!program.may_take(key));
    program.add(&facts("unsafe fn g(p: *mut c_void) { drop(Box::from_raw(p as *mut Ctx)) }"));
    assert!(program.may_take(key));

    let mut generic = Reclaims::default();
    generic.add(&facts("unsafe fn g<T>(p: *mut c_void) { drop(Box::from_raw(p as *mut T)) }"));
    assert!(generic.may_take(key), "a generic `from_raw` may be of any type");

    for deliberate in [
        "fn f() -> &'static Ctx { unsafe { &*Box::into_raw(Box::new(Ctx { n: 1 })) } }",
        "fn f() { unsafe { GLOBAL = Box::into_raw(Box::new(Ctx { n: 1 })); } }",
        "fn f() { unsafe { engine_load(Box::into_raw(Box::new(Ctx { n: 1 })) as *mut c_void) } }",
        "fn f() { let p = Box::into_raw(Box::new(Ctx { n: 1 })); unsafe { engine_load(p.cast()) } }",
        "fn f(x: Rc<Ctx>) { let _ = Rc::into_raw(x); }",
        "fn f(img: Image) -> Vec<u8> { img.into_raw() }",
        "fn f(x: JObject) -> jobject { x.into_raw() }",
    ] {
        assert_eq!(facts(deliberate).flows, [], "{deliberate}");
    }
}

#[test]
fn a_string_handed_to_foreign_code_is_a_leak_all_the_same() {
    let flows =
        facts("fn f(s: &str) { let c = CString::new(s).unwrap(); unsafe { decode(c.into_raw()) } }").flows;
    assert_eq!(flows.iter().map(|flow| flow.hazard).collect::<Vec<_>>(), [Hazard::RawLeaked]);
}

#[test]
fn strict_wants_the_owner_named_after_the_last_foreign_use() {
    let unmentioned = |code: &str| -> Vec<String> {
        facts(code).unmentioned.iter().map(|flow| flow.owner.clone()).collect()
    };
    let foreign = "unsafe extern \"C\" { fn puts(s: *const c_char); }";
    let body = |end: &str| {
        format!(
            "{foreign} fn f(s: &str) {{ let c = CString::new(s).unwrap(); let p = c.as_ptr(); unsafe {{ puts(p) }}; {end} }}"
        )
    };
    assert_eq!(unmentioned(&body("")), ["c"]);
    assert_eq!(unmentioned(&body("drop(c);")), [""; 0]);
    assert_eq!(unmentioned(&body("show(&c);")), [""; 0]);
    assert_eq!(unmentioned(&body("runtime_guard::keep_alive(&c);")), [""; 0]);
}
