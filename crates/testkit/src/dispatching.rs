//! A dispatcher of webhooks that runs while a test holds it.

use std::time::Duration;

use app::App;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use webhooks::{Dispatcher, DispatcherSettings, Sender, Settings};

use crate::app::TestApp;

/// A running dispatcher. It looks for work often, since the test's clock, not time, makes things due.
pub struct Dispatching {
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl TestApp {
    /// Starts a dispatcher on this application.
    #[must_use]
    pub fn dispatching(&self) -> Dispatching {
        let settings =
            DispatcherSettings { sweep: Duration::from_millis(20), ..DispatcherSettings::default() };
        Dispatching::of(&self.app, settings)
    }
}

impl Dispatching {
    /// Starts a dispatcher with these settings.
    #[must_use]
    pub fn of(app: &App, settings: DispatcherSettings) -> Self {
        let sender = Sender::new(Settings { private_allowed: true, ..Settings::default() });
        let sender = sender.unwrap_or_else(|error| panic!("no sender: {error}"));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(Dispatcher::run(app.clone(), sender, settings, stopped));
        Self { stop, task: Some(task) }
    }

    /// Stops it in order, as a server does.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if let Some(task) = self.task.take() {
            task.await.unwrap_or_else(|error| panic!("the dispatcher fell: {error}"));
        }
    }
}

impl Drop for Dispatching {
    /// Ends it at once, as a kill does.
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
