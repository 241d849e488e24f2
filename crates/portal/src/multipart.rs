//! Forms with a file (RFC 7578): the token of the page is read first, and nothing without it.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest as _, Multipart};
use axum::http::Request;
use domain::{Problem, ProblemKind};

use crate::failure::PageError;
use crate::form::{Form, MOST};
use crate::visit::Visit;

/// How much of a file that is not wanted is read and thrown away, so that the browser can finish sending and show the
/// answer.
pub(crate) const MAX_DRAINED: usize = 256 * 1024 * 1024;

/// Begins to read the form of a visit; `none` is told where there is no form.
pub(crate) async fn open(visit: &Visit, none: fn() -> Problem) -> Result<Multipart, PageError> {
    let Some(body) = visit.take_body() else { return Err(none().into()) };
    let mut request = Request::new(body);
    request.headers_mut().clone_from(&visit.parts.headers);
    request.extensions_mut().clone_from(&visit.parts.extensions);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| none())?;
    // The token stands before the file, of which nothing is read without it.
    let token = match form.next_field().await.map_err(broken)? {
        Some(field) if field.name() == Some("_token") => field.text().await.map_err(broken)?,
        _ => String::new(),
    };
    if !visit.session.accepts_form(&token) {
        return Err(crate::router::foreign_form().into());
    }
    Ok(form)
}

/// The whole form of a visit, and the first bytes of its file, of which no more than `most` are kept.
pub(crate) async fn read(visit: &Visit, most: usize) -> Result<(Form, Vec<u8>), PageError> {
    let mut parts = open(visit, || broken_off("The form was empty")).await?;
    let (mut form, mut file, mut length, mut drained) = (Form::default(), Vec::new(), 0_usize, 0_usize);
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        let mut value = Vec::new();
        while let Some(data) = field.chunk().await.map_err(broken)? {
            if is_file {
                let room = most.saturating_sub(file.len()).min(data.len());
                file.extend(data.iter().take(room));
                drained += data.len() - room;
            } else {
                length += data.len();
                value.extend_from_slice(&data);
            }
            if length > MOST {
                let detail = "The form is larger than 1 MiB; shorten its longest texts";
                return Err(Problem::new(ProblemKind::PayloadTooLarge, detail).into());
            }
            if drained > MAX_DRAINED {
                let detail = "The file is larger than anything that is read here";
                return Err(Problem::new(ProblemKind::PayloadTooLarge, detail).into());
            }
        }
        if !is_file {
            form.0.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
    }
    Ok((form, file))
}

/// The refusal of a form that did not come whole.
pub(crate) fn broken(_: MultipartError) -> Problem {
    broken_off("The file broke off before its end; send it again")
}

fn broken_off(detail: &'static str) -> Problem {
    Problem::new(ProblemKind::MalformedRequest, detail)
}
