//! Reading the parameters of lists of the product's own resources.

use super::*;
use crate::problem::Problem;
use crate::resources::{EVENT, MEMBER};

fn members(query: &str) -> Result<ListQuery, Problem> {
    read(&MEMBER, query, Lenience::Strict)
}

fn read(resource: &'static crate::Resource, query: &str, lenience: Lenience) -> Result<ListQuery, Problem> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    parse(resource, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())), lenience)
}

/// The parameters at fault with their codes.
fn wrong(query: &str) -> Vec<(String, &'static str)> {
    let problem = members(query).expect_err(query);
    assert_eq!(problem.kind.entry().slug, "invalid-query-parameter");
    problem.violations.into_iter().map(|it| (it.property_path, it.code)).collect()
}

fn position(name: &str) -> usize {
    MEMBER.position(name).unwrap()
}

#[test]
fn the_default_is_newest_first_with_a_total() {
    let query = members("").unwrap();
    assert_eq!((query.items_per_page, query.count, query.page), (30, true, Page::Number(1)));
    let created = Order { position: position("createdAt"), descending: true };
    assert_eq!(query.order, [created, Order { position: 0, descending: true }]);
}

#[test]
fn a_unique_field_ends_the_order() {
    let order = members("order[email]=asc&order[city]=desc").unwrap_err();
    assert_eq!(order.violations[0].property_path, "order[city]");
    let order = members("order[email]=asc&order[status]=desc").unwrap().order;
    assert_eq!(order, [Order { position: position("email"), descending: false }]);
    // Deleted records have no address: only the id is unique among them.
    assert_eq!(members("order[email]=asc&includeDeleted=true").unwrap().order.len(), 2);
}

#[test]
fn what_is_malformed_is_named() {
    for (query, name, code) in [
        ("page=0", "page", "invalid_value"),
        ("page=99999999999999999999", "page", "invalid_value"),
        ("page=-1", "page", "invalid_value"),
        ("itemsPerPage=101", "itemsPerPage", "invalid_value"),
        ("createdAt[after]=yesterday", "createdAt[after]", "invalid_value"),
        ("createdAt[since]=2024-01-01", "createdAt[since]", "invalid_value"),
        ("status[]=", "status[]", "invalid_value"),
        ("status=gone", "status", "invalid_value"),
        ("order[email]=up", "order[email]", "invalid_value"),
        ("order[bio]=asc", "order[bio]", "unknown_parameter"),
        ("stauts=active", "stauts", "unknown_parameter"),
        ("status=active&status=pending", "status", "given_twice"),
        ("memberNumber[between]=5..1", "memberNumber[between]", "invalid_value"),
        ("memberNumber[gt]=x", "memberNumber[gt]", "invalid_value"),
        ("exists[email]=true", "exists[email]", "invalid_value"),
        ("exists[company]=maybe", "exists[company]", "invalid_value"),
        ("fields=id,nme", "fields", "invalid_value"),
        ("search=%2D%2D", "search", "invalid_value"),
        ("cursor=x", "cursor", "invalid_value"),
        ("count=no", "count", "invalid_value"),
        ("customFields[a%20b]=1", "customFields[a b]", "invalid_value"),
        ("email=a%00b", "email", "invalid_value"),
        ("a[b[c]]=1", "a[b[c]]", "unknown_parameter"),
    ] {
        assert_eq!(wrong(query), [(name.to_owned(), code)], "{query}");
    }
    assert_eq!(wrong("page=0&stauts=x&order[email]=up").len(), 3);
    assert!(members("stauts=x").unwrap_err().violations[0].message.contains("status"));
}

#[test]
fn fields_may_be_joined_or_repeated() {
    for query in ["fields=id,email", "fields=id&fields=email", "fields[]=id&fields[]=email,id"] {
        assert_eq!(members(query).unwrap().fields, Some(vec!["id", "email"]), "{query}");
    }
}

#[test]
fn leniency_ignores_what_cannot_be_used() {
    let query = read(&MEMBER, "page=0&stauts=x&status=active", Lenience::Lenient).unwrap();
    assert_eq!((query.page, query.filters.len()), (Page::Number(1), 1));
}

#[test]
fn filters_become_tests() {
    let query = members(
        "status[]=active&status[1]=pending&createdAt[after]=2024-01-01&memberNumber[between]=1..5\
         &exists[company]=false&customFields[level]=3&country=au",
    )
    .unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let on = |name: &str, test| Filter { position: position(name), test };
    let custom = Test::CustomField { key: "level".to_owned(), value: "3".to_owned() };
    let midnight = Value::Integer(1_704_067_200_000_000);
    assert_eq!(
        query.filters,
        [
            on("status", Test::AnyOf(vec![text("active"), text("pending")])),
            on("createdAt", Test::Compare(Comparison::GreaterOrEqual, midnight)),
            on("memberNumber", Test::Compare(Comparison::GreaterOrEqual, Value::Integer(1))),
            on("memberNumber", Test::Compare(Comparison::LessOrEqual, Value::Integer(5))),
            on("company", Test::Exists(false)),
            on("customFields", custom),
            on("country", Test::AnyOf(vec![text("AU")])),
        ]
    );
}

#[test]
fn a_moment_within_a_day_falls_between_two_dates() {
    let test = |query: &str| members(query).unwrap().filters.remove(0).test;
    let day = Value::Text("2024-01-01".to_owned());
    for (query, comparison) in [
        ("joinedAt[after]=2024-01-01", Comparison::GreaterOrEqual),
        ("joinedAt[after]=2024-01-01T12:00:00Z", Comparison::Greater),
        ("joinedAt[strictly_before]=2024-01-01", Comparison::Less),
        ("joinedAt[strictly_before]=2024-01-01T12:00:00Z", Comparison::LessOrEqual),
        // An unencoded plus arrives as a space; 10 o'clock in Brisbane is midnight UTC.
        ("joinedAt[before]=2024-01-01T10:00:00+10:00", Comparison::LessOrEqual),
    ] {
        assert_eq!(test(query), Test::Compare(comparison, day.clone()), "{query}");
    }
}

#[test]
fn decimals_are_read_as_hundredths() {
    let query = read(&EVENT, "cpdPoints[gte]=1.5&cpdPoints[lt]=10", Lenience::Strict).unwrap();
    let numbers: Vec<_> = query
        .filters
        .iter()
        .map(|filter| match &filter.test {
            Test::Compare(_, Value::Integer(number)) => *number,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [150, 1_000]);
}

#[test]
fn a_cursor_belongs_to_its_order() {
    let order = members("order[lastName]=asc").unwrap().order;
    let id = Value::Id(uuid::Uuid::from_u128(7));
    let cursor = Cursor { values: vec![Value::Text("doe".to_owned()), id] };
    let text = cursor.encode(&MEMBER, &order);
    assert_eq!(members(&format!("order[lastName]=asc&cursor={text}")).unwrap().page, Page::After(cursor));
    assert_eq!(wrong(&format!("cursor={text}")), [("cursor".to_owned(), "invalid_value")]);
    assert_eq!(wrong(&format!("order[lastName]=asc&page=1&cursor={text}"))[0].1, "conflicting_parameters");
    let cut = &text[..text.len() - 2];
    assert_eq!(wrong(&format!("order[lastName]=asc&cursor={cut}")).len(), 1);
}
