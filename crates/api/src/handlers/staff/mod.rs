//! What staff do beside records: sign in, manage users, keys, the organisation, and operators the platform.
//! One table names every call; most of them take a session and never a key (domain §2).

mod keys;
mod organisation;
mod overview;
mod platform;
mod session;
mod users;

use std::str::FromStr;
use std::sync::Arc;

use app::{Session, Tenant};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::MethodRouter;
use domain::access::{API_KEYS, ORGANISATION, PLATFORM};
use domain::definition::Resource;
use domain::json::{Layout, Object};
use domain::listing::{DEFAULT_ITEMS_PER_PAGE, Lenience, MAX_ITEMS_PER_PAGE, MAX_PAGE};
use domain::{Problem, ProblemKind, Record, RecordId, Timestamp, Violation};
use serde_json::{Value as Json, json};

use super::json_response;
use crate::body::{self, MAX_BODY};
use crate::caller::Caller;
use crate::credentials::authorise_session;
use crate::error::ApiError;
use crate::negotiate::{Taken, accepts_json};
use crate::query;
use crate::routes::add;
use crate::state::ApiState;

macro_rules! calls {
    ($($call:ident $method:ident $path:literal $operation:literal $handler:path;)*) => {
        /// A call of staff.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[expect(missing_docs, reason = "the table below says what each is")]
        pub enum StaffCall { $($call),* }

        impl StaffCall {
            /// Every call, in the order of the document.
            pub const ALL: &'static [Self] = &[$(Self::$call),*];

            /// Its method.
            #[must_use]
            pub fn method(self) -> Method {
                match self { $(Self::$call => Method::$method),* }
            }

            /// Its path.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self { $(Self::$call => $path),* }
            }

            /// The name of its operation.
            #[must_use]
            pub fn operation_id(self) -> &'static str {
                match self { $(Self::$call => $operation),* }
            }

            /// Adds its handler to a path.
            pub(crate) fn on(self, methods: MethodRouter<ApiState>) -> MethodRouter<ApiState> {
                match self { $(Self::$call => add(methods, self.method(), $handler)),* }
            }
        }
    };
}

calls! {
    SignIn POST "/api/session" "createSession" session::sign_in;
    Session GET "/api/session" "getSession" session::get;
    ChangeSession PATCH "/api/session" "patchSession" session::switch;
    SignOut DELETE "/api/session" "deleteSession" session::sign_out;
    ChangePassword POST "/api/session/password" "changeOwnPassword" session::change_password;
    Overview GET "/api/overview" "getOverview" overview::overview;
    ListUsers GET "/api/users" "listUsers" users::list;
    CreateUser POST "/api/users" "createUser" users::create;
    GetUser GET "/api/users/{id}" "getUser" users::get;
    ChangeUser PATCH "/api/users/{id}" "patchUser" users::change;
    DeleteUser DELETE "/api/users/{id}" "deleteUser" users::delete;
    SetPassword POST "/api/users/{id}/password" "setUserPassword" users::set_password;
    SignUserOut POST "/api/users/{id}/sign-out" "signUserOut" users::sign_out;
    GetOrganisation GET "/api/organisation" "getOrganisation" organisation::get;
    ChangeOrganisation PATCH "/api/organisation" "patchOrganisation" organisation::change;
    ListKeys GET "/api/api-keys" "listApiKeys" keys::list;
    CreateKey POST "/api/api-keys" "createApiKey" keys::create;
    GetKey GET "/api/api-keys/{id}" "getApiKey" keys::get;
    DeleteKey DELETE "/api/api-keys/{id}" "deleteApiKey" keys::delete;
    RevokeKey POST "/api/api-keys/{id}/revoke" "revokeApiKey" keys::revoke;
    RotateKey POST "/api/api-keys/{id}/rotate" "rotateApiKey" keys::rotate;
    FillSandbox POST "/api/sandbox/fill" "fillSandbox" organisation::fill_sandbox;
    EmptySandbox POST "/api/sandbox/empty" "emptySandbox" organisation::empty_sandbox;
    ListOrganisations GET "/api/platform/organisations" "listOrganisations" platform::list;
    CreateOrganisation POST "/api/platform/organisations" "createOrganisation" platform::create;
    GetOrganisationOf GET "/api/platform/organisations/{id}" "getOrganisationById" platform::get;
    ChangePlan PATCH "/api/platform/organisations/{id}" "patchOrganisationPlan" platform::change_plan;
    CloseOrganisation POST "/api/platform/organisations/{id}/close" "closeOrganisation" platform::close;
    EnterSupport POST "/api/platform/support" "enterSupport" platform::enter_support;
    LeaveSupport DELETE "/api/platform/support" "leaveSupport" platform::leave_support;
}

