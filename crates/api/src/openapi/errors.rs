//! Every error that each operation can give, in sets of one status.

use domain::ProblemKind as Kind;
use domain::definition::{Effect, Resource};

use crate::handlers::imports::ImportCall;
use crate::handlers::staff::StaffCall;
use crate::routes::RouteKind;

/// Errors of one status that come together.
pub(super) struct ErrorSet {
    /// Its name among the components.
    pub(super) name: &'static str,
    /// What they have in common.
    pub(super) doc: &'static str,
    /// The errors.
    pub(super) kinds: &'static [Kind],
    /// Headers that come with them.
    pub(super) headers: &'static [&'static str],
}

impl ErrorSet {
    /// The status that all its kinds have.
    pub(super) fn status(&self) -> u16 {
        self.kinds.first().map_or(500, |kind| kind.entry().status)
    }
}

const fn set(name: &'static str, doc: &'static str, kinds: &'static [Kind]) -> ErrorSet {
    ErrorSet { name, doc, kinds, headers: &[] }
}

static BAD_QUERY: ErrorSet =
    set("BadQuery", "A query parameter is unknown or cannot be read.", &[Kind::InvalidQueryParameter]);
static BAD_CONDITION: ErrorSet = set(
    "BadCondition",
    "A query parameter or the `If-Match` header cannot be read.",
    &[Kind::InvalidQueryParameter, Kind::MalformedRequest],
);
static BAD_BODY: ErrorSet = set(
    "BadBody",
    "The body breaks rules of its fields, or something in the request cannot be read.",
    &[Kind::ValidationError, Kind::MalformedJson, Kind::InvalidQueryParameter, Kind::MalformedRequest],
);
static UNAUTHORISED: ErrorSet = ErrorSet {
    headers: &["WWW-Authenticate"],
    ..set(
        "Unauthorised",
        "There is neither an API key nor a session, or it does not count here.",
        &[
            Kind::MissingCredentials,
            Kind::InvalidApiKey,
            Kind::ExpiredApiKey,
            Kind::RevokedApiKey,
            Kind::WrongEnvironment,
        ],
    )
};
static INVALID_CREDENTIALS: ErrorSet = ErrorSet {
    headers: &["WWW-Authenticate"],
    ..set(
        "InvalidCredentials",
        "Nobody signs in with this address and this password.",
        &[Kind::InvalidCredentials],
    )
};
static SUSPENDED: ErrorSet =
    set("Suspended", "The account is suspended, or its organisation closed.", &[Kind::AccountSuspended]);
static FORBIDDEN: ErrorSet = ErrorSet {
    headers: &["WWW-Authenticate"],
    ..set(
        "Forbidden",
        "The API key lacks the scope or may not be used from this address; or who is signed in has another role, \
         or sent the request from a page of another site.",
        &[Kind::InsufficientScope, Kind::IpNotAllowed, Kind::CrossOriginRequest],
    )
};
static NOT_FOUND: ErrorSet = set("NotFound", "There is nothing here for this credential.", &[Kind::NotFound]);
static MERGED: ErrorSet = set(
    "Merged",
    "The record was merged into the one that `mergedInto` names; or as for `Erased`.",
    &[Kind::Gone],
);
static ERASED: ErrorSet = set(
    "Erased",
    "What was answered to the `Idempotency-Key` told of somebody who was erased since. Nothing was done again.",
    &[Kind::Gone],
);
static TOO_OLD: ErrorSet = set("TooOld", "Changes after the cursor are no longer kept.", &[Kind::Gone]);
static NOT_ACCEPTABLE: ErrorSet =
    set("NotAcceptable", "The `Accept` header leaves out what this path has.", &[Kind::NotAcceptable]);
static TIMEOUT: ErrorSet = set("Timeout", "The request took too long.", &[Kind::RequestTimeout]);
static IN_USE: ErrorSet = ErrorSet {
    headers: &["Retry-After"],
    ..set(
        "InUse",
        "A value that must be unique is in use by another record, or a request with this `Idempotency-Key` is \
         still being worked on.",
        &[Kind::Conflict],
    )
};
static CONFLICT: ErrorSet = ErrorSet {
    headers: &["Retry-After"],
    ..set(
        "Conflict",
        "A rule of the business forbids it, or another record or request is in the way.",
        &[Kind::RuleViolation, Kind::Conflict],
    )
};
static STALE: ErrorSet =
    set("Stale", "The record has changed since the version in `If-Match`.", &[Kind::PreconditionFailed]);
static TOO_LARGE: ErrorSet = set("TooLarge", "The body is larger than 1 MiB.", &[Kind::PayloadTooLarge]);
static FILE_TOO_LARGE: ErrorSet =
    set("FileTooLarge", "The file is larger than 32 MiB.", &[Kind::PayloadTooLarge]);
static URI_TOO_LONG: ErrorSet =
    set("UriTooLong", "The path and query are longer than 16 KiB.", &[Kind::UriTooLong]);
