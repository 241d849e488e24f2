//! The translated text of each statement, so that it is made once. Bounded: lists make a new text
//! for each shape of filter, and clients choose those.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::DbError;
use crate::sql::to_postgres;

const MOST: usize = 2048;

pub(crate) struct Texts {
    known: RwLock<HashMap<String, Arc<str>>>,
    /// Called when the texts are dropped: the statements prepared from them have no bound of
    /// their own.
    overflow: Box<dyn Fn() + Send + Sync>,
}

impl Texts {
    pub(super) fn new(overflow: impl Fn() + Send + Sync + 'static) -> Self {
        Self { known: RwLock::default(), overflow: Box::new(overflow) }
    }

    pub(super) fn get(&self, sql: &str) -> Result<Arc<str>, DbError> {
        if let Some(text) = self.known.read().get(sql) {
            return Ok(Arc::clone(text));
        }
        let text: Arc<str> = to_postgres(sql)?.into();
        let mut known = self.known.write();
        // Rare enough that starting over costs less than keeping track of use.
        if known.len() >= MOST {
            known.clear();
            (self.overflow)();
        }
        known.insert(sql.to_owned(), Arc::clone(&text));
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn texts_are_kept_up_to_a_bound() {
        let overflows = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&overflows);
        let texts = Texts::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let first = texts.get("SELECT ?").unwrap();
        assert_eq!(&*first, "SELECT $1");
        assert!(Arc::ptr_eq(&first, &texts.get("SELECT ?").unwrap()));
        for number in 0..MOST {
            texts.get(&format!("SELECT {number}")).unwrap();
        }
        assert_eq!(overflows.load(Ordering::Relaxed), 1);
        assert!(texts.known.read().len() <= MOST);
    }
}
