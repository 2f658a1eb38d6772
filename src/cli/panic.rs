//! What happens if the program panics.

use super::output;
use aemkeys_core::credential::{Code, Problem};

/// Ends the process if any thread panics: restores the terminal, prints the message and the error, and exits. Nothing may
/// continue after a panic, so the release build has no code for unwinding.
pub fn end_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        crate::tui::restore_terminal();
        crate::app::prompt::restore();
        report(panic);
        let problem = Problem::new(Code::Internal, "aemkeys stopped because of an internal error")
            .cause("it panicked; the message is above")
            .next_step("start it again; stored data is not affected. If it happens again, report the message above");
        output::problem(&problem, None);
        std::process::exit(problem.code.exit().number().into());
    }));
}
