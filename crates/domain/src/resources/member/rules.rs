//! What a member must satisfy beyond each field's own bounds (domain §3). Pure functions.

use crate::definition::Resource;
use crate::input::{Change, Context, Rules};
use crate::problem::{Problem, Violation};
use crate::record::{Record, Value};

/// The rules of members.
#[derive(Debug)]
pub(super) struct MemberRules;

impl Rules for MemberRules {
    fn check(&self, change: &Change<'_>, found: &mut Vec<Violation>) {
        let hidden = *change.new.get(change.resource, "profilePublic") == Value::Boolean(false);
        if hidden && change.text("directoryDisplay").is_some() {
            found.push(Violation::new(
                "directoryDisplay",
                "requires_public_profile",
                "directoryDisplay goes only with a public profile: set profilePublic to true, or \
                 directoryDisplay to null.",
            ));
        }
    }

    fn delete(&self, resource: &Resource, record: &Record, context: &Context) -> Result<(), Problem> {
        let Some(plan) = record.text(resource, "membershipType") else { return Ok(()) };
        let today = context.today();
        let until = match record.date(resource, "membershipExpiresAt") {
            Some(expiry) if expiry < today => return Ok(()),
            Some(expiry) => format!("until {expiry}"),
            None => "without an end".to_owned(),
        };
        Err(Problem::rule(
            format!("A member with an active membership cannot be deleted: {plan}, {until}."),
            format!(
                "End the membership first: set membershipExpiresAt to a date before today ({today}), or \
                 membershipType to null."
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{context, create, record, text, update};
    use super::super::MEMBER;
    use super::*;
    use crate::problem::ProblemKind;

    const REFUSED: [&str; 1] = ["directoryDisplay: requires_public_profile"];

    #[test]
    fn the_directory_shows_public_profiles_only() {
        let display = ("directoryDisplay", text("company"));
        let public = ("profilePublic", Value::Boolean(true));
        let context = context();
        assert_eq!(create(&MEMBER, &context, std::slice::from_ref(&display)).violations, REFUSED);
        assert!(create(&MEMBER, &context, &[display.clone(), public.clone()]).violations.is_empty());
        assert!(create(&MEMBER, &context, &[]).violations.is_empty());

        let listed = record(&MEMBER, &[display, public]);
        let hidden = ("profilePublic", Value::Boolean(false));
        assert_eq!(update(&MEMBER, &context, &listed, std::slice::from_ref(&hidden)).violations, REFUSED);
        let unlisted = ("directoryDisplay", Value::Null);
        assert!(update(&MEMBER, &context, &listed, &[hidden, unlisted]).violations.is_empty());
    }

    fn delete(plan: Value, expiry: Value) -> Result<(), Problem> {
        let member = record(&MEMBER, &[("membershipType", plan), ("membershipExpiresAt", expiry)]);
        MemberRules.delete(&MEMBER, &member, &context())
    }

    #[test]
    fn an_active_membership_forbids_deletion() {
        // In Sydney it is the 24th, in UTC still the 23rd.
        for expiry in [Value::Null, text("2026-11-24"), text("2030-01-01")] {
            let problem = delete(text("Fellow"), expiry).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::RuleViolation);
            assert!(problem.detail.contains("Fellow"), "{}", problem.detail);
            assert!(problem.hint.unwrap().contains("before today (2026-11-24)"));
        }
    }

    #[test]
    fn without_an_active_membership_a_member_can_be_deleted() {
        assert_eq!(delete(text("Fellow"), text("2026-11-23")), Ok(()));
        assert_eq!(delete(Value::Null, Value::Null), Ok(()));
        assert_eq!(delete(Value::Null, text("2030-01-01")), Ok(()));
    }
}
