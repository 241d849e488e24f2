//! Reading all parameters of a list at once.

use super::parameter::{Name, split};
use super::{
    Cursor, DEFAULT_ITEMS_PER_PAGE, Filter, ListQuery, MAX_ITEMS_PER_PAGE, MAX_PAGE, Order, Page, Test, value,
};
use crate::definition::{Kind, Resource};
use crate::input::is_key;
use crate::problem::{Problem, ProblemKind, Violation};
use crate::text::{did_you_mean, words};

/// Most values in one any-of filter, and most filters in one list.
const MAX_VALUES: usize = 100;
const MAX_FILTERS: usize = 50;
const MAX_WORDS: usize = 10;

/// What is done about parameters that are unknown or malformed (RFC 7240 `handling`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lenience {
    /// Each is an error.
    Strict,
    /// They are ignored.
    Lenient,
}

/// Reads the decoded query parameters of a list of this resource.
pub fn parse<'a>(
    resource: &'static Resource,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    lenience: Lenience,
) -> Result<ListQuery, Problem> {
    let mut parsing = Parsing::new(resource);
    for (name, value) in parameters {
        if let Err((code, message)) = parsing.take(name, value) {
            parsing.violations.push(Violation::new(name, code, message));
        }
    }
    parsing.finish(lenience)
}

/// Every parameter that a list of this resource takes, for messages and documentation.
#[must_use]
pub fn known_parameters(resource: &Resource) -> Vec<String> {
    let mut known: Vec<String> = fixed_of(resource).map(str::to_owned).collect();
    for field in resource.fields {
        if field.filter {
            known.push(field.name.to_owned());
            if field.kind.is_temporal() {
                known.extend(value::TEMPORAL.iter().map(|it| format!("{}[{it}]", field.name)));
            } else if field.kind.is_numeric() {
                known.extend(value::NUMERIC.iter().map(|it| format!("{}[{it}]", field.name)));
            } else {
                known.push(format!("{}[]", field.name));
            }
        }
        if field.sort {
            known.push(format!("order[{}]", field.name));
        }
        if field.nullable {
            known.push(format!("exists[{}]", field.name));
        }
    }
    known
}

const FIXED: &[&str] = &["page", "itemsPerPage", "cursor", "count", "search", "fields", "includeDeleted"];

/// The fixed parameters that make sense for a resource: one without texts cannot be searched, and
/// nothing is left of settings and of the rows of a log.
fn fixed_of(resource: &Resource) -> impl Iterator<Item = &'static str> {
    let (search, deleted) = (!resource.search.is_empty(), resource.is_in_feed());
    FIXED.iter().copied().filter(move |name| match *name {
        "search" => search,
        "includeDeleted" => deleted,
        _ => true,
    })
}

