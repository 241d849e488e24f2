//! What must hold between tables, each with one statement that finds where it does not.
//!
//! The statements look at all tenants at once and belong to no request.

use domain::definition::{Kind, Registry, Resource};

use super::invariants::{Column, Invariant};
use crate::schedule::AUDIT_KEPT;
use crate::store::Schema;

/// Organisation and environment of a tenant, by its number.
pub(super) const TENANT_NAME: &str = "SELECT o.slug, t.environment FROM tenants t \
    JOIN organisations o ON o.id = t.organisation_id WHERE t.id = ?";

const DAY: i64 = 24 * 3_600;

/// For so long the feed is kept at least: 30 days (API §8), less one for clocks that were set back.
const FEED_KEPT: i64 = 29 * DAY;

/// Every invariant that one statement can check.
pub(super) fn all(registry: Registry) -> Vec<Invariant> {
    let mut all = of_platform();
    all.push(tenant_of_rows(registry));
    all.extend(of_history());
    all.extend(registry.iter().flat_map(of_resource));
    all
}

fn invariant(
    name: impl Into<String>,
    about: impl Into<String>,
    sql: String,
    columns: &'static [Column],
) -> Invariant {
    Invariant { name: name.into(), about: about.into(), sql, ago: Vec::new(), columns }
}

fn of_platform() -> Vec<Invariant> {
    vec![
        invariant(
            "organisations-have-two-tenants",
            "each organisation has a production and a sandbox tenant and no other",
            "SELECT o.slug FROM organisations o LEFT JOIN tenants t ON t.organisation_id = o.id \
             GROUP BY o.id, o.slug HAVING COUNT(t.id) <> 2 \
             OR COUNT(CASE WHEN t.environment IN ('production', 'sandbox') THEN 1 END) <> 2"
                .to_owned(),
            &[Column::Text("organisation")],
        ),
        invariant(
            "tenants-have-organisations",
            "each tenant belongs to an organisation",
            "SELECT t.id FROM tenants t LEFT JOIN organisations o ON o.id = t.organisation_id WHERE o.id IS NULL"
                .to_owned(),
            &[Column::Number("tenant")],
        ),
        invariant(
            "keys-have-tenants",
            "each API key belongs to a tenant",
            "SELECT k.tenant, k.id FROM api_keys k LEFT JOIN tenants t ON t.id = k.tenant WHERE t.id IS NULL"
                .to_owned(),
            &[Column::Tenant, Column::Id("key")],
        ),
        invariant(
            "users-have-organisations",
            "each member of staff belongs to an organisation, except the platform's own",
            "SELECT u.id FROM users u LEFT JOIN organisations o ON o.id = u.organisation_id \
             WHERE o.id IS NULL AND (u.organisation_id IS NOT NULL OR u.role <> 'ROLE_PLATFORM_ADMIN')"
                .to_owned(),
            &[Column::Id("user")],
        ),
    ]
}

/// Tenants have no foreign key in the tables of records (see the migrations), so this looks.
fn tenant_of_rows(registry: Registry) -> Invariant {
    let fixed = ["counters", "audit_log", "changes", "tombstones", "quotas", "idempotency_keys"];
    let mut tables: Vec<String> = fixed.into_iter().map(str::to_owned).collect();
    for resource in registry.iter() {
        tables.push(resource.table());
        tables.push(Schema::terms_table(resource));
    }
    let parts = tables.iter().map(|table| {
        // The platform has a log, and answers to operators, and nothing else.
        let has = ["audit_log", "idempotency_keys"].contains(&table.as_str());
        let own = if has { " AND tenant <> 0" } else { "" };
        format!(
            "SELECT DISTINCT tenant, '{table}' AS place FROM {table} \
             WHERE tenant NOT IN (SELECT id FROM tenants){own}"
        )
    });
    let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
    invariant(
        "rows-have-tenants",
        "every row of a tenant belongs to a tenant that is there",
        sql,
        &[Column::Tenant, Column::Text("table")],
    )
}

fn of_history() -> Vec<Invariant> {
    let gaps = "SELECT t.id, c.first, c.last, t.sequence FROM tenants t LEFT JOIN \
        (SELECT tenant, MIN(sequence) AS first, MAX(sequence) AS last, COUNT(*) AS many FROM changes GROUP BY tenant) c \
        ON c.tenant = t.id WHERE c.many <> c.last - c.first + 1 OR c.last <> t.sequence \
        OR c.first > 1 AND EXISTS (SELECT 1 FROM audit_log a \
        WHERE a.tenant = t.id AND a.sequence = c.first - 1 AND a.created_at > ?) \
        OR c.last IS NULL AND t.sequence > 0 AND EXISTS (SELECT 1 FROM audit_log a \
        WHERE a.tenant = t.id AND a.sequence = t.sequence AND a.created_at > ?)";
    let audited = "SELECT c.tenant, c.sequence FROM changes c LEFT JOIN audit_log a \
        ON a.tenant = c.tenant AND a.sequence = c.sequence AND a.resource_type = c.resource \
        WHERE c.created_at > ? GROUP BY c.tenant, c.sequence HAVING COUNT(a.id) <> 1";
    let ahead = "SELECT a.tenant, a.sequence, t.sequence FROM audit_log a LEFT JOIN tenants t ON t.id = a.tenant \
        WHERE a.sequence IS NOT NULL AND (a.sequence < 1 OR a.sequence > COALESCE(t.sequence, 0))";
    vec![
        Invariant {
            ago: vec![FEED_KEPT, FEED_KEPT],
            ..invariant(
                "changes-without-gaps",
                "the feed of each tenant has every number up to the tenant's own, apart from those that are old",
                gaps.to_owned(),
                &[
                    Column::Tenant,
                    Column::Number("first"),
                    Column::Number("last"),
                    Column::Number("the tenant's own"),
                ],
            )
        },
        Invariant {
            ago: vec![AUDIT_KEPT - DAY],
            ..invariant(
                "changes-are-audited",
                "each change has one audit row with its number",
                audited.to_owned(),
                &[Column::Tenant, Column::Number("sequence")],
            )
        },
        invariant(
            "audit-not-ahead",
            "no audit row has a number that its tenant has not given out",
            ahead.to_owned(),
            &[Column::Tenant, Column::Number("sequence"), Column::Number("the tenant's own")],
        ),
    ]
}

