//! Answers: the envelope of success and failure.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// What a handler gives back.
pub(crate) type Answer = Result<Json<Value>, Failure>;

/// `{"status": "OK", "result": …}`
pub(super) fn success(result: impl Into<Value>) -> Answer {
    Ok(Json(json!({ "status": "OK", "result": result.into() })))
}

/// A refusal: `{"status": "FAIL", "errors": …}`, or `{"message": …}` where the node itself did not foresee it.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    body: Value,
    refused: Refused,
}

/// Travels with the answer, for the report.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) why: String,
    /// Somebody looked for what does not exist.
    pub(super) lookup: bool,
}

impl Failure {
    pub(super) fn new(status: StatusCode, errors: Value) -> Self {
        let why = errors.as_str().map_or_else(|| errors.to_string(), ToOwned::to_owned);
        let body = json!({ "status": "FAIL", "errors": errors });
        Self { status, body, refused: Refused { why, lookup: false } }
    }

    pub(crate) fn bad_request(errors: impl Into<Value>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, errors.into())
    }

    pub(super) fn not_found(errors: impl Into<Value>) -> Self {
        Self::new(StatusCode::NOT_FOUND, errors.into()).lookup()
    }

    /// Marks a look-up of what does not exist.
    pub(super) fn lookup(mut self) -> Self {
        self.refused.lookup = true;
        self
    }

    /// An answer of the web framework: no such path, or an exception in a handler.
    pub(super) fn unhandled(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        let why = format!("{} {reason}", status.as_u16());
        Self { status, body: json!({ "message": why }), refused: Refused { why, lookup: false } }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        response.extensions_mut().insert(self.refused);
        response
    }
}
