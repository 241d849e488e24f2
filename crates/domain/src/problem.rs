//! Every kind of error that the API can answer with, in one table, and the problem document's
//! content (RFC 9457, which obsoletes RFC 7807). How it is put on the wire is not known here.

use crate::id::RecordId;

/// A field or parameter that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which field, as a path: `email`, `speakers[0].name`, `order[email]`.
    pub property_path: String,
    /// What is wrong and what would be right, for people.
    pub message: String,
    /// A stable word for programs.
    pub code: &'static str,
}

impl Violation {
    /// A violation of the field at `path`.
    pub fn new(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { property_path: path.into(), message: message.into(), code }
    }
}

/// An error as its cause sees it; becomes a problem document on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Which row of the table.
    pub kind: ProblemKind,
    /// What happened this time, and where useful what to do.
    pub detail: String,
    /// All fields or parameters at fault.
    pub violations: Vec<Violation>,
    /// What to do next, when it is more than the detail says.
    pub hint: Option<String>,
    /// Seconds after which trying again may help (`Retry-After`).
    pub retry_after: Option<u32>,
    /// A word of another standard for the same thing, as an extra member.
    pub code: Option<&'static str>,
    /// The record that took the place of the one asked for.
    pub merged_into: Option<RecordId>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            kind,
            detail,
            violations: Vec::new(),
            hint: None,
            retry_after: None,
            code: None,
            merged_into: None,
        }
    }

    /// A body whose fields break these rules.
    #[must_use]
    pub fn validation(violations: Vec<Violation>) -> Self {
        let problem = Self::new(ProblemKind::ValidationError, "One or more fields failed validation");
        Self { violations, ..problem }
    }

    /// A business rule that forbids the change, and what to do about it.
    pub fn rule(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ProblemKind::RuleViolation, detail).hint(hint)
    }

    /// A record that does not exist for the caller.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ProblemKind::NotFound, "There is nothing at this address for this credential")
    }

    /// A record that was merged into another one.
    #[must_use]
    pub fn merged(into: RecordId) -> Self {
        let problem = Self::new(ProblemKind::Gone, format!("The record was merged into {into}"));
        Self { merged_into: Some(into), ..problem.hint("Use the survivor's id from now on.") }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the fields at fault.
    #[must_use]
    pub fn violations(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }

    /// Adds another standard's word for the same thing.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds when to try again, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// What the table says about one kind of problem.
#[derive(Clone, Copy, Debug)]
pub struct ProblemEntry {
    /// The last segment of its type URL.
    pub slug: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The same short title each time.
    pub title: &'static str,
    /// Why it happens, for the page behind the type URL.
    pub cause: &'static str,
    /// What to do, for the page behind the type URL.
    pub cure: &'static str,
}

macro_rules! problems {
    ($($kind:ident $status:literal $slug:literal $title:literal $cause:literal $cure:literal)*) => {
        /// The kinds of problem (spec: API §2 and §5).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[expect(missing_docs, reason = "each variant's entry says what it is")]
        pub enum ProblemKind { $($kind),* }

        impl ProblemKind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The kind's row of the table.
            #[must_use]
            pub const fn entry(self) -> ProblemEntry {
                match self {
                    $(Self::$kind => ProblemEntry {
                        slug: $slug, status: $status, title: $title, cause: $cause, cure: $cure,
                    }),*
                }
            }
        }
    };
}

