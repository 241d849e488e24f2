//! Why a record failed and what to do, in words for people who do not program; and whether it helps to wait.

use domain::{Problem, ProblemKind};

/// Reason and action.
pub(super) fn explain(problem: &Problem) -> (String, String) {
    let told: Vec<String> = problem
        .violations
        .iter()
        .take(5)
        .map(|violation| match violation.property_path.as_str() {
            "" => violation.message.clone(),
            path => format!("{path}: {}", violation.message),
        })
        .collect();
    let reason = if told.is_empty() { problem.detail.clone() } else { told.join(" ") };
    let action = match problem.kind {
        ProblemKind::Conflict => {
            "Find out which of the two is right: change the value here or in the outside system, or merge the two \
             records. It is tried again by itself, in case the other record gives the value up."
        }
        _ if can_pass(problem) => {
            "Nothing yet: it is tried again by itself. If it keeps failing, sync first what the record refers to."
        }
        ProblemKind::ValidationError => {
            "Correct the value in the outside system and sync the record again; or change the field mapping if the \
             outside system means something else, then retry."
        }
        _ => "Do what the reason says, then retry the record.",
    };
    let action =
        problem.hint.as_ref().filter(|_| problem.kind != ProblemKind::Conflict).map_or(action, |it| it);
    (cut(&reason), cut(action))
}

/// Whether the cause can pass without anybody doing something: another record or writer is in the way, or what is
/// referred to is not there yet.
pub(super) fn can_pass(problem: &Problem) -> bool {
    let waits =
        |kind| matches!(kind, ProblemKind::Conflict | ProblemKind::Unavailable | ProblemKind::RequestTimeout);
    let refers = || problem.violations.iter().all(|it| it.code == "unknown_reference");
    waits(problem.kind) || (!problem.violations.is_empty() && refers())
}

/// As long as the log's field.
fn cut(text: &str) -> String {
    text.chars().take(1_000).collect()
}
