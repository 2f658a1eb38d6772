//! Checks that a problem has a next step and is safe to show.

use aemkeys_core::credential::Problem;

pub fn check(problem: &Problem) {
    assert!(problem.next_step.is_some(), "{problem:?}");
    let parts = [
        Some(problem.message.clone()),
        problem.cause.clone(),
        problem.next_step.as_ref().map(|step| step.in_shell()),
        problem.debug_id.clone(),
    ];
    for text in parts.into_iter().flatten() {
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(text.chars().count() < 2_000, "{text:?}");
    }
}