type Wrong = (&'static str, String);

struct Parsing {
    resource: &'static Resource,
    seen: Vec<String>,
    filters: Vec<Filter>,
    search: Vec<String>,
    order: Vec<Order>,
    page: Option<u64>,
    cursor: Option<String>,
    items_per_page: u32,
    count: bool,
    fields: Option<Vec<&'static str>>,
    include_deleted: bool,
    violations: Vec<Violation>,
}

impl Parsing {
    fn new(resource: &'static Resource) -> Self {
        Self {
            resource,
            seen: Vec::new(),
            filters: Vec::new(),
            search: Vec::new(),
            order: Vec::new(),
            page: None,
            cursor: None,
            items_per_page: DEFAULT_ITEMS_PER_PAGE,
            count: true,
            fields: None,
            include_deleted: false,
            violations: Vec::new(),
        }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        if value.contains('\0') {
            return Err(("invalid_value", "The value must not contain a NUL character.".to_owned()));
        }
        let Some(parts) = split(name) else {
            return Err(self.unknown(name));
        };
        match parts {
            // Clients that know lists only as repeated parameters send it several times.
            Name::Plain("fields") | Name::Item("fields") => self.take_fields(value),
            Name::Plain(plain) if fixed_of(self.resource).any(|name| name == plain) => {
                self.once(name)?;
                self.fixed(plain, value)
            }
            Name::Plain(field) => {
                self.once(name)?;
                self.equality(name, field, value)
            }
            Name::Item(field) => self.equality(name, field, value),
            Name::Keyed("order", field) => {
                self.once(name)?;
                self.take_order(name, field, value)
            }
            Name::Keyed("exists", field) => {
                self.once(name)?;
                self.exists(name, field, value)
            }
            Name::Keyed(field, key) => self.keyed(name, field, key, value),
        }
    }

    /// A parameter that can have one value only.
    fn once(&mut self, name: &str) -> Result<(), Wrong> {
        if self.seen.iter().any(|seen| seen == name) {
            let advice = match self.resource.field(name) {
                Some(field) if field.filter => format!("for any of several values use {name}[]=a&{name}[]=b"),
                _ => "give it once".to_owned(),
            };
            return Err(("given_twice", format!("{name} is given twice; {advice}.")));
        }
        self.seen.push(name.to_owned());
        Ok(())
    }

    fn fixed(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        match name {
            "page" => {
                let page = value.parse().ok().filter(|page| (1..=MAX_PAGE).contains(page));
                let page = page
                    .ok_or_else(|| invalid(format!("page must be a whole number from 1 to {MAX_PAGE}.")))?;
                self.page = Some(page);
            }
            "itemsPerPage" => {
                let items = value.parse().ok().filter(|items| (1..=MAX_ITEMS_PER_PAGE).contains(items));
                self.items_per_page = items.ok_or_else(|| {
                    invalid(format!("itemsPerPage must be a whole number from 1 to {MAX_ITEMS_PER_PAGE}."))
                })?;
            }
            "cursor" if value.is_empty() => {
                return Err(invalid("The cursor is empty; leave it out for the first page.".to_owned()));
            }
            "cursor" => self.cursor = Some(value.to_owned()),
            "count" => self.count = flag(value)?,
            "includeDeleted" => self.include_deleted = flag(value)?,
            _ => self.take_search(value)?,
        }
        Ok(())
    }

    fn take_search(&mut self, value: &str) -> Result<(), Wrong> {
        let words = words(value);
        if words.is_empty() && !value.trim().is_empty() {
            return Err(invalid("search needs at least one letter or digit.".to_owned()));
        }
        if words.len() > MAX_WORDS {
            return Err(invalid(format!("search takes at most {MAX_WORDS} words.")));
        }
        self.search = words;
        Ok(())
    }

    fn take_fields(&mut self, value: &str) -> Result<(), Wrong> {
        let mut names = self.fields.take().unwrap_or_default();
        for name in value.split(',').map(str::trim) {
            let Some(field) = self.resource.field(name) else {
                let known = self.resource.fields.iter().map(|field| field.name);
                let near = did_you_mean(name, known);
                return Err(invalid(format!("fields names {name:.60?}, which is no field.{near}")));
            };
            if !names.contains(&field.name) {
                names.push(field.name);
            }
        }
        self.fields = Some(names);
        Ok(())
    }

    fn equality(&mut self, name: &str, field: &str, value: &str) -> Result<(), Wrong> {
        let position = self.filterable(name, field)?;
        let definition = &self.resource.fields[position];
        let value = value::equal(self.resource, definition, value).map_err(invalid)?;
        let same_name =
            |filter: &&mut Filter| filter.position == position && matches!(filter.test, Test::AnyOf(_));
        if let Some(Filter { test: Test::AnyOf(values), .. }) = self.filters.iter_mut().find(same_name) {
            if values.len() >= MAX_VALUES {
                return Err(invalid(format!("{name} takes at most {MAX_VALUES} values.")));
            }
            values.push(value);
            return Ok(());
        }
        self.add(position, Test::AnyOf(vec![value]))
    }

    fn keyed(&mut self, name: &str, field: &str, key: &str, value: &str) -> Result<(), Wrong> {
        if let Some(position) = self.resource.position(field)
            && matches!(self.resource.fields[position].kind, Kind::CustomFields)
        {
            self.once(name)?;
            if !is_key(key) {
                let message =
                    "A custom field's key is a letter, then up to 63 letters, digits or underscores.";
                return Err(invalid(message.to_owned()));
            }
            let test = Test::CustomField { key: key.to_owned(), value: value.to_owned() };
            return self.add(position, test);
        }
        let position = self.filterable(name, field)?;
        let tests = value::range(&self.resource.fields[position], key, value).map_err(invalid)?;
        tests.into_iter().try_for_each(|test| self.add(position, test))
    }

    fn exists(&mut self, name: &str, field: &str, value: &str) -> Result<(), Wrong> {
        let Some(position) = self.resource.position(field) else {
            return Err(self.unknown(name));
        };
        if !self.resource.fields[position].nullable {
            return Err(invalid(format!("{field} is never null; leave {name} out.")));
        }
        let exists = flag(value)?;
        self.add(position, Test::Exists(exists))
    }

    fn take_order(&mut self, name: &str, field: &str, value: &str) -> Result<(), Wrong> {
        let position = self.resource.position(field).filter(|&position| self.resource.fields[position].sort);
        let Some(position) = position else {
            return Err(self.unknown(name));
        };
        let descending = match value {
            "asc" | "ASC" => false,
            "desc" | "DESC" => true,
            _ => return Err(invalid(format!("{name} must be asc or desc."))),
        };
        self.order.push(Order { position, descending });
        Ok(())
    }

    fn add(&mut self, position: usize, test: Test) -> Result<(), Wrong> {
        if self.filters.len() >= MAX_FILTERS {
            return Err(invalid(format!("A list takes at most {MAX_FILTERS} filters.")));
        }
        self.filters.push(Filter { position, test });
        Ok(())
    }

    fn filterable(&self, name: &str, field: &str) -> Result<usize, Wrong> {
        let position =
            self.resource.position(field).filter(|&position| self.resource.fields[position].filter);
        position.ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Wrong {
        let known = known_parameters(self.resource);
        let near = did_you_mean(name, known.iter().map(String::as_str));
        let hint =
            if near.is_empty() { " The API reference lists the parameters of this list." } else { &near };
        ("unknown_parameter", format!("There is no such parameter.{hint}"))
    }

    fn finish(mut self, lenience: Lenience) -> Result<ListQuery, Problem> {
        let order = self.complete_order();
        let page = match (self.page, self.cursor.take()) {
            (Some(_), Some(_)) => {
                let message = "cursor and page exclude each other; leave page out.".to_owned();
                self.violations.push(Violation::new("cursor", "conflicting_parameters", message));
                Page::Number(1)
            }
            (None, Some(text)) => match Cursor::decode(self.resource, &order, &text) {
                Ok(cursor) => Page::After(cursor),
                Err(message) => {
                    self.violations.push(Violation::new("cursor", "invalid_value", message));
                    Page::Number(1)
                }
            },
            (page, None) => Page::Number(page.unwrap_or(1)),
        };
        if !self.violations.is_empty() && lenience == Lenience::Strict {
            let names: Vec<&str> = self.violations.iter().map(|it| it.property_path.as_str()).collect();
            let detail = format!("The query parameters {:.300} cannot be used", names.join(", "));
            return Err(Problem::new(ProblemKind::InvalidQueryParameter, detail).violations(self.violations));
        }
        Ok(ListQuery {
            filters: self.filters,
            search: self.search,
            order,
            page,
            items_per_page: self.items_per_page,
            count: self.count,
            fields: self.fields,
            include_deleted: self.include_deleted,
        })
    }

    /// Newest first by default; ends in `id`, unless a field before it is already unique.
    fn complete_order(&self) -> Vec<Order> {
        let mut order = self.order.clone();
        if order.is_empty()
            && let Some(position) = self.resource.position("createdAt")
        {
            order.push(Order { position, descending: true });
        }
        // Deleted records have no values in their fields, so that nothing but the id is unique there.
        let decisive = |term: &Order| {
            let field = &self.resource.fields[term.position];
            matches!(field.kind, Kind::Id) || (field.unique && !field.nullable && !self.include_deleted)
        };
        if let Some(last) = order.iter().position(decisive) {
            order.truncate(last + 1);
        } else {
            let descending = order.last().is_some_and(|term| term.descending);
            order.push(Order { position: 0, descending });
        }
        order
    }
}

fn invalid(message: String) -> Wrong {
    ("invalid_value", message)
}

fn flag(value: &str) -> Result<bool, Wrong> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(invalid("The value must be true or false.".to_owned())),
    }
}