static NOT_JSON: ErrorSet = ErrorSet {
    headers: &["Accept-Patch"],
    ..set("NotJson", "The body is not of a media type that this call takes.", &[Kind::UnsupportedMediaType])
};
static KEY_REUSED: ErrorSet = set(
    "KeyReused",
    "The `Idempotency-Key` was used for another request in the last 24 hours.",
    &[Kind::IdempotencyKeyReused],
);
static TOO_MANY: ErrorSet = ErrorSet {
    headers: &["RateLimit", "RateLimit-Policy", "Retry-After"],
    ..set(
        "TooMany",
        "The requests of this hour are used, or too many attempts have failed.",
        &[Kind::RateLimitExceeded],
    )
};
static INTERNAL: ErrorSet =
    set("Internal", "Something went wrong inside the server.", &[Kind::InternalError]);
static UNAVAILABLE: ErrorSet = ErrorSet {
    headers: &["Retry-After"],
    ..set("Unavailable", "The server cannot do this right now.", &[Kind::Unavailable])
};

/// Every set that an operation can give.
pub(super) static ALL: [&ErrorSet; 24] = [
    &BAD_QUERY,
    &BAD_CONDITION,
    &BAD_BODY,
    &UNAUTHORISED,
    &INVALID_CREDENTIALS,
    &SUSPENDED,
    &FORBIDDEN,
    &NOT_FOUND,
    &MERGED,
    &TOO_OLD,
    &NOT_ACCEPTABLE,
    &TIMEOUT,
    &IN_USE,
    &CONFLICT,
    &STALE,
    &TOO_LARGE,
    &FILE_TOO_LARGE,
    &URI_TOO_LONG,
    &NOT_JSON,
    &ERASED,
    &KEY_REUSED,
    &TOO_MANY,
    &INTERNAL,
    &UNAVAILABLE,
];

/// What every call that needs a scope can give.
static WITH_SCOPE: [&ErrorSet; 5] = [&UNAUTHORISED, &FORBIDDEN, &NOT_ACCEPTABLE, &TOO_MANY, &UNAVAILABLE];

/// The errors that an operation can give.
pub(super) fn of(kind: RouteKind) -> Vec<&'static ErrorSet> {
    let (staff, import);
    let own: &[&'static ErrorSet] = match kind {
        RouteKind::OpenApiJson
        | RouteKind::OpenApiYaml
        | RouteKind::Docs
        | RouteKind::ErrorIndex
        | RouteKind::Healthz => &[],
        RouteKind::HydraContext => &[&NOT_FOUND, &NOT_ACCEPTABLE],
        RouteKind::DocsAsset | RouteKind::ErrorPage => &[&NOT_FOUND],
        RouteKind::Readyz => &[&UNAVAILABLE],
        RouteKind::Entry | RouteKind::HydraDocs => &[&NOT_ACCEPTABLE],
        RouteKind::List(Resource { parent: Some(_), .. })
        | RouteKind::Get(_)
        | RouteKind::GetDelivery
        | RouteKind::WebhookHealth
        | RouteKind::IntegrationStatus
        | RouteKind::PersonalData(_) => &[&BAD_QUERY, &NOT_FOUND],
        RouteKind::List(_) | RouteKind::EventTypes => &[&BAD_QUERY],
        RouteKind::RateLimit => &[&BAD_QUERY, &UNAUTHORISED, &FORBIDDEN, &NOT_ACCEPTABLE, &UNAVAILABLE],
        RouteKind::Me => &[&BAD_QUERY, &UNAUTHORISED, &FORBIDDEN, &NOT_ACCEPTABLE, &TOO_MANY, &UNAVAILABLE],
        RouteKind::Create(_) => &[&BAD_BODY, &IN_USE, &TOO_LARGE, &NOT_JSON, &KEY_REUSED],
        RouteKind::Batch(_) => &[&BAD_BODY, &CONFLICT, &TOO_LARGE, &NOT_JSON, &KEY_REUSED],
        RouteKind::Replace(_) | RouteKind::Patch(_) | RouteKind::ReplaceFieldMapping => {
            &[&BAD_BODY, &NOT_FOUND, &CONFLICT, &STALE, &TOO_LARGE, &NOT_JSON]
        }
        RouteKind::Act(..) => &[&BAD_BODY, &NOT_FOUND, &CONFLICT, &STALE, &TOO_LARGE, &NOT_JSON, &KEY_REUSED],
        RouteKind::RotateSecret(_)
        | RouteKind::Erase(_)
        | RouteKind::TestWebhook
        | RouteKind::RetryDelivery
        | RouteKind::RecoverDeliveries
        | RouteKind::Sync
        | RouteKind::RetrySync => &[&BAD_BODY, &NOT_FOUND, &CONFLICT, &TOO_LARGE, &NOT_JSON, &KEY_REUSED],
        RouteKind::PreviewFieldMapping => {
            &[&BAD_BODY, &NOT_FOUND, &IN_USE, &TOO_LARGE, &NOT_JSON, &KEY_REUSED]
        }
        RouteKind::IntegrationChanges => &[&BAD_QUERY, &NOT_FOUND, &TOO_OLD],
        RouteKind::Changes => &[&BAD_QUERY, &TOO_OLD],
        RouteKind::Delete(_) => &[&BAD_CONDITION, &NOT_FOUND, &CONFLICT, &STALE],
        RouteKind::Import(_, call) => {
            import = of_import(call);
            &import
        }
        RouteKind::Staff(call) => {
            staff = of_staff(call);
            &staff
        }
    };
    let scoped = match kind {
        RouteKind::EventTypes | RouteKind::Changes => true,
        RouteKind::Staff(call) => call.is_authenticated(),
        kind => kind.resource().is_some(),
    };
    let with_scope: &[&ErrorSet] = if scoped { &WITH_SCOPE } else { &[] };
    let can_be_merged = |resource: &Resource| resource.actions.iter().any(|it| it.effect == Effect::Merge);
    let merged: &[&ErrorSet] = match kind {
        RouteKind::Get(it)
        | RouteKind::Replace(it)
        | RouteKind::Patch(it)
        | RouteKind::Delete(it)
        | RouteKind::Erase(it)
        | RouteKind::PersonalData(it)
        | RouteKind::Act(it, _)
            if can_be_merged(it) =>
        {
            &[&MERGED]
        }
        _ => &[],
    };
    let has_key = own.iter().any(|it| std::ptr::eq(*it, &raw const KEY_REUSED));
    let erased: &[&ErrorSet] = if has_key && merged.is_empty() { &[&ERASED] } else { &[] };
    let always = [&TIMEOUT, &URI_TOO_LONG, &INTERNAL];
    own.iter().chain(merged).chain(erased).chain(with_scope).copied().chain(always).collect()
}

