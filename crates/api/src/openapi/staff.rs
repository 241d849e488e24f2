//! The calls of staff in the document: what each is, takes, answers and can refuse. Bodies and records come
//! from the definitions in `domain::staff`; what is put together of several has its schema here.

use app::{Environment, Plan};
use domain::access::{Role, matrix};
use domain::definition::{Registry, Resource};
use domain::staff::{
    API_KEY, FORMS, NEW_KEY, NEW_ORGANISATION, NEW_PASSWORD, NEW_USER, ORGANISATION, PASSWORD_CHANGE,
    PLAN_CHANGE, ROTATION, SIGN_IN, SUPPORT, SWITCH, USER,
};
use serde_json::Value as Json;
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AnyOfBuilder, SchemaType};
use utoipa::openapi::{
    ArrayBuilder, ContentBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Required, Schema, Type,
};

use super::examples;
use super::fields::{View, known, named, object};
use super::schemas::{closed_record, integer, name, nullable_text, text, uuid};
use super::{JSON, MERGE_PATCH, operations::GENERAL};
use crate::handlers::staff::StaffCall;

pub(super) const SESSION: &str = "Session";
pub(super) const USERS: &str = "Users";
pub(super) const ORGANISATIONS: &str = "Organisation";
pub(super) const KEYS: &str = "API keys";
pub(super) const PLATFORM: &str = "Platform";

/// The tags and what they are about.
pub(super) const TAGS: [(&str, &str); 5] = [
    (SESSION, "Signing in to the portal, and what a session does to itself."),
    (USERS, "The organisation's staff, who sign in. Members are something else: records."),
    (ORGANISATIONS, "The organisation's settings."),
    (KEYS, "The API keys of the environment that the session has open."),
    (PLATFORM, "What operators of the platform do: organisations, plans, support."),
];