impl StaffCall {
    /// The capability that it needs of a role; none where being signed in is enough.
    #[must_use]
    pub fn capability(self) -> Option<&'static str> {
        match self {
            Self::SignIn
            | Self::Session
            | Self::ChangeSession
            | Self::SignOut
            | Self::ChangePassword
            | Self::Overview => None,
            Self::ListUsers
            | Self::CreateUser
            | Self::GetUser
            | Self::ChangeUser
            | Self::DeleteUser
            | Self::SetPassword
            | Self::SignUserOut
            | Self::GetOrganisation
            | Self::ChangeOrganisation
            | Self::FillSandbox
            | Self::EmptySandbox => Some(ORGANISATION),
            Self::ListKeys
            | Self::CreateKey
            | Self::GetKey
            | Self::DeleteKey
            | Self::RevokeKey
            | Self::RotateKey => Some(API_KEYS),
            Self::ListOrganisations
            | Self::CreateOrganisation
            | Self::GetOrganisationOf
            | Self::ChangePlan
            | Self::CloseOrganisation
            | Self::EnterSupport
            | Self::LeaveSupport => Some(PLATFORM),
        }
    }

    /// Whether it needs a credential.
    #[must_use]
    pub fn is_authenticated(self) -> bool {
        self != Self::SignIn
    }

    /// Whether only a session opens it, never a key.
    #[must_use]
    pub fn is_session_only(self) -> bool {
        !matches!(self, Self::SignIn | Self::Overview)
    }
}

/// Who calls, after what all these calls have in common was checked.
struct Admitted {
    caller: Caller,
    session: Arc<Session>,
}

impl Admitted {
    fn tenant(&self) -> &Tenant {
        &self.caller.tenant
    }
}

/// Checks the session, what its role may do, and that the call is well formed.
async fn admit(state: &ApiState, parts: &Parts, call: StaffCall) -> Result<Admitted, ApiError> {
    let admitted = admit_with_query(state, parts, call).await?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    Ok(admitted)
}

/// The same for a call with parameters of its own.
async fn admit_with_query(state: &ApiState, parts: &Parts, call: StaffCall) -> Result<Admitted, ApiError> {
    let (caller, session) = authorise_session(state, parts, call.capability()).await?;
    accepts_json(&parts.headers)?;
    Ok(Admitted { caller, session })
}

/// The JSON object in a body.
async fn object(parts: &Parts, body: Body, taken: Taken) -> Result<Object, ApiError> {
    let bytes = body::read(body, MAX_BODY).await?;
    body::object(&parts.headers, &bytes, taken)
}

/// The id in `/api/users/{id}…`: the segment at a position, from 0. What is none was never one: 404.
fn id_at<I: FromStr>(uri: &Uri, position: usize) -> Result<I, ApiError> {
    let id = uri.path().split('/').nth(position + 1).and_then(|segment| segment.parse().ok());
    id.ok_or_else(|| Problem::not_found().into())
}

/// A record as JSON.
fn shown(form: &'static Resource, now: Timestamp, record: &Record) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    Layout::new(form, None).write_record(&mut body, now, record);
    body
}

/// The part of a list that is asked for.
struct Paging {
    page: u64,
    items: u32,
}

impl Paging {
    /// Reads `page` and `itemsPerPage`, as lists of records take them.
    fn read(parts: &Parts) -> Result<Self, ApiError> {
        Self::read_with(parts, "").map(|(paging, _)| paging)
    }