fn of_resource(resource: &'static Resource) -> Vec<Invariant> {
    let (name, many, table) = (resource.name, resource.plural_noun(), resource.table());
    let label = resource.segment();
    let mut all = vec![
        Invariant {
            ago: Vec::new(),
            ..invariant(
                format!("{label}-at-their-last-change"),
                format!("each of the {many}, deleted ones too, is at the version of its last change"),
                format!(
                    "SELECT l.tenant, l.record_id, r.version, d.version, l.version FROM \
                     (SELECT tenant, record_id, MAX(version) AS version FROM changes WHERE resource = '{name}' \
                     GROUP BY tenant, record_id) l \
                     LEFT JOIN {table} r ON r.tenant = l.tenant AND r.id = l.record_id \
                     LEFT JOIN tombstones d ON d.tenant = l.tenant AND d.resource = '{name}' AND d.id = l.record_id \
                     WHERE COALESCE(r.version, d.version, 0) <> l.version"
                ),
                &[
                    Column::Tenant,
                    Column::Id("id"),
                    Column::Number("version"),
                    Column::Number("version of the deleted"),
                    Column::Number("version of the last change"),
                ],
            )
        },
        Invariant {
            ago: vec![FEED_KEPT],
            ..invariant(
                format!("{label}-have-changes"),
                format!("none of the {many} was written without a change"),
                format!(
                    "SELECT tenant, id FROM {table} WHERE updated_at > ? \
                     EXCEPT SELECT tenant, record_id FROM changes WHERE resource = '{name}'"
                ),
                &[Column::Tenant, Column::Id("id")],
            )
        },
        invariant(
            format!("{label}-live-or-deleted"),
            format!("none of the {many} is both there and deleted"),
            format!(
                "SELECT d.tenant, d.id FROM tombstones d JOIN {table} r ON r.tenant = d.tenant AND r.id = d.id \
                 WHERE d.resource = '{name}'"
            ),
            &[Column::Tenant, Column::Id("id")],
        ),
        invariant(
            format!("{label}-merged-into-known"),
            format!("what some of the {many} were merged into is or was there"),
            format!(
                "SELECT d.tenant, d.id, d.merged_into FROM tombstones d \
                 LEFT JOIN {table} r ON r.tenant = d.tenant AND r.id = d.merged_into \
                 LEFT JOIN tombstones e ON e.tenant = d.tenant AND e.resource = d.resource AND e.id = d.merged_into \
                 WHERE d.resource = '{name}' AND d.merged_into IS NOT NULL AND r.id IS NULL AND e.id IS NULL"
            ),
            &[Column::Tenant, Column::Id("id"), Column::Id("merged into")],
        ),
    ];
    let schema = Schema::new(resource);
    for (position, field) in resource.fields.iter().enumerate() {
        let column = schema.column(position).compared();
        if field.unique || matches!(field.kind, Kind::Serial) {
            all.push(invariant(
                format!("{label}-unique-{}", field.column().replace('_', "-")),
                format!("no two of the {many} of a tenant have the same {}", field.name),
                format!(
                    "SELECT a.tenant, a.id FROM {table} a JOIN {table} b \
                     ON b.tenant = a.tenant AND b.{column} = a.{column} AND b.id <> a.id"
                ),
                &[Column::Tenant, Column::Id("id")],
            ));
        }
        if matches!(field.kind, Kind::Serial) {
            all.push(invariant(
                format!("{label}-counted-{}", field.column().replace('_', "-")),
                format!("no {} is larger than the last that was given out", field.name),
                format!(
                    "SELECT m.tenant, m.largest, c.value FROM \
                     (SELECT tenant, MAX({column}) AS largest FROM {table} GROUP BY tenant) m \
                     LEFT JOIN counters c ON c.tenant = m.tenant AND c.name = '{name}.{}' \
                     WHERE COALESCE(c.value, 0) < m.largest",
                    field.name
                ),
                &[Column::Tenant, Column::Number("largest"), Column::Number("last given out")],
            ));
        }
    }
    all
}
