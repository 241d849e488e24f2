//! A resource: a name, its fields, its rules, its actions.

use super::Field;
use crate::input::{NoRules, Rules};

/// A kind of record that tenants keep, and everything that the machinery needs to know about it.
///
/// The first fields of each resource are those of [`Resource::SYSTEM_HEAD`], the last those of
/// [`Resource::SYSTEM_TAIL`]; a test of the registry checks it. A log, whose rows only the server adds,
/// has no version and no `updatedAt`. A definition says what is particular about it and takes the rest
/// from [`Resource::BARE`].
#[derive(Debug)]
pub struct Resource {
    /// One of them, in camelCase: `member`. Prefix of its event types.
    pub name: &'static str,
    /// Many of them, in camelCase: `members`. Its table and its URL are named for it.
    pub plural: &'static str,
    /// The prefix of its scopes: `members` in `members:read`.
    pub scope: &'static str,
    /// What it is, for people: one or two sentences.
    pub doc: &'static str,
    /// How the server keeps it.
    pub class: Class,
    /// The resource below whose records it is found: `deliveries` below `/api/webhooks/{id}`.
    pub parent: Option<Parent>,
    /// Whether the server makes a signing secret with each record, which is shown once.
    pub secret: bool,
    /// Whether each record is about a person, who may ask for what is kept of them, and for its erasure.
    pub personal: bool,
    /// Its fields in the order in which JSON shows them.
    pub fields: &'static [Field],
    /// Names of the fields whose words `search=` looks through.
    pub search: &'static [&'static str],
    /// Statuses which, when reached by a change, name the event type (`event.published`).
    pub milestones: &'static [&'static str],
    /// A status that is never stored but follows from another one and the time.
    pub derived: Option<Derived>,
    /// A status change that the server makes when its time has come.
    pub schedule: Option<Schedule>,
    /// Calls beside the usual ones: `POST /api/events/{id}/publish`.
    pub actions: &'static [Action],
    /// Rules that no single field can express.
    pub rules: &'static dyn Rules,
}

/// How the server keeps a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// What a tenant is about: in the change feed, in batches, import and export.
    Records,
    /// How a tenant has set things up: changed and audited as records are, but nothing that the outside
    /// follows.
    Settings,
    /// Rows that only the server adds.
    Log,
}

/// Whose part the records of a resource are.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// The resource that they belong to.
    pub resource: &'static Resource,
    /// The field that holds the id of the record they belong to.
    pub field: &'static str,
}

/// `status` shows `shown` where `stored` is stored and the moment in `ended_by` has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Derived {
    /// The field that holds the status.
    pub field: &'static str,
    /// The stored value.
    pub stored: &'static str,
    /// The value shown instead, and accepted as a filter.
    pub shown: &'static str,
    /// The timestamp field which, once past, makes the difference.
    pub ended_by: &'static str,
}

/// When the moment in `at` comes, a record with status `from` gets status `to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The timestamp field to wait for.
    pub at: &'static str,
    /// The waiting status.
    pub from: &'static str,
    /// The status afterwards.
    pub to: &'static str,
}

/// A named call on one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Action {
    /// The last segment of its URL.
    pub name: &'static str,
    /// What it does.
    pub effect: Effect,
    /// What it does, for people.
    pub doc: &'static str,
}

/// What an action does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Writes this status, under the same rules as PATCH.
    SetStatus(&'static str),
    /// Makes a new record like this one; the rules say what a copy keeps.
    Clone,
    /// Merges this record into another one, which survives.
    Merge,
}

impl Resource {
    /// What a definition takes where nothing is particular about it.
    pub const BARE: Self = Self {
        name: "",
        plural: "",
        scope: "",
        doc: "",
        class: Class::Records,
        parent: None,
        secret: false,
        personal: false,
        fields: &[],
        search: &[],
        milestones: &[],
        derived: None,
        schedule: None,
        actions: &[],
        rules: &NoRules,
    };

    /// How many fields stand before a resource's own: `id`.
    pub const SYSTEM_HEAD: usize = 1;
    /// How many fields stand after a resource's own: `version`, `createdAt`, `updatedAt`.
    pub const SYSTEM_TAIL: usize = 3;

    /// The position of a field by its JSON name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// A field by its JSON name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// An action by its name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&'static Action> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// Whether its records change, each change making a new version. A log has none: its rows are only
    /// ever added, by the server, and pruned when they are old.
    #[must_use]
    pub fn is_versioned(&self) -> bool {
        self.class != Class::Log
    }

    /// Whether its changes are in the change feed, and so in webhooks.
    #[must_use]
    pub fn is_in_feed(&self) -> bool {
        self.class == Class::Records
    }

    /// The path of its list: `/api/members`, `/api/webhooks/{id}/deliveries`.
    #[must_use]
    pub fn list_path(&self) -> String {
        match self.parent {
            None => format!("/api/{}", self.segment()),
            Some(parent) => format!("{}/{}", parent.resource.item_path(), self.segment()),
        }
    }

    /// The path of one of its records: `/api/members/{id}`, `/api/webhooks/{id}/deliveries/{deliveryId}`.
    #[must_use]
    pub fn item_path(&self) -> String {
        match self.parent {
            None => format!("{}/{{id}}", self.list_path()),
            Some(_) => format!("{}/{{{}Id}}", self.list_path(), self.name),
        }
    }

    /// The name of its table: `plural` in snake_case.
    #[must_use]
    pub fn table(&self) -> String {
        separated(self.plural, '_')
    }

    /// The segment of its URL: `plural` in kebab-case.
    #[must_use]
    pub fn segment(&self) -> String {
        separated(self.plural, '-')
    }

    /// One of them in a sentence: `audit entry`.
    #[must_use]
    pub fn noun(&self) -> String {
        separated(self.name, ' ')
    }

    /// Many of them in a sentence: `audit log`.
    #[must_use]
    pub fn plural_noun(&self) -> String {
        separated(self.plural, ' ')
    }

    /// The scope that reading needs: `members:read`.
    #[must_use]
    pub fn read_scope(&self) -> String {
        format!("{}:read", self.scope)
    }

    /// The scope that writing needs: `members:write`.
    #[must_use]
    pub fn write_scope(&self) -> String {
        format!("{}:write", self.scope)
    }
}

/// The words of a camelCase name in lower case, with something between them.
pub(super) fn separated(name: &str, separator: char) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            words.push(separator);
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}
