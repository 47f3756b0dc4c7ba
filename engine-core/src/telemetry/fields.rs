//! The message and the fields of a log line for people: one line, whatever they hold.

use std::{error::Error, fmt};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::{RecordFields, VisitOutput},
    fmt::{
        FormatFields,
        format::{DefaultVisitor, Writer},
    },
};

use crate::one_line::OneLine;

/// Fields as `tracing` formats them, with what would start a new line or move a terminal's cursor escaped.
#[derive(Clone, Copy, Debug)]
pub(super) struct OneLineFields;

impl<'writer> FormatFields<'writer> for OneLineFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = OneLineVisitor(DefaultVisitor::new(writer, true));
        fields.record(&mut visitor);
        visitor.0.finish()
    }
}

struct OneLineVisitor<'writer>(DefaultVisitor<'writer>);

impl Visit for OneLineVisitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let causes: Vec<_> = std::iter::successors(value.source(), |&error| error.source()).collect();
        if causes.is_empty() {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            let causes: Vec<_> = causes.iter().map(ToString::to_string).collect();
            self.record_debug(field, &format_args!("{value} {field}.sources=[{}]", causes.join(", ")));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.record_debug(field, &OneLine(value));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt, layer::SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("outer\n")]
    struct Outer(#[source] io::Error);

    /// What is logged with the fields formatted so.
    fn logged<F>(fields: F, log: impl Fn()) -> String
    where
        F: for<'writer> FormatFields<'writer> + Send + Sync + 'static,
    {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = fmt::layer()
            .fmt_fields(fields)
            .with_writer(move || writer.clone())
            .without_time()
            .with_target(false)
            .with_ansi(false);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_name_cannot_forge_a_line_nor_colour_the_terminal() {
        let name = "a\n WARN forged\u{1b}[31m\u{9b}.yar";
        let told = logged(OneLineFields, || {
            let error = Outer(io::Error::other("inner\r\n"));
            tracing::warn!(shown = %name, quoted = name, debugged = ?name, error = &error as &dyn Error, "bad: {name}");
        });
        assert_eq!(told.matches(char::is_control).collect::<Vec<_>>(), ["\n"], "{told}");
        assert!(told.starts_with(r" WARN bad: a\n WARN forged\u{1b}[31m\u{9b}.yar shown=a\n WARN"), "{told}");
        assert!(told.contains(r"error=outer\n error.sources=[inner\r\n]"), "{told}");
    }

    #[test]
    fn what_is_harmless_looks_as_before() {
        let log = || {
            let error = io::Error::other("alone");
            let (number, flag) = (7_u64, true);
            tracing::info!(number, flag, text = "a b", shown = %"é", error = &error as &dyn Error, "said");
            tracing::info!(number);
        };
        assert_eq!(logged(OneLineFields, log), logged(fmt::format::DefaultFields::new(), log));
    }
}
