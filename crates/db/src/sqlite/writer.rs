//! The one thread that writes, with group commit: jobs that wait while a commit reaches the disk
//! share the next one. The error of one undoes only its own work, whatever the others of its group did;
//! no job is answered before the commit that holds it is durable.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::checkpoint::Checkpointer;
use super::gather::Gather;
use super::job::Job;
use super::statement::execute;
use crate::DbError;
use crate::stats::Counters;

/// The most jobs that share a commit, and the time after which no further one is taken in: they
/// keep the first job of a group from waiting much longer than its own work and fsync.
const GROUP_JOBS: usize = 512;
const GROUP_TIME: Duration = Duration::from_millis(10);
/// For so many groups each job has a savepoint after one had to be undone.
const CAREFUL: u32 = 16;

enum Message {
    Job(Box<dyn Job>),
    Stop,
}

pub(super) struct Writer {
    queue: SyncSender<Message>,
    counters: Arc<Counters>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread; it owns `connection` until it stops.
    pub(super) fn start(
        connection: Connection,
        waiting: usize,
        counters: Arc<Counters>,
        checkpointer: Arc<Checkpointer>,
    ) -> Result<Self, DbError> {
        let (queue, jobs) = sync_channel(waiting.max(1));
        let worker = Worker {
            connection,
            jobs,
            stopping: false,
            gather: Gather::new(),
            careful: 0,
            counters: Arc::clone(&counters),
            checkpointer,
        };
        let thread = std::thread::Builder::new()
            .name("db-writer".to_owned())
            .spawn(move || worker.run())
            .map_err(|error| DbError::Unavailable(format!("cannot start the writer thread: {error}")))?;
        Ok(Self { queue, counters, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a job, or refuses it at once when too many wait.
    pub(super) fn submit(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        Counters::add(&self.counters.queued);
        self.queue.try_send(Message::Job(job)).map_err(|error| {
            self.counters.queued.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => {
                    DbError::Unavailable("too many changes are waiting to be written: try again".to_owned())
                }
                TrySendError::Disconnected(_) => DbError::closed(),
            }
        })
    }

    pub(super) fn is_running(&self) -> bool {
        let thread = self.thread.lock();
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Lets the queued jobs finish and waits for the thread to end. Blocks.
    pub(super) fn stop(&self) {
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let _ = self.queue.send(Message::Stop);
            if thread.join().is_err() {
                tracing::error!("the database writer thread panicked");
            }
        }
    }
}

struct Worker {
    connection: Connection,
    jobs: Receiver<Message>,
    stopping: bool,
    gather: Gather,
    /// Groups that are still to be run with savepoints.
    careful: u32,
    counters: Arc<Counters>,
    checkpointer: Arc<Checkpointer>,
}

impl Worker {
    fn run(mut self) {
        while let Some(first) = self.wait() {
            // Waits only while a checkpoint cuts back a log that has grown very large.
            let checkpointer = Arc::clone(&self.checkpointer);
            let gate = checkpointer.gate();
            self.group(first);
            drop(gate);
            checkpointer.wake();
        }
        self.checkpointer.finish(&self.connection);
    }

    /// The next job; nothing when the database is being closed.
    fn wait(&mut self) -> Option<Box<dyn Job>> {
        if self.stopping {
            return None;
        }
        let message = self.jobs.recv().unwrap_or(Message::Stop);
        self.unpack(message)
    }

    /// A job that waits already.
    fn waiting(&mut self) -> Option<Box<dyn Job>> {
        let message = self.jobs.try_recv().ok()?;
        self.unpack(message)
    }

    /// A job that comes within this time.
    fn coming(&mut self, within: Duration) -> Option<Box<dyn Job>> {
        match self.jobs.recv_timeout(within) {
            Ok(message) => self.unpack(message),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    fn unpack(&mut self, message: Message) -> Option<Box<dyn Job>> {
        match message {
            Message::Job(job) => {
                self.counters.queued.fetch_sub(1, Ordering::Relaxed);
                Some(job)
            }
            Message::Stop => {
                self.stopping = true;
                None
            }
        }
    }

    /// Runs `first` and the jobs that wait behind it in one transaction, then answers them all.
    fn group(&mut self, first: Box<dyn Job>) {
        if let Err(error) = self.control("BEGIN IMMEDIATE") {
            // The same fate for all that wait: each on its own would block the thread as long.
            let mut failed = vec![first];
            // All are taken before one is answered: who hears of it and tries again has a try of its own.
            while let Some(job) = self.waiting() {
                failed.push(job);
            }
            for job in failed {
                self.answer(job, Err(error.clone()));
            }
            return;
        }
        let mut ran = Vec::new();
        let fate = self.run_jobs(first, &mut ran).and_then(|keep| self.end(keep));
        if fate.is_err() {
            self.roll_back();
        }
        // A deferred constraint shows only at the commit, and does not say whose it is: each job
        // gets a transaction of its own, so that one does not spoil the others.
        if matches!(fate, Err(DbError::Constraint(_))) && ran.len() > 1 {
            for job in ran {
                self.alone(job);
            }
            return;
        }
        for job in ran {
            self.answer(job, fate.clone());
        }
    }

    /// Runs jobs until none waits or the group is full; whether there is anything to keep. `Err`
    /// when the transaction is lost.
    ///
    /// A savepoint has SQLite copy each page before it is changed, for nothing as long as no job fails.
    /// So there is none until one fails that has written: then all of the group are run again.
    fn run_jobs(&mut self, first: Box<dyn Job>, ran: &mut Vec<Box<dyn Job>>) -> Result<bool, DbError> {
        let start = Instant::now();
        self.careful = self.careful.saturating_sub(1);
        let mut keep = false;
        let mut alone = false;
        let mut next = Some(first);
        while let Some(mut job) = next {
            if job.is_abandoned() {
                Counters::add(&self.counters.jobs_skipped);
            } else {
                let before = self.connection.total_changes();
                let apart = keep && self.careful > 0;
                let run = if apart { self.in_savepoint(job.as_mut()) } else { self.run_job(job.as_mut()) };
                ran.push(job);
                let kept = run?;
                if kept || apart || self.connection.total_changes() == before {
                    keep |= kept;
                } else if keep {
                    self.careful = CAREFUL;
                    keep = self.run_again(ran)?;
                } else {
                    // What it left is undone with the transaction, so no other may share that.
                    return Ok(false);
                }
            }
            let age = start.elapsed();
            next = if ran.len() < GROUP_JOBS && age < GROUP_TIME { self.waiting() } else { None };
            if next.is_none()
                && let Some(within) = self.gather.wait(ran.len(), age)
            {
                next = self.coming(within);
                alone = next.is_none();
            }
        }
        self.gather.learn(ran.len(), alone);
        Ok(keep)
    }

    /// Undoes what a group did and runs its jobs again, each in a savepoint; whether there is anything to keep.
    fn run_again(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<bool, DbError> {
        self.control("ROLLBACK")?;
        self.control("BEGIN IMMEDIATE")?;
        let mut keep = false;
        for job in jobs {
            keep |= self.in_savepoint(job.as_mut())?;
        }
        Ok(keep)
    }

    /// Runs a job beside others of its transaction; whether it kept its work.
    fn in_savepoint(&mut self, job: &mut dyn Job) -> Result<bool, DbError> {
        self.control("SAVEPOINT job")?;
        let keep = self.run_job(job)?;
        if !keep {
            self.control("ROLLBACK TO job")?;
        }
        self.control("RELEASE job")?;
        Ok(keep)
    }

    /// Runs a job; whether its work is to stay.
    fn run_job(&mut self, job: &mut dyn Job) -> Result<bool, DbError> {
        let keep = job.run(&mut self.connection);
        if self.connection.is_autocommit() {
            // SQLite rolled all of it back by itself: it does so when the disk is full or fails.
            return Err(DbError::Unavailable(
                "the disk is full or failing, nothing of the change was kept: check the data \
                 directory"
                    .to_owned(),
            ));
        }
        Ok(keep)
    }

    /// One job in a transaction of its own.
    fn alone(&mut self, mut job: Box<dyn Job>) {
        let fate = self
            .control("BEGIN IMMEDIATE")
            .and_then(|()| self.run_job(job.as_mut()))
            .and_then(|keep| self.end(keep));
        if fate.is_err() {
            self.roll_back();
        }
        self.answer(job, fate);
    }

    /// Commits, or rolls back when there is nothing to keep: work that was undone in a savepoint
    /// would be written out otherwise, and wake every cache.
    fn end(&self, keep: bool) -> Result<(), DbError> {
        if keep {
            self.control("COMMIT")?;
            Counters::add(&self.counters.commits);
            Ok(())
        } else {
            self.control("ROLLBACK")
        }
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(%error, "a failed transaction could not be rolled back");
        }
    }

    fn answer(&self, job: Box<dyn Job>, fate: Result<(), DbError>) {
        job.answer(fate, &self.counters);
    }

    fn control(&self, sql: &str) -> Result<(), DbError> {
        execute(&self.connection, sql, &[]).map(|_| ())
    }
}
