//! From a name to the addresses that are connected to.
//!
//! The HTTP client asks here and nowhere else, and connects to what it is given: the address that was judged
//! is the address that is used, whatever DNS says a moment later. It must never remember an answer.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::guard::Guard;

/// Addresses on their way.
pub type LookingUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows which addresses a name has; tests bring their own.
pub trait Lookup: Send + Sync + fmt::Debug {
    /// Asks for all addresses of a name, in the order in which they are to be tried.
    fn lookup(&self, name: &str) -> LookingUp;
}

/// The system's resolver, with its hosts file and its DNS servers.
#[derive(Clone, Copy, Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: &str) -> LookingUp {
        let name = name.to_owned();
        Box::pin(async move {
            Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// A name that has no address, or whose addresses could not be asked for.
#[derive(Debug)]
pub(crate) struct NameNotFound {
    pub(crate) name: String,
    source: Option<io::Error>,
}

/// The only resolver that the HTTP client has.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    guard: Guard,
    lookup: Arc<dyn Lookup>,
}

impl GuardedResolver {
    pub(crate) fn new(guard: Guard, lookup: Arc<dyn Lookup>) -> Self {
        Self { guard, lookup }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.guard;
        let asked = self.lookup.lookup(name.as_str());
        Box::pin(async move {
            let name = name.as_str();
            let not_found = |source| NameNotFound { name: name.to_owned(), source };
            let found = asked.await.map_err(|error| not_found(Some(error)))?;
            if found.is_empty() {
                return Err(not_found(None).into());
            }
            let allowed = guard.check_addresses(name, &found)?;
            // The client puts the URL's port in the place of 0.
            let addresses: Addrs = Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

impl fmt::Display for NameNotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no address", self.name)
    }
}

impl Error for NameNotFound {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