    /// The same for a list that can be filtered by the id of something; `filter` is the parameter's name.
    fn read_with(parts: &Parts, filter: &str) -> Result<(Self, Option<RecordId>), ApiError> {
        let mut paging = Self { page: 1, items: DEFAULT_ITEMS_PER_PAGE };
        let mut id = None;
        let mut violations = Vec::new();
        for (name, value) in query::parameters(&parts.uri) {
            if name == filter {
                id = value.parse().ok();
                if id.is_none() {
                    let message = "The value must be an id, a UUID.";
                    violations.push(Violation::new(name, "invalid_value", message));
                }
                continue;
            }
            let number = value.parse::<u64>().ok().filter(|number| *number >= 1);
            let most = if name == "page" { MAX_PAGE } else { u64::from(MAX_ITEMS_PER_PAGE) };
            let number = number.filter(|number| *number <= most);
            let (code, message) = match (&*name, number) {
                ("page", Some(number)) => {
                    paging.page = number;
                    continue;
                }
                ("itemsPerPage", Some(number)) => {
                    paging.items = u32::try_from(number).unwrap_or(MAX_ITEMS_PER_PAGE);
                    continue;
                }
                ("page" | "itemsPerPage", None) => {
                    ("invalid_number", format!("{name} must be a whole number from 1 to {most}."))
                }
                _ => {
                    let filter = if filter.is_empty() { String::new() } else { format!(", and {filter}") };
                    ("unknown_parameter", format!("This list takes page and itemsPerPage{filter}."))
                }
            };
            violations.push(Violation::new(name, code, message));
        }
        if violations.is_empty() || query::lenience(&parts.headers) == Lenience::Lenient {
            return Ok((paging, id));
        }
        let problem =
            Problem::new(ProblemKind::InvalidQueryParameter, "Some query parameters cannot be used");
        Err(problem.violations(violations).into())
    }

    /// The page of a list that is held in memory: staff, keys and organisations are few.
    fn answer(&self, form: &'static Resource, now: Timestamp, records: &[Record]) -> Response {
        let (total, items) = (records.len(), self.items as usize);
        let before = usize::try_from(self.page - 1).unwrap_or(usize::MAX).saturating_mul(items);
        let layout = Layout::new(form, None);
        let mut body = b"{\"data\":[".to_vec();
        for (index, record) in records.iter().skip(before).take(items).enumerate() {
            if index > 0 {
                body.push(b',');
            }
            layout.write_record(&mut body, now, record);
        }
        let pages = total.div_ceil(items);
        let rest = format!(
            "],\"page\":{},\"itemsPerPage\":{items},\"totalItems\":{total},\"totalPages\":{pages},\"nextCursor\":null}}",
            self.page
        );
        body.extend_from_slice(rest.as_bytes());
        json_response(body)
    }
}

/// A body without what must not be kept, not even hashed with the rest: a password can be guessed from its
/// hash.
fn without_password(bytes: &[u8]) -> Vec<u8> {
    match domain::json::parse(bytes) {
        Ok(Json::Object(mut object)) => {
            object.remove("password");
            Json::Object(object).to_string().into_bytes()
        }
        _ => bytes.to_vec(),
    }
}

/// A session as its owner sees it.
fn session_document(session: &Session) -> Json {
    let user = &session.user;
    let organisation = session.tenant.as_ref().map(|tenant| {
        let organisation = tenant.organisation();
        json!({
            "id": organisation.id.to_string(),
            "slug": organisation.slug,
            "name": organisation.name,
            "plan": organisation.plan.name(),
            "timezone": organisation.timezone,
            "currency": organisation.currency,
            "country": organisation.country,
        })
    });
    let support = session.support.as_ref().map(|support| {
        json!({
            "reason": support.reason,
            "until": support.until.to_string(),
            "actsAs": support.acts_as.map(|user| user.to_string()),
        })
    });
    json!({
        "user": {
            "id": user.id.to_string(),
            "email": user.email,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "role": user.role.name(),
        },
        "organisation": organisation,
        "environment": session.environment().name(),
        "capabilities": session.capabilities(),
        "support": support,
        "createdAt": session.created_at.to_string(),
        "expiresAt": session.expires_at.to_string(),
    })
}

/// A body-less answer: done.
fn done() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
