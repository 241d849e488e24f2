//! Something that is done once: by whom, and under which idempotency key its answer is kept.

use domain::Timestamp;

use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::idempotency::Remember;
use crate::store::ScopedTx;
use crate::tenant::Tenant;

/// By whom something is done whose result is a `T`.
#[derive(Clone, Debug)]
pub struct Act<T> {
    /// Who does it.
    pub actor: Actor,
    remember: Option<(Tenant, Remember<T>)>,
}

impl<T> From<Actor> for Act<T> {
    fn from(actor: Actor) -> Self {
        Self { actor, remember: None }
    }
}

impl<T> From<&Actor> for Act<T> {
    fn from(actor: &Actor) -> Self {
        actor.clone().into()
    }
}

impl<T> Act<T> {
    /// The same, and its answer is kept for the credential's tenant.
    #[must_use]
    pub fn remembered(self, tenant: &Tenant, remember: Option<Remember<T>>) -> Self {
        Self { remember: remember.map(|remember| (tenant.clone(), remember)), ..self }
    }

    /// Keeps the answer in the transaction of what is done.
    pub(crate) async fn keep(
        &self,
        app: &App,
        tx: &mut db::Tx<'_>,
        result: &T,
        now: Timestamp,
    ) -> Result<(), Failure> {
        match &self.remember {
            Some((tenant, remember)) => remember.keep(app, &mut ScopedTx::new(tx, tenant), result, now).await,
            None => Ok(()),
        }
    }
}
