//! Attempts to sign in, by account and by client address: after some that failed, the next has to wait,
//! longer each time. Stored, so that several servers agree and a restart forgives nothing.

use std::net::{IpAddr, Ipv6Addr};

use db::{DbError, Param, Tx};
use domain::Timestamp;
use domain::text::fold;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::failure::Failure;
use crate::store::System;

/// Seconds without a failure after which earlier ones are forgotten: a day.
pub(crate) const KEPT: i64 = 24 * 3_600;

/// Failures of one account before it has to wait.
const OF_ACCOUNT: i64 = 5;
/// Failures from one client address before it has to wait; a whole office may share one.
const OF_ADDRESS: i64 = 30;
/// Seconds of the first wait, which doubles each time, and of the longest.
const FIRST_WAIT: i64 = 30;
const LONGEST_WAIT: i64 = 15 * 60;

/// Whose attempts are counted.
#[derive(Clone, Debug)]
pub(crate) struct Subjects {
    account: Vec<u8>,
    address: Option<Vec<u8>>,
}

impl Subjects {
    /// The account of this e-mail address, whether there is one or not, and the client's own address.
    pub(crate) fn new(email: &str, from: Option<IpAddr>) -> Self {
        Self {
            account: subject("account", &fold(email.trim())),
            address: from.map(|from| subject("address", &network(from).to_string())),
        }
    }

    /// Each with the failures it has before it must wait. Always in this order, so that no two wait for
    /// each other.
    fn limits(&self) -> impl Iterator<Item = (&Vec<u8>, i64)> {
        [(Some(&self.account), OF_ACCOUNT), (self.address.as_ref(), OF_ADDRESS)]
            .into_iter()
            .filter_map(|(subject, free)| Some((subject?, free)))
    }

    /// Takes back what [`App::begin_attempt`] counted: the password was right.
    pub(crate) async fn forget(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.execute(System::FORGET_ATTEMPTS, &[Param::Bytes(self.account.clone())]).await?;
        if let Some(address) = &self.address {
            // Not all: an attacker with an account of his own would start anew as often as he likes.
            tx.execute(System::FORGET_ATTEMPT, &[Param::Bytes(address.clone())]).await?;
        }
        Ok(())
    }
}

impl App {
    /// Counts an attempt as a failure until it has succeeded, so that many at once are no way around.
    /// Answers with the seconds to wait when there were too many; then nothing is counted.
    pub(crate) async fn begin_attempt(&self, subjects: &Subjects) -> Result<Option<u32>, Failure> {
        let (subjects, now) = (subjects.clone(), self.now());
        let begun = self.db().write(move |tx| {
            let subjects = subjects.clone();
            Box::pin(async move { begin(tx, &subjects, now).await })
        });
        Ok(begun.await?)
    }
}

async fn begin(tx: &mut Tx<'_>, subjects: &Subjects, now: Timestamp) -> Result<Option<u32>, DbError> {
    let mut counted = Vec::new();
    let mut wait = 0;
    for (subject, free) in subjects.limits() {
        let params = [Param::Bytes(subject.clone()), Param::Integer(now.as_micros())];
        let known = tx.optional(System::LOCK_ATTEMPTS, &params, |row| Ok((row.integer(0)?, row.integer(1)?)));
        let (failures, last) = known.await?.unwrap_or((0, now.as_micros()));
        if last > now.as_micros() {
            // The clock was set back: who has to wait does so from now on, and not until it is as late again.
            let params =
                [Param::Integer(failures), Param::Integer(now.as_micros()), Param::Bytes(subject.clone())];
            tx.execute(System::STORE_ATTEMPTS, &params).await?;
        }
        let ago = now.as_micros().saturating_sub(last).max(0) / 1_000_000;
        let failures = if ago >= KEPT { 0 } else { failures };
        wait = wait.max(wait_after(failures, free) - ago);
        counted.push((subject.clone(), failures + 1));
    }
    if wait > 0 {
        return Ok(u32::try_from(wait).ok());
    }
    for (subject, failures) in counted {
        let params = [Param::Integer(failures), Param::Integer(now.as_micros()), Param::Bytes(subject)];
        tx.execute(System::STORE_ATTEMPTS, &params).await?;
    }
    Ok(None)
}

/// Seconds to wait after the last of some failures.
fn wait_after(failures: i64, free: i64) -> i64 {
    let more = failures - free;
    if more < 0 {
        return 0;
    }
    let doublings = u32::try_from(more.min(10)).unwrap_or(10);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}

fn subject(kind: &str, of: &str) -> Vec<u8> {
    Sha256::new().chain_update(kind).chain_update(b"\0").chain_update(of).finalize().to_vec()
}

/// An IPv6 client has a whole /64 to choose addresses from: they count as one.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_a_limit() {
        let waits: Vec<i64> = (3..13).map(|failures| wait_after(failures, 5)).collect();
        assert_eq!(waits, [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(wait_after(i64::MAX, 5), 900);
    }
}