problems! {
    ValidationError 400 "validation-error" "Validation Failed"
        "One or more fields of the body break a rule. All of them are listed in `violations`, each with the path of the field, a message and a stable code."
        "Mend the fields that are named and send the request again. The resource's schema in the API reference tells each field's rules."
    InvalidQueryParameter 400 "invalid-query-parameter" "Invalid Query Parameter"
        "A query parameter is unknown or its value cannot be read. Parameters are never ignored silently, because a misspelt filter would return records that you did not ask for."
        "Correct the parameters named in `violations`, or send `Prefer: handling=lenient` to have unknown ones ignored."
    MalformedJson 400 "malformed-json" "Malformed JSON"
        "The body is not one well-formed JSON object: a syntax error, a key given twice, a number out of range, nesting too deep, or bytes that are not UTF-8. The detail names line and column."
        "Produce the body with a JSON library and send it as UTF-8."
    MalformedRequest 400 "malformed-request" "Malformed Request"
        "A header or the address of the request cannot be read."
        "Correct the part that the detail names and send the request again."
    MissingCredentials 401 "missing-credentials" "Missing Credentials"
        "The request has neither an `Authorization` header nor the cookie of a session that still runs."
        "Send `Authorization: Bearer KEY` with an API key. An administrator makes keys under Settings > API Keys or with `memberpulse api-key create`."
    InvalidApiKey 401 "invalid-api-key" "Invalid API Key"
        "The API key is not one that this server knows, or it is mistyped: a key ends in a checksum that catches typing errors."
        "Copy the whole key again, without spaces or quotes. If it was lost, make a new one: keys are shown once only."
    InvalidCredentials 401 "invalid-credentials" "Invalid Credentials"
        "Nobody signs in with this e-mail address and this password. Which of the two is wrong is not told."
        "Check both and try again; after several failures wait as long as `Retry-After` says. An administrator of the organisation can set a new password."
    ExpiredApiKey 401 "expired-api-key" "Expired API Key"
        "The API key's expiry has passed."
        "Make a new key, or rotate keys before they expire."
    RevokedApiKey 401 "revoked-api-key" "Revoked API Key"
        "The API key was revoked by an administrator, or its organisation was closed."
        "Ask an administrator of the organisation for a new key."
    WrongEnvironment 401 "wrong-environment" "Wrong Environment"
        "The API key belongs to the other environment than the address that was called: `mp_live_` keys work on the production address, `mp_test_` keys on the sandbox."
        "Use the base URL that the detail names, or a key of this environment."
    IpNotAllowed 403 "ip-not-allowed" "Address Not Allowed"
        "The API key is limited to certain client addresses, and this request came from another."
        "Call from an allowed address, or have an administrator change the key's list."
    InsufficientScope 403 "insufficient-scope" "Insufficient Scope"
        "The API key is valid but does not carry the scope that this call needs, or the role of who is signed in does not allow it; the detail says which."
        "Use a key with that scope, or have an administrator make one. What no key may do, an administrator does who is signed in."
    AccountSuspended 403 "account-suspended" "Account Suspended"
        "The password is right, but the account was suspended by an administrator, or its organisation was closed."
        "Ask an administrator of the organisation."
    CrossOriginRequest 403 "cross-origin-request" "Cross-Origin Request"
        "A change was asked for with a session cookie, but neither `Sec-Fetch-Site` nor `Origin` says that the request comes from a page of this server."
        "Programs use an API key. A page of this server needs to do nothing: browsers send these headers by themselves."
    NotFound 404 "not-found" "Not Found"
        "There is nothing at this address for this credential: the path is unknown, the id was never used, the record was deleted, or it belongs to another organisation or environment."
        "Check the path and the id, and that the key belongs to the organisation and environment you mean."
    Gone 410 "gone" "Gone"
        "The record was merged into another one, which the detail and the member `mergedInto` name; or the answer kept for an `Idempotency-Key` told of somebody who was erased."
        "Use the survivor's id from now on."
    MethodNotAllowed 405 "method-not-allowed" "Method Not Allowed"
        "The path exists but not with this HTTP method; the `Allow` header lists those it takes."
        "Use one of the methods in `Allow`."
    NotAcceptable 406 "not-acceptable" "Not Acceptable"
        "The `Accept` header asks for a representation that this path does not have."
        "Accept one of the media types that the detail names, or leave the header out for JSON."
    RequestTimeout 408 "request-timeout" "Request Timeout"
        "The request took longer than the server waits: the body arrived too slowly, or the work could not be finished in time. A change that was not acknowledged may or may not have been made."
        "Try again; for a POST use an Idempotency-Key, so that nothing is done twice."
    Conflict 409 "conflict" "Conflict"
        "A value that must be unique is in use by another record, or two requests changed the same thing at once."
        "`violations` names the fields. Use another value, or update the record that has it."
    RuleViolation 409 "rule-violation" "Business Rule Violation"
        "The request is well formed, but a rule of the business forbids it in the record's present state."
        "The detail names the rule; `hint` says what to do first."
    PreconditionFailed 412 "precondition-failed" "Precondition Failed"
        "The record is not at the version that `If-Match` names: somebody changed it since you read it."
        "Read the record again, apply your change to what it is now, and send its new ETag."
    PayloadTooLarge 413 "payload-too-large" "Payload Too Large"
        "The body is larger than the limit: 1 MiB, for batches 8 MiB."
        "Send less at once; split large work into several batches."
    UriTooLong 414 "uri-too-long" "Address Too Long"
        "The path and query together are longer than 16 KiB."
        "Ask for fewer values in one request."
    UnsupportedMediaType 415 "unsupported-media-type" "Unsupported Media Type"
        "The `Content-Type` of the body is not one that this call takes."
        "Send JSON with `Content-Type: application/json`; for PATCH also `application/merge-patch+json`."
    IdempotencyKeyReused 422 "idempotency-key-reused" "Idempotency Key Reused"
        "The same `Idempotency-Key` was used for a different request in the last 24 hours."
        "Use a new key for each new request, and the same key only to repeat the same request."
    RateLimitExceeded 429 "rate-limit-exceeded" "Rate Limit Exceeded"
        "The organisation has used its plan's requests for this hour, or too many failed attempts came from this address."
        "Wait as long as `Retry-After` says. `GET /api/rate-limit` tells the state and costs nothing."
    InternalError 500 "internal-error" "Internal Error"
        "Something went wrong inside the server. It has been logged under the request id."
        "Try again. If it persists, report the request id."
    Unavailable 503 "unavailable" "Temporarily Unavailable"
        "The server cannot do the work right now: it is overloaded, starting, stopping, or its database cannot be reached. An unacknowledged change was not made."
        "Try again after the seconds that `Retry-After` names."
}

impl ProblemKind {
    /// The kind with this slug.
    #[must_use]
    pub fn by_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.entry().slug == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_distinct() {
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::by_slug(kind.entry().slug), Some(*kind));
        }
    }
}
