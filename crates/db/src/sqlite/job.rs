//! One piece of work for the writer thread, with its result and the way back to the caller. Hides
//! the types of the work from the writer, which only needs to run, keep and answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::DbError;
use crate::stats::Counters;
use crate::tx::{Tx, TxEngine};

/// What the writer thread does with a job.
pub(super) trait Job: Send {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Does the work inside the open transaction and keeps its result; whether the work is to stay. It may be
    /// run again after what it wrote was undone.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Gives the kept result to the caller when `fate` is good, else `fate`'s error.
    fn answer(self: Box<Self>, fate: Result<(), DbError>, counters: &Counters);
}

struct Pending<F, T, E> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

/// Packs `work` for the writer thread.
pub(super) fn new<T, E, F>(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, E>>)
where
    F: for<'t> Fn(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let job = Pending { work, result: None, reply };
    (Box::new(job), answer)
}

impl<F, T, E> Job for Pending<F, T, E>
where
    F: for<'t> Fn(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &mut Connection) -> bool {
        // Unwind safe: whatever the work left in the database is rolled back by the writer, and
        // its own state is dropped here.
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = Tx::new(TxEngine::Sqlite(connection));
            let polled = poll_once((self.work)(&mut tx));
            (polled, tx.into_parts().1)
        }));
        let result = match run {
            Ok((Poll::Ready(Ok(_)), Some(error))) => Err(E::from(error)),
            Ok((Poll::Ready(result), _)) => result,
            Ok((Poll::Pending, _)) => Err(E::from(DbError::Other(
                "a write job waited for something other than its transaction; nothing of it was \
                 kept"
                    .to_owned(),
            ))),
            Err(_) => Err(E::from(DbError::Other("a write job panicked; nothing of it was kept".to_owned()))),
        };
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, fate: Result<(), DbError>, counters: &Counters) {
        let Self { work, result, reply } = *self;
        // What the caller shares with its work is the caller's to free, if it comes after.
        drop(work);
        let result = match (fate, result) {
            (Err(error), _) => Err(E::from(error)),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => {
                Err(E::from(DbError::Other("a write job was answered before it ran".to_owned())))
            }
        };
        counters.job(result.is_ok());
        // The caller may have gone away meanwhile; the work is kept all the same.
        let _ = reply.send(result);
    }
}

/// Everything a job may wait for on this engine completes at once, so one poll must do.
fn poll_once<O>(mut future: BoxFuture<'_, O>) -> Poll<O> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}
