//! The states of a rotation, and what each request does in each of them.
//!
//! | state | new file | file of the candidate | file of the active | older file | continue | go back | discard |
//! |---|---|---|---|---|---|---|---|
//! | settled    | store | –      | refused | refused | refused | switch back | nothing |
//! | candidate  | store | verify | refused | refused | verify  | switch back | delete  |
//! | committed  | store | –      | finish  | refused | finish  | switch back | nothing |
//! | going back | store | verify | refused | refused | verify  | finish      | delete  |
//!
//! - *Store* is followed by *verify*: the new credential is compared with the active one and becomes active, or stays as the
//!   candidate with the reason. A newer file replaces a candidate.
//! - *Committed*: the new credential is active, but its token or the list is missing. *Finish* does these last steps.
//! - *Going back*: the old credential is active again, but the cached token is still the newer one's.
//! - *Switch back* is refused if there is no older credential that may be used.

use super::state::RotationState;
use aemkeys_core::credential::NextStep;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::guidance;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progressed {
    Settled,
    /// This revision waits for its verification.
    Candidate(u32),
    Committed,
    /// This newer revision was set aside.
    GoingBack(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RotationRequest {
    NewFile,
    FileOfCandidate,
    FileOfActive,
    OlderFile,
    Continue,
    GoBack { has_older: bool },
    Discard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transition {
    Store,
    Verify(u32),
    Finish,
    SwitchBack,
    Delete,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    SameCredential,
    OldRevision,
    NothingBegun,
    NothingToGoBackTo,
}

/// The table above.
pub(super) fn next(state: Progressed, request: RotationRequest) -> Result<Transition, Refusal> {
    match (request, state) {
        (RotationRequest::NewFile, _) => Ok(Transition::Store),
        (
            RotationRequest::FileOfCandidate | RotationRequest::Continue,
            Progressed::Candidate(revision) | Progressed::GoingBack(revision),
        ) => Ok(Transition::Verify(revision)),
        (RotationRequest::FileOfActive | RotationRequest::Continue, Progressed::Committed)
        | (RotationRequest::GoBack { .. }, Progressed::GoingBack(_)) => Ok(Transition::Finish),
        (RotationRequest::Discard, Progressed::Candidate(_) | Progressed::GoingBack(_)) => {
            Ok(Transition::Delete)
        }
        (RotationRequest::Discard, _) => Ok(Transition::Nothing),
        (RotationRequest::GoBack { has_older: true }, _) => Ok(Transition::SwitchBack),
        (RotationRequest::GoBack { has_older: false }, _) => Err(Refusal::NothingToGoBackTo),
        (RotationRequest::FileOfActive, _) => Err(Refusal::SameCredential),
        (RotationRequest::OlderFile, _) => Err(Refusal::OldRevision),
        (RotationRequest::FileOfCandidate | RotationRequest::Continue, _) => {
            Err(Refusal::NothingBegun)
        }
    }
}

impl RotationState {
    /// Looks up the request in the table.
    pub(super) fn next(&self, request: RotationRequest) -> Result<Transition, Problem> {
        next(self.state(), request).map_err(|refusal| self.problem(refusal))
    }

    fn state(&self) -> Progressed {
        match self.candidate().map(|candidate| candidate.revision) {
            Some(revision) if self.went_back() && !self.token_is_of_active() => {
                Progressed::GoingBack(revision)
            }
            Some(revision) => Progressed::Candidate(revision),
            None if self.is_committed() => Progressed::Committed,
            None => Progressed::Settled,
        }
    }

    fn problem(&self, refusal: Refusal) -> Problem {
        let name = &self.name;
        match refusal {
            Refusal::SameCredential => Problem::new(
                Code::SameCredential,
                format!("{name} already uses this credential"),
            )
            .cause("this is not a rotation: the key, or the client secret of an OAuth credential, is the same")
            .next_step(guidance!["to take changed scopes, metascopes or hosts, ", NextStep::Add, "; to rotate, first add a certificate in the AEM Developer Console (Technical Accounts, Add certificate), or a client secret in the Adobe Developer Console"]),
            Refusal::OldRevision => Problem::new(
                Code::OldRevision,
                format!("this is an older credential of {name}; nothing was changed"),
            )
            .next_step(guidance!["to use it again, ", NextStep::GoBack.of(name)]),
            Refusal::NothingBegun => self.nothing_begun(),
            Refusal::NothingToGoBackTo => self.nothing_to_go_back_to(),
        }
    }

    pub fn nothing_begun(&self) -> Problem {
        let name = &self.name;
        Problem::new(Code::Usage, format!("no rotation of {name} is in progress"))
            .cause("no new credential is stored for it")
            .next_step(guidance![
                "to rotate to a new file, ",
                NextStep::Rotate.of(name),
                "; to see how to get one, ",
                NextStep::GuideRotate.of(name)
            ])
    }

    fn nothing_to_go_back_to(&self) -> Problem {
        let name = &self.name;
        let active = self.active().map_or(0, |active| active.revision);
        let mut older = self.held.iter().filter(|item| item.revision < active);
        let problem = Problem::new(
            Code::NothingToGoBackTo,
            format!("{name} has no older credential to go back to"),
        );
        if older.any(|item| item.leaked) {
            problem
                .cause("the older one is marked as leaked")
                .next_step(guidance![
                    "to see the remaining steps, ",
                    NextStep::Leaked.of(name)
                ])
        } else {
            problem
                .cause("it was never rotated, or the old one was deleted")
                .next_step(guidance![
                    "to rotate to a new file, ",
                    NextStep::Rotate.of(name)
                ])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal::{NothingBegun, NothingToGoBackTo, OldRevision, SameCredential};
    use super::Transition::{Delete, Finish, Nothing, Store, SwitchBack, Verify};
    use super::*;

    #[test]
    fn every_request_has_its_transition_in_every_state() {
        let requests = [
            RotationRequest::NewFile,
            RotationRequest::FileOfCandidate,
            RotationRequest::FileOfActive,
            RotationRequest::OlderFile,
            RotationRequest::Continue,
            RotationRequest::GoBack { has_older: true },
            RotationRequest::GoBack { has_older: false },
            RotationRequest::Discard,
        ];
        let (same, old, begun, before) = (
            Err(SameCredential),
            Err(OldRevision),
            Err(NothingBegun),
            Err(NothingToGoBackTo),
        );
        let rows = [
            (
                Progressed::Settled,
                [
                    Ok(Store),
                    begun,
                    same,
                    old,
                    begun,
                    Ok(SwitchBack),
                    before,
                    Ok(Nothing),
                ],
            ),
            (
                Progressed::Candidate(3),
                [
                    Ok(Store),
                    Ok(Verify(3)),
                    same,
                    old,
                    Ok(Verify(3)),
                    Ok(SwitchBack),
                    before,
                    Ok(Delete),
                ],
            ),
            (
                Progressed::Committed,
                [
                    Ok(Store),
                    begun,
                    Ok(Finish),
                    old,
                    Ok(Finish),
                    Ok(SwitchBack),
                    before,
                    Ok(Nothing),
                ],
            ),
            (
                Progressed::GoingBack(3),
                [
                    Ok(Store),
                    Ok(Verify(3)),
                    same,
                    old,
                    Ok(Verify(3)),
                    Ok(Finish),
                    Ok(Finish),
                    Ok(Delete),
                ],
            ),
        ];
        for (state, row) in rows {
            for (request, wanted) in requests.into_iter().zip(row) {
                assert_eq!(next(state, request), wanted, "{state:?}, {request:?}");
            }
        }
    }
}