/// What a call answers when all goes well.
pub(super) enum Success {
    /// 200 with this schema.
    Shown(&'static str),
    /// 201 with this schema.
    Made(&'static str),
    /// 204.
    Done,
}

/// A call in words: its tag, what it does in short, and in full.
pub(super) fn words_of(call: StaffCall) -> (&'static str, &'static str, &'static str) {
    use StaffCall as Call;
    match call {
        Call::SignIn => (
            SESSION,
            "Sign in",
            "Answers with the session and its cookie. After several failures, of the account or of the client's \
             address, further attempts have to wait, longer each time.",
        ),
        Call::Session => (SESSION, "Show the session", "Who is signed in, where, and what the role allows."),
        Call::ChangeSession => (
            SESSION,
            "Change the environment",
            "Opens production or the sandbox from now on, in this session.",
        ),
        Call::SignOut => {
            (SESSION, "Sign out", "Ends the session, or with `everywhere=true` all of the user's.")
        }
        Call::ChangePassword => (
            SESSION,
            "Change one's own password",
            "Takes the present password, too. All sessions of the user end: sign in with the new one.",
        ),
        Call::Overview => (
            GENERAL,
            "Show the overview",
            "Figures of the environment, each with the path of the list behind it. Parts that the credential may \
             not read are null.",
        ),
        Call::ListUsers => (USERS, "List users", "The organisation's staff, oldest first."),
        Call::CreateUser => (
            USERS,
            "Add a user",
            "Answers with the new user. A password is never shown again, nor kept with an `Idempotency-Key`.",
        ),
        Call::GetUser => (USERS, "Get a user", "Answers with one of the organisation's staff."),
        Call::ChangeUser => (
            USERS,
            "Change a user",
            "A JSON Merge Patch (RFC 7396). Whoever is suspended is signed out at once. The last active \
             administrator cannot be suspended or given another role.",
        ),
        Call::DeleteUser => (
            USERS,
            "Delete a user",
            "For good. What the user did stays in the audit log. The last active administrator cannot be deleted.",
        ),
        Call::SetPassword => (
            USERS,
            "Set a user's password",
            "For somebody else; one's own is changed with the present one. All sessions of the user end.",
        ),
        Call::SignUserOut => (USERS, "Sign a user out", "Ends all sessions of the user."),
        Call::GetOrganisation => {
            (ORGANISATIONS, "Get the organisation", "Answers with the organisation and its settings.")
        }
        Call::ChangeOrganisation => {
            (ORGANISATIONS, "Change the organisation", "A JSON Merge Patch (RFC 7396) of its settings.")
        }
        Call::FillSandbox => (
            ORGANISATIONS,
            "Fill the sandbox with sample data",
            "Members, events and courses of an invented association. Only in the sandbox, and only while it is \
             empty.",
        ),
        Call::EmptySandbox => (
            ORGANISATIONS,
            "Empty the sandbox",
            "Deletes every member, event and course of the sandbox, whatever rules protect them. Where `complete` \
             is false there is more: call it again. Production is never emptied.",
        ),
        Call::ListKeys => (KEYS, "List API keys", "All keys of the environment, oldest first."),
        Call::CreateKey => (
            KEYS,
            "Make an API key",
            "Answers with the key itself, once. It is not kept with an `Idempotency-Key` either: a repetition is \
             answered with `\"key\": null`.",
        ),
        Call::GetKey => (KEYS, "Get an API key", "Answers with what is kept of a key."),
        Call::DeleteKey => (KEYS, "Delete an API key", "Revokes the key at once; it stays in the list."),
        Call::RevokeKey => (KEYS, "Revoke an API key", "At once and for good. Answers with the key."),
        Call::RotateKey => (
            KEYS,
            "Rotate an API key",
            "Answers with a new key of the same name, scopes and addresses, once. The old one lives on for as \
             many days as the body says.",
        ),
        Call::ListOrganisations => (PLATFORM, "List organisations", "All organisations, oldest first."),
        Call::CreateOrganisation => {
            (PLATFORM, "Create an organisation", "With its production and sandbox environments.")
        }
        Call::GetOrganisationOf => (PLATFORM, "Get an organisation", "Answers with one organisation."),
        Call::ChangePlan => (PLATFORM, "Change an organisation's plan", "From its next hour of requests on."),
        Call::CloseOrganisation => (
            PLATFORM,
            "Close an organisation",
            "Its keys and sessions are refused from now on; its data stays.",
        ),
        Call::EnterSupport => (
            PLATFORM,
            "Enter an organisation as support",
            "For 30 minutes at most. The reason and all that is done are in the organisation's audit log, with \
             both identities. Answers with the session.",
        ),
        Call::LeaveSupport => {
            (PLATFORM, "Leave support", "Answers with the session, outside the organisation.")
        }
    }
}

/// What a call takes.
pub(super) fn body(call: StaffCall) -> Option<RequestBody> {
    use StaffCall as Call;
    let given = |form| Some(json_body(form, "", true));
    match call {
        Call::SignIn => given(&SIGN_IN),
        Call::ChangePassword => given(&PASSWORD_CHANGE),
        Call::CreateUser => given(&NEW_USER),
        Call::SetPassword => given(&NEW_PASSWORD),
        Call::CreateKey => given(&NEW_KEY),
        Call::RotateKey => Some(json_body(&ROTATION, "", false)),
        Call::CreateOrganisation => given(&NEW_ORGANISATION),
        Call::EnterSupport => given(&SUPPORT),
        Call::ChangeSession => Some(patch_body(&SWITCH, "")),
        Call::ChangeUser => Some(patch_body(&USER, "Patch")),
        Call::ChangeOrganisation => Some(patch_body(&ORGANISATION, "Patch")),
        Call::ChangePlan => Some(patch_body(&PLAN_CHANGE, "")),
        _ => None,
    }
}

fn json_body(form: &'static Resource, suffix: &str, required: bool) -> RequestBody {
    let required = if required { Required::True } else { Required::False };
    RequestBodyBuilder::new().required(Some(required)).content(JSON, content(form, suffix)).build()
}

fn patch_body(form: &'static Resource, suffix: &str) -> RequestBody {
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    body.content(MERGE_PATCH, content(form, suffix)).content(JSON, content(form, suffix)).build()
}

fn content(form: &'static Resource, suffix: &str) -> utoipa::openapi::Content {
    let schema = Ref::from_schema_name(name(form, suffix));
    ContentBuilder::new().schema(Some(schema)).example(Some(examples::complete(form))).build()
}

/// What a call answers.
pub(super) fn success(call: StaffCall) -> Success {
    use StaffCall as Call;
    match call {
        Call::SignIn | Call::Session | Call::ChangeSession | Call::EnterSupport | Call::LeaveSupport => {
            Success::Shown("Session")
        }
        Call::Overview => Success::Shown("Overview"),
        Call::FillSandbox => Success::Shown("SandboxFilled"),
        Call::EmptySandbox => Success::Shown("SandboxEmptied"),
        Call::ListUsers => Success::Shown("UserList"),
        Call::CreateUser => Success::Made("User"),
        Call::GetUser | Call::ChangeUser => Success::Shown("User"),
        Call::ListKeys => Success::Shown("ApiKeyList"),
        Call::GetKey | Call::RevokeKey => Success::Shown("ApiKey"),
        Call::CreateKey | Call::RotateKey => Success::Made("CreatedApiKey"),
        Call::ListOrganisations => Success::Shown("OrganisationList"),
        Call::CreateOrganisation => Success::Made("Organisation"),
        Call::GetOrganisation
        | Call::ChangeOrganisation
        | Call::GetOrganisationOf
        | Call::ChangePlan
        | Call::CloseOrganisation => Success::Shown("Organisation"),
        Call::SignOut
        | Call::ChangePassword
        | Call::DeleteUser
        | Call::SetPassword
        | Call::SignUserOut
        | Call::DeleteKey => Success::Done,
    }
}

/// Whose id stands in the path.
pub(super) fn in_path(call: StaffCall) -> Option<&'static Resource> {
    let path = call.path();
    let of = |prefix: &str, form: &'static Resource| path.starts_with(prefix).then_some(form);
    of("/api/users/{id}", &USER)
        .or_else(|| of("/api/api-keys/{id}", &API_KEY))
        .or_else(|| of("/api/platform/organisations/{id}", &ORGANISATION))
}

/// Whether a call takes an `Idempotency-Key`: those that make something.
pub(super) fn is_repeatable(call: StaffCall) -> bool {
    matches!(success(call), Success::Made(_))
}

/// Whether a call answers with a list.
pub(super) fn is_list(call: StaffCall) -> bool {
    matches!(call, StaffCall::ListUsers | StaffCall::ListKeys | StaffCall::ListOrganisations)
}

/// The named schemas.
pub(super) fn schemas(registry: Registry) -> Vec<(String, ObjectBuilder)> {
    let shown = [&USER, &ORGANISATION, &API_KEY];
    let is_shown = |form: &Resource| shown.iter().any(|it| std::ptr::eq(*it, form));
    let mut all = Vec::new();
    for form in FORMS.iter() {
        let view = if is_shown(form) { View::Shown } else { View::Given };
        all.push((name(form, ""), object(form.fields, view, None).description(Some(form.doc))));
    }
    for form in [&USER, &ORGANISATION] {
        let doc = format!("Changes of the {} as a JSON Merge Patch: what is left out stays.", form.noun());
        let patch = object(form.fields, View::Patch, None).description(Some(doc));
        all.push((name(form, "Patch"), patch.examples([examples::complete(form)])));
    }
    all.extend(shown.map(|form| (name(form, "List"), list(form))));
    let key = nullable_text().description(Some(
        "The key itself, this once; null where the answer is given again for an `Idempotency-Key`.",
    ));
    let made = object(API_KEY.fields, View::Shown, None).property("key", key).required("key");
    all.push(("CreatedApiKey".to_owned(), made.description(Some("A new key."))));
    all.push(("Session".to_owned(), session(registry)));
    all.push(("Overview".to_owned(), overview()));
    all.push(("Figure".to_owned(), figure()));
    all.extend(sandbox());
    all
}

fn list(form: &'static Resource) -> ObjectBuilder {
    let data = ArrayBuilder::new().items(Ref::from_schema_name(name(form, "")));
    let number = |doc: &str| integer().description(Some(doc));
    let null = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    closed_record([
        ("data", data.description(Some("What this page has.")).into()),
        ("page", number("The number of this page, from 1.").into()),
        ("itemsPerPage", number("The most that this page can have.").into()),
        ("totalItems", number("How many there are in all.").into()),
        ("totalPages", number("How many pages they make.").into()),
        ("nextCursor", null.description(Some("Always null: these lists go by pages.")).into()),
    ])
    .description(Some("A page of a list."))
}

fn session(registry: Registry) -> ObjectBuilder {
    let words = |doc: &str, words: Vec<&'static str>| text(doc).enum_values(Some(words));
    let moment = |doc: &str| text(doc).format(known(KnownFormat::DateTime));
    let named_text = |doc: &str| nullable_text().description(Some(doc));
    let roles = Role::ALL.iter().map(|it| it.name()).collect();
    let user = closed_record([
        ("id", uuid("The user's id.").into()),
        ("email", text("The user's e-mail address.").into()),
        ("firstName", named_text("First name.").into()),
        ("lastName", named_text("Last name.").into()),
        ("role", words("The user's own role.", roles).into()),
    ]);
    let plans = Plan::ALL.iter().map(|it| it.name()).collect();
    let organisation = closed_record([
        ("id", uuid("The organisation's id.").into()),
        ("slug", text("Its short name.").into()),
        ("name", text("Its name.").into()),
        ("plan", words("Its plan.", plans).into()),
        ("timezone", text("Its IANA time zone.").into()),
        ("currency", text("Its ISO 4217 currency.").into()),
        ("country", text("Its ISO 3166-1 alpha-2 country.").into()),
    ]);
    let acts_as = nullable_text().format(named("uuid"));
    let support = closed_record([
        ("reason", text("Why, as was stated.").into()),
        ("until", moment("When it ends by itself.").into()),
        ("actsAs", acts_as.description(Some("The user in whose place it is done, if there is one.")).into()),
    ]);
    let names = matrix(registry).into_iter().map(|row| Json::from(row.name));
    let capability = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    let capabilities = ArrayBuilder::new().items(capability);
    let environments = Environment::ALL.iter().map(|it| it.name()).collect();
    closed_record([
        ("user", user.description(Some("Who is signed in.")).into()),
        (
            "organisation",
            or_null(organisation, "The organisation that is open; null for an operator outside support."),
        ),
        ("environment", words("The environment that is open.", environments).into()),
        ("capabilities", capabilities.description(Some("What the role allows.")).into()),
        ("support", or_null(support, "Set while an operator is in the organisation as support.")),
        ("createdAt", moment("When the user signed in.").into()),
        ("expiresAt", moment("When the session ends, if it is not used until then.").into()),
    ])
    .description(Some("The session of who is signed in."))
}

pub(super) fn or_null(object: ObjectBuilder, doc: &str) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    Schema::from(AnyOfBuilder::new().item(object).item(null).description(Some(doc)).build()).into()
}

