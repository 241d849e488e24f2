//! The dispatcher: what was committed is queued, what is due is leased, sent, and its outcome stored
//! (spec: API §8). One runs in each server; the leases keep them from doing the same work.
//!
//! Everything that must not be lost is in the store. What is in memory has bounds, and may be dropped at
//! any moment: its leases end, and another dispatcher, or this one, takes it again.

mod attempt;
mod recorder;
mod rooms;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::{App, Job};
use domain::{RecordId, Timestamp};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::schedule::Schedule;
use crate::sender::{DEFAULT_TIMEOUT, Sender};
use recorder::{Outcome, Recorder};
use rooms::Rooms;

/// How the dispatcher works; the default has the times of the specification.
#[derive(Clone, Debug)]
pub struct DispatcherSettings {
    /// When deliveries are tried again.
    pub schedule: Schedule,
    /// How long a receiver may take to answer.
    pub timeout: Duration,
    /// How many deliveries of one webhook are under way at once.
    pub per_webhook: usize,
    /// How many deliveries are under way at once in all.
    pub at_once: usize,
    /// How long a lease lasts: longer than an attempt, and short enough for another server to take over
    /// within half a minute.
    pub lease: Duration,
    /// How often the store is searched for what nobody rang for.
    pub sweep: Duration,
}

impl Default for DispatcherSettings {
    fn default() -> Self {
        Self {
            schedule: Schedule::default(),
            timeout: DEFAULT_TIMEOUT,
            per_webhook: 16,
            at_once: 1_024,
            lease: Duration::from_secs(25),
            sweep: Duration::from_secs(1),
        }
    }
}

/// How long what is under way may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(20);

/// Outcomes that may wait to be stored; whoever has one more waits.
const OUTCOMES: usize = 4_096;

/// Sends what waits to be sent. Clones share everything.
#[derive(Clone)]
pub struct Dispatcher(Arc<Inner>);

struct Inner {
    app: App,
    sender: Sender,
    settings: DispatcherSettings,
    rooms: Rooms,
    at_once: Semaphore,
    outcomes: mpsc::Sender<Outcome>,
    claims: Claims,
}

/// Webhooks with deliveries that may be leased.
#[derive(Default)]
struct Claims {
    waiting: Mutex<BTreeSet<(i64, RecordId)>>,
    bell: Notify,
}

impl Claims {
    fn want(&self, tenant: i64, webhook: RecordId) {
        if self.waiting.lock().insert((tenant, webhook)) {
            self.bell.notify_one();
        }
    }

    async fn next(&self) -> BTreeSet<(i64, RecordId)> {
        loop {
            let waiting = std::mem::take(&mut *self.waiting.lock());
            if !waiting.is_empty() {
                return waiting;
            }
            self.bell.notified().await;
        }
    }
}

impl Dispatcher {
    /// Runs until `stop` turns true, then ends what is under way.
    pub async fn run(app: App, sender: Sender, settings: DispatcherSettings, stop: watch::Receiver<bool>) {
        let (outcomes, received) = mpsc::channel(OUTCOMES);
        let recorder = tokio::spawn(Recorder::new(app.clone()).run(received));
        let inner = Inner {
            rooms: Rooms::new(settings.per_webhook),
            at_once: Semaphore::new(settings.at_once),
            app,
            sender,
            settings,
            outcomes,
            claims: Claims::default(),
        };
        let dispatcher = Self(Arc::new(inner));
        let mut loops = JoinSet::new();
        loops.spawn(dispatcher.clone().fan_out_until(stop.clone()));
        loops.spawn(dispatcher.clone().claim_until(stop.clone()));
        loops.spawn(dispatcher.clone().sweep_until(stop.clone()));
        let app = dispatcher.0.app.clone();
        loops.spawn(async move { app.hear_changes(stop).await });
        while loops.join_next().await.is_some() {}
        dispatcher.finish(recorder).await;
    }

    /// Lets what is under way end and be stored; what is only leased is given back.
    async fn finish(self, recorder: tokio::task::JoinHandle<()>) {
        let inner = &self.0;
        let left = inner.rooms.close();
        if let Err(failure) = inner.app.release_deliveries(left).await {
            tracing::warn!(
                error = failure.inside(),
                "leases could not be given back; they end by themselves"
            );
        }
        let all = u32::try_from(inner.settings.at_once).unwrap_or(u32::MAX);
        if tokio::time::timeout(GRACE, inner.at_once.acquire_many(all)).await.is_err() {
            tracing::warn!("some deliveries did not end in time; they are repeated");
        }
        drop(self);
        // The recorder ends when nobody can send it anything any more.
        if tokio::time::timeout(GRACE, recorder).await.is_err() {
            tracing::warn!("outcomes of deliveries could not be stored in time; they are repeated");
        }
    }