/// The errors of a call about imports, but those that all with a scope have.
fn of_import(call: ImportCall) -> Vec<&'static ErrorSet> {
    match call {
        ImportCall::Upload => vec![&BAD_BODY, &CONFLICT, &FILE_TOO_LARGE, &NOT_JSON, &KEY_REUSED],
        ImportCall::List => vec![&BAD_QUERY],
        ImportCall::Get | ImportCall::FailedRows | ImportCall::Stop => vec![&BAD_QUERY, &NOT_FOUND],
        ImportCall::Preview => vec![&BAD_BODY, &NOT_FOUND, &CONFLICT, &TOO_LARGE, &NOT_JSON],
        ImportCall::Start => vec![&BAD_BODY, &NOT_FOUND, &CONFLICT, &TOO_LARGE, &NOT_JSON, &KEY_REUSED],
        ImportCall::Discard => vec![&BAD_QUERY, &NOT_FOUND, &CONFLICT],
    }
}

/// The errors of a call of staff, but those that all with a session have.
fn of_staff(call: StaffCall) -> Vec<&'static ErrorSet> {
    use StaffCall as Call;
    match call {
        Call::SignIn => vec![
            &BAD_BODY,
            &INVALID_CREDENTIALS,
            &SUSPENDED,
            &NOT_ACCEPTABLE,
            &TOO_LARGE,
            &NOT_JSON,
            &TOO_MANY,
            &UNAVAILABLE,
        ],
        Call::Session
        | Call::SignOut
        | Call::Overview
        | Call::ListUsers
        | Call::GetOrganisation
        | Call::ListKeys
        | Call::ListOrganisations
        | Call::LeaveSupport => vec![&BAD_QUERY],
        Call::GetUser
        | Call::SignUserOut
        | Call::GetKey
        | Call::DeleteKey
        | Call::RevokeKey
        | Call::GetOrganisationOf
        | Call::CloseOrganisation => vec![&BAD_QUERY, &NOT_FOUND],
        Call::DeleteUser => vec![&BAD_QUERY, &NOT_FOUND, &CONFLICT],
        Call::FillSandbox | Call::EmptySandbox => vec![&BAD_QUERY, &CONFLICT],
        Call::ChangeSession | Call::ChangePassword => vec![&BAD_BODY, &TOO_LARGE, &NOT_JSON],
        Call::ChangeOrganisation | Call::EnterSupport => vec![&BAD_BODY, &CONFLICT, &TOO_LARGE, &NOT_JSON],
        Call::ChangeUser | Call::SetPassword | Call::ChangePlan => {
            vec![&BAD_BODY, &NOT_FOUND, &CONFLICT, &TOO_LARGE, &NOT_JSON]
        }
        Call::CreateUser | Call::CreateKey | Call::CreateOrganisation => {
            vec![&BAD_BODY, &IN_USE, &TOO_LARGE, &NOT_JSON, &KEY_REUSED]
        }
        Call::RotateKey => vec![&BAD_BODY, &NOT_FOUND, &CONFLICT, &TOO_LARGE, &NOT_JSON, &KEY_REUSED],
    }
}