fn sandbox() -> [(String, ObjectBuilder); 2] {
    let count = |doc: &str| integer().description(Some(doc));
    let complete = ObjectBuilder::new().schema_type(Type::Boolean);
    let filled = closed_record([("created", count("Records that were made.").into())]);
    let emptied = closed_record([
        ("deleted", count("Records that were deleted.").into()),
        ("complete", complete.description(Some("Whether nothing is left.")).into()),
    ]);
    [
        ("SandboxFilled".to_owned(), filled.description(Some("What the sandbox was filled with."))),
        ("SandboxEmptied".to_owned(), emptied.description(Some("What was deleted of the sandbox."))),
    ]
}

fn figure() -> ObjectBuilder {
    let count = integer().description(Some("How many."));
    closed_record([
        ("name", text("What is counted: a status, or a month such as `2026-11`.").into()),
        ("count", count.into()),
        ("path", text("The path of the list of just these.").into()),
    ])
    .description(Some("A number, and the list behind it."))
}

fn overview() -> ObjectBuilder {
    let figures = |doc: &str| -> RefOr<Schema> {
        ArrayBuilder::new().items(Ref::from_schema_name("Figure")).description(Some(doc)).into()
    };
    let moment = |doc: &str| text(doc).format(known(KnownFormat::DateTime));
    let members = closed_record([
        ("byStatus", figures("Members by status.")),
        ("joined", figures("Members who joined in each of the last twelve months, oldest first.")),
    ]);
    let event = closed_record([
        ("id", uuid("The event's id.").into()),
        ("name", text("Its name.").into()),
        ("status", text("Its status.").into()),
        ("eventStart", moment("When it starts.").into()),
        ("timezone", text("Its IANA time zone.").into()),
        ("path", text("Where it can be read.").into()),
    ]);
    let events = closed_record([
        ("data", ArrayBuilder::new().items(event).description(Some("Soonest first.")).into()),
        ("path", text("The path of the whole list.").into()),
    ]);
    let todo = closed_record([
        (
            "kind",
            text(
                "A stable word for what it is: `api_key_expires`, `webhook_failing`, `webhook_switched_off`, \
                 `integration_failing`.",
            )
            .into(),
        ),
        ("title", text("What it is, for people.").into()),
        ("path", text("The path of what it is about.").into()),
    ]);
    let count = |doc: &str| integer().description(Some(doc));
    let live = ObjectBuilder::new().schema_type(Type::Null);
    let live = AnyOfBuilder::new().item(Ref::from_schema_name("Figure")).item(live);
    let api_use = closed_record([
        ("limit", count("Requests that the plan allows in an hour.").into()),
        ("used", count("Requests that are used in this window.").into()),
        ("remaining", count("Requests that are left.").into()),
        ("resetAt", moment("When the window ends.").into()),
        ("path", text("Where the state can be read.").into()),
    ]);
    closed_record([
        ("members", or_null(members, "About members; null where they may not be read.")),
        ("nextEvents", or_null(events, "The next events; null where they may not be read.")),
        ("coursesLive", Schema::from(live.description(Some("Courses that are published.")).build()).into()),
        ("apiUse", api_use.description(Some("The plan's limit, and what of it API keys have used.")).into()),
        ("todo", ArrayBuilder::new().items(todo).description(Some("What somebody should see to.")).into()),
    ])
    .description(Some("Figures of an organisation's environment."))
}
