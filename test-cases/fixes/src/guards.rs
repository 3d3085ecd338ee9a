//! Guards that are dropped where they are made.

/// A span that ends at once.
pub fn enter(span: &tracing::Span) {
    let _ = span.enter();
    tracing::info!("outside");
}

/// A span that nothing else holds.
pub fn enter_at_once() {
    let _ = tracing::info_span!("import").enter();
    tracing::info!("outside");
}

/// A span that is given away.
pub fn entered() {
    let _ = tracing::info_span!("import").entered();
    tracing::info!("outside");
}

/// Two of them, and a name that is taken.
pub fn nested(outer: &tracing::Span, inner: &tracing::Span, _guard: u8) -> u8 {
    let _ = outer.enter();
    let _ = inner.enter();
    _guard
}

/// A writer whose worker ends at once.
pub fn writer() -> tracing_appender::non_blocking::NonBlocking {
    let (writer, _) = tracing_appender::non_blocking(std::io::stderr());
    writer
}
