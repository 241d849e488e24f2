//! Limits that every request is held to, and panics that must not end a connection.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;

/// How long sending a file may take: 32 MiB at 500 kbit/s.
pub const FILE_TIME: Duration = Duration::from_mins(10);
const LONGEST_ADDRESS: usize = 16 * 1024;

/// Why a request was not answered by its handler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cut {
    /// Its path and query are too long together.
    AddressTooLong,
    /// It took longer than this; a change may or may not have been made.
    TimedOut(Duration),
    /// The handler panicked with these words, which only the log is told.
    Panicked(String),
}

/// Has a request answered within the limits.
pub async fn guard(request: Request, next: Next, time: Duration) -> Result<Response, Cut> {
    let length = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if length > LONGEST_ADDRESS {
        return Err(Cut::AddressTooLong);
    }
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(time, work).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(panic)) => Err(Cut::Panicked(format!("panic: {}", panic_text(&*panic)))),
        Err(_) => Err(Cut::TimedOut(time)),
    }
}

impl Cut {
    /// What happened, for the client.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::AddressTooLong => "The address is longer than 16 KiB".to_owned(),
            Self::TimedOut(time) => format!(
                "The request took longer than {} seconds; a change may or may not have been made",
                time.as_secs()
            ),
            Self::Panicked(_) => "Something went wrong inside the server".to_owned(),
        }
    }

    /// What only the log is told.
    #[must_use]
    pub fn inside(&self) -> Option<String> {
        match self {
            Self::Panicked(text) => Some(text.clone()),
            Self::AddressTooLong | Self::TimedOut(_) => None,
        }
    }
}

/// The text of a panic when it stands in the program; one made at run time may hold somebody's data.
fn panic_text(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("its words are not told, they may hold data")
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, resume_unwind};

    use super::*;

    #[test]
    fn what_a_panic_says_of_data_is_not_told() {
        let email = "jane@example.org";
        let panic = catch_unwind(|| resume_unwind(Box::new(format!("no such member: {email}")))).unwrap_err();
        assert!(!panic_text(&*panic).contains("jane"));
        let panic = catch_unwind(|| resume_unwind(Box::new("no such member"))).unwrap_err();
        assert_eq!(panic_text(&*panic), "no such member");
    }
}
