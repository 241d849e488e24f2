//! The file of a form (RFC 7578), passed on as it comes: it is never held in memory as a whole.

use app::ImportJob;
use axum::extract::{FromRequest as _, Multipart};
use axum::http::Request;
use domain::{Problem, ProblemKind, Resource};

use super::no_file;
use crate::failure::PageError;
use crate::visit::Visit;

/// How much of a file that is refused is read and thrown away, so that the browser can finish sending and
/// show the answer.
const MAX_DRAINED: usize = 256 * 1024 * 1024;

/// Takes the file of a form in.
pub(super) async fn receive(visit: &Visit, resource: &'static Resource) -> Result<ImportJob, PageError> {
    let Some(body) = visit.take_body() else { return Err(no_file().into()) };
    let mut request = Request::new(body);
    request.headers_mut().clone_from(&visit.parts.headers);
    request.extensions_mut().clone_from(&visit.parts.extensions);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| no_file())?;
    // The token stands before the file, of which nothing is read without it.
    let token = match form.next_field().await.map_err(broken)? {
        Some(field) if field.name() == Some("_token") => field.text().await.map_err(broken)?,
        _ => String::new(),
    };
    if !visit.session.accepts_form(&token) {
        return Err(crate::router::foreign_form().into());
    }
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let name = field.file_name().unwrap_or_default().to_owned();
        if field.name() != Some("file") || name.is_empty() {
            continue;
        }
        let tenant = visit.tenant()?;
        let mut taken = visit.app.begin_import(tenant, &visit.actor(), resource, &name).await?;
        let (mut refused, mut drained) = (None, 0);
        while let Some(data) = field.chunk().await.map_err(broken)? {
            if refused.is_none() {
                refused = taken.write(&data).await.err();
            } else if drained > MAX_DRAINED {
                break;
            } else {
                drained += data.len();
            }
        }
        return match refused {
            Some(failure) => Err(failure.into()),
            None => Ok(taken.finish().await?),
        };
    }
    Err(no_file().into())
}

fn broken(_: axum::extract::multipart::MultipartError) -> Problem {
    Problem::new(ProblemKind::MalformedRequest, "The file broke off before its end; send it again")
}
