//! What staff manage beside records: each other, their organisation, its keys, and operators the platform.
//!
//! The API and the portal bring bodies, which are read by the definitions in `domain::staff`; commands bring
//! what they have read themselves. Both end in the same use cases.

mod account;
mod act;
mod key;
mod organisation;
mod overview;
mod own;
mod users;

use domain::Timestamp;
use domain::definition::Resource;
use domain::input::{Context, Mode, apply};
use domain::json::Object;
use domain::{Problem, Record, Value, Violation};
use serde_json::Value as Json;

use crate::tenant::Tenant;

pub use act::Act;
pub use key::network_of;
pub(crate) use organisation::not_required;
pub(crate) use overview::FigureCache;
pub use overview::{Figure, Figures, Overview, Todo, UpcomingEvent};
pub(crate) use own::too_many;
pub use users::{NewUser, User};

/// Reads a body by the definition of a form.
fn read(form: &'static Resource, now: Timestamp, body: &Object) -> Result<Record, Problem> {
    apply(form, None, body, Mode::Create, &Context::new(now, "UTC", "AU"))
}

/// Reads a body, and beside it what the definition cannot judge: all violations at once.
fn read_with(
    form: &'static Resource,
    now: Timestamp,
    body: &Object,
    more: Vec<Violation>,
) -> Result<Record, Problem> {
    match read(form, now, body) {
        Ok(record) if more.is_empty() => Ok(record),
        Ok(_) => Err(Problem::validation(more)),
        Err(mut problem) => {
            let known: Vec<String> = problem.violations.iter().map(|it| it.property_path.clone()).collect();
            problem.violations.extend(more.into_iter().filter(|it| !known.contains(&it.property_path)));
            Err(problem)
        }
    }
}

/// A text as it was typed, blanks included: what passwords need.
fn typed<'b>(body: &'b Object, name: &str) -> &'b str {
    body.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// The texts of a list.
fn texts(form: &Resource, record: &Record, name: &str) -> Vec<String> {
    record.text(form, name).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn optional_text(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.clone()))
}

fn moment(at: Timestamp) -> Value {
    Value::Integer(at.as_micros())
}

fn optional_moment(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, moment)
}

fn list(texts: &[String]) -> Value {
    Value::Json(Json::from(texts).to_string())
}

/// What is not there for this tenant.
fn not_found() -> Problem {
    Problem::not_found()
}

/// The circumstances of the organisation whose staff send a body.
fn context(tenant: &Tenant, now: Timestamp) -> Context {
    let organisation = tenant.organisation();
    Context::new(now, &organisation.timezone, &organisation.country)
}
