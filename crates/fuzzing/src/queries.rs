//! The list grammar (API §4): a question that was understood, written down again, is the same question.

use domain::definition::{Kind, Resource};
use domain::json::money;
use domain::listing::{self, Comparison, Cursor, Filter, Lenience, ListQuery, Page, Test};
use domain::record::Value;
use domain::time::Timestamp;

/// The data is the end of a URL: `members?status=active&order[email]=asc`.
pub(crate) fn check(data: &[u8]) {
    let Some(place) = data.iter().position(|byte| *byte == b'?') else { return };
    let Some(resource) = std::str::from_utf8(&data[..place]).ok().and_then(super::resource) else { return };
    let pairs: Vec<_> = form_urlencoded::parse(&data[place + 1..]).collect();
    let pairs = || pairs.iter().map(|(name, value)| (&**name, &**value));

    let strict = listing::parse(resource, pairs(), Lenience::Strict);
    let lenient = listing::parse(resource, pairs(), Lenience::Lenient);
    let Ok(lenient) = lenient else { panic!("lenient reading refuses nothing") };
    match strict {
        Ok(query) => {
            assert_eq!(query, lenient, "what is right is read the same way");
        }
        Err(problem) => {
            assert!(!problem.violations.is_empty() && !problem.detail.is_empty());
            for violation in &problem.violations {
                assert!(!violation.message.is_empty());
                assert!(pairs().any(|(name, _)| name == violation.property_path), "{violation:?}");
            }
        }
    }
    // What is left of a question whose mistakes were ignored is a question that has none.
    let written = write(resource, &lenient);
    let again = written.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    match listing::parse(resource, again, Lenience::Strict) {
        Ok(again) => assert_eq!(again, lenient, "{written:?}"),
        Err(problem) => panic!("{written:?} of {lenient:?}: {:?}", problem.violations),
    }
}

type Parameters = Vec<(String, String)>;

/// The parameters that a question was made of.
fn write(resource: &'static Resource, query: &ListQuery) -> Parameters {
    let mut all = Parameters::new();
    let mut filters = query.filters.iter().peekable();
    let mut between: Vec<usize> = Vec::new();
    while let Some(filter) = filters.next() {
        if let Some(high) = filters.peek().and_then(|next| upper(filter, next))
            && !between.contains(&filter.position)
        {
            between.push(filter.position);
            let field = &resource.fields[filter.position];
            let Test::Compare(_, low) = &filter.test else { unreachable!("the lower bound of a range") };
            let value = format!("{}..{}", text(field.kind, low), text(field.kind, high));
            all.push((format!("{}[between]", field.name), value));
            filters.next();
        } else {
            write_filter(resource, filter, &mut all);
        }
    }
    if !query.search.is_empty() {
        all.push(("search".to_owned(), query.search.join(" ")));
    }
    for term in &query.order {
        let field = &resource.fields[term.position];
        // The last one is added where it is needed; it cannot be asked for in all lists.
        if field.sort {
            let direction = if term.descending { "desc" } else { "asc" };
            all.push((format!("order[{}]", field.name), direction.to_owned()));
        }
    }
    match &query.page {
        Page::Number(number) => all.push(("page".to_owned(), number.to_string())),
        Page::After(cursor) => {
            let text = cursor.encode(resource, &query.order);
            assert_eq!(Cursor::decode(resource, &query.order, &text).as_ref(), Ok(cursor));
            all.push(("cursor".to_owned(), text));
        }
    }
    all.push(("itemsPerPage".to_owned(), query.items_per_page.to_string()));
    all.push(("count".to_owned(), query.count.to_string()));
    if let Some(fields) = &query.fields {
        all.push(("fields".to_owned(), fields.join(",")));
    }
    if query.include_deleted {
        all.push(("includeDeleted".to_owned(), "true".to_owned()));
    }
    all
}

/// The upper bound, when two filters next to each other could be `between`.
fn upper<'a>(low: &Filter, high: &'a Filter) -> Option<&'a Value> {
    match (&low.test, &high.test) {
        (
            Test::Compare(Comparison::GreaterOrEqual, Value::Integer(least)),
            Test::Compare(Comparison::LessOrEqual, most @ Value::Integer(number)),
        ) if low.position == high.position && least <= number => Some(most),
        _ => None,
    }
}

fn write_filter(resource: &'static Resource, filter: &Filter, all: &mut Parameters) {
    let field = &resource.fields[filter.position];
    let (name, kind) = (field.name, field.kind);
    match &filter.test {
        Test::AnyOf(values) => {
            assert!(!values.is_empty());
            all.extend(values.iter().map(|value| (format!("{name}[]"), text(kind, value))));
        }
        Test::Compare(comparison, value) => {
            let operator = match (kind.is_temporal(), comparison) {
                (true, Comparison::Less) => "strictly_before",
                (true, Comparison::LessOrEqual) => "before",
                (true, Comparison::Greater) => "strictly_after",
                (true, Comparison::GreaterOrEqual) => "after",
                (false, Comparison::Less) => "lt",
                (false, Comparison::LessOrEqual) => "lte",
                (false, Comparison::Greater) => "gt",
                (false, Comparison::GreaterOrEqual) => "gte",
            };
            all.push((format!("{name}[{operator}]"), text(kind, value)));
        }
        Test::Exists(exists) => all.push((format!("exists[{name}]"), exists.to_string())),
        Test::CustomField { key, value } => all.push((format!("{name}[{key}]"), value.clone())),
    }
}

fn text(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Text(text) | Value::Json(text)) => text.clone(),
        (_, Value::Boolean(flag)) => flag.to_string(),
        (_, Value::Id(id)) => id.to_string(),
        (Kind::Timestamp, Value::Integer(micros)) => Timestamp::from_micros(*micros).to_string(),
        (Kind::Decimal { .. } | Kind::Money, Value::Integer(hundredths)) => money(*hundredths),
        (_, Value::Integer(number)) => number.to_string(),
        (_, Value::Null) => panic!("nothing is compared with null"),
    }
}