    async fn fan_out_until(self, mut stop: watch::Receiver<bool>) {
        loop {
            let waiting = tokio::select! {
                waiting = self.0.app.wakes().next() => waiting,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            for tenant in waiting.tenants {
                self.fan_out(tenant).await;
            }
            if waiting.deliveries {
                self.find_due().await;
            }
        }
    }

    async fn claim_until(self, mut stop: watch::Receiver<bool>) {
        loop {
            let waiting = tokio::select! {
                waiting = self.0.claims.next() => waiting,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            for (tenant, webhook) in waiting {
                self.claim(tenant, webhook).await;
            }
        }
    }

    /// Finds what nobody rang for: what other processes committed, what a killed server left, what has
    /// become due.
    async fn sweep_until(self, mut stop: watch::Receiver<bool>) {
        loop {
            match self.0.app.tenants_to_fan_out().await {
                Ok(tenants) => {
                    for tenant in tenants {
                        self.fan_out(tenant).await;
                    }
                }
                Err(failure) => troubled(&failure, "changes could not be looked for"),
            }
            self.find_due().await;
            self.0.app.wakes().beat(self.0.app.now());
            tokio::select! {
                () = tokio::time::sleep(self.0.settings.sweep) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn fan_out(&self, tenant: i64) {
        loop {
            match self.0.app.fan_out(tenant, &self.0.rooms, self.lease()).await {
                Ok(done) => {
                    self.start(done.jobs);
                    for webhook in done.waiting {
                        self.0.rooms.more(webhook);
                        self.0.claims.want(tenant, webhook);
                    }
                    if !done.more {
                        return;
                    }
                }
                Err(failure) => return troubled(&failure, "changes could not be queued for webhooks yet"),
            }
        }
    }

    async fn find_due(&self) {
        match self.0.app.due_webhooks().await {
            Ok(due) => {
                for (tenant, webhook) in due {
                    self.0.rooms.more(webhook);
                    self.0.claims.want(tenant, webhook);
                }
            }
            Err(failure) => troubled(&failure, "due deliveries could not be looked for"),
        }
    }

    /// Leases as many deliveries of a webhook as there is room for.
    async fn claim(&self, tenant: i64, webhook: RecordId) {
        let rooms = &self.0.rooms;
        let room = app::Room::take(rooms, webhook, usize::MAX);
        if room == 0 {
            // Asked again when something of it has ended.
            return;
        }
        let jobs = match self.0.app.claim(tenant, webhook, room, self.lease()).await {
            Ok(jobs) => jobs,
            Err(failure) => {
                app::Room::give_back(rooms, webhook, room);
                return troubled(&failure, "due deliveries could not be leased");
            }
        };
        app::Room::give_back(rooms, webhook, room - jobs.len());
        if jobs.len() < room {
            rooms.no_more(webhook);
        }
        self.start(jobs);
    }

    fn lease(&self) -> Timestamp {
        let micros = i64::try_from(self.0.settings.lease.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.0.app.now().as_micros().saturating_add(micros))
    }

    /// Takes leased deliveries in, for which there is room, and sends what can be sent.
    fn start(&self, jobs: Vec<Job>) {
        let mut webhooks = BTreeSet::new();
        for job in jobs {
            webhooks.insert(job.endpoint.id);
            self.0.rooms.put(job);
        }
        for webhook in webhooks {
            self.pump(webhook);
        }
    }

    /// Sends of a webhook as many as may be under way at once.
    fn pump(&self, webhook: RecordId) {
        while let Some(job) = self.0.rooms.begin(webhook) {
            let dispatcher = self.clone();
            tokio::spawn(async move {
                let quick = dispatcher.attempt(&job).await;
                let tenant = job.endpoint.tenant.key();
                if dispatcher.0.rooms.end(webhook, quick) {
                    dispatcher.0.claims.want(tenant, webhook);
                }
                dispatcher.pump(webhook);
            });
        }
    }
}

/// Tells of a failure that passes or is tried again.
fn troubled(failure: &app::Failure, what: &str) {
    tracing::warn!(error = failure.inside(), "{what}; it is tried again");
}
