//! Imports in the background: their files, reports and runs.

use crate::imports;
use crate::store::TenantSql;
use crate::store::statements::of_tenant;

of_tenant! {
    /// Begins to take in a file.
    INSERT_IMPORT = TenantSql::render(
        "INSERT INTO imports (tenant, id, resource, file_name, status, size, header, total_rows, run, lease_until, \
         bytes_read, last_line, created_rows, updated_rows, unchanged_rows, failed_rows, failed_bytes, unmapped, \
         created_by, created_at, updated_at) VALUES ({tenant}, ?, ?, ?, 'receiving', 0, '[]', 0, 0, 0, 0, 0, 0, 0, \
         0, 0, 0, '[]', ?, ?, ?)",
    );

    /// Adds a part of a file, or of a report.
    INSERT_IMPORT_PART = TenantSql::insert("import_parts", &["import_id", "kind", "number", "data"]);

    /// The file is still on its way.
    TOUCH_IMPORT = TenantSql::update("imports", "updated_at = ?", "AND id = ?");

    /// The file is there, with this header and so many rows.
    READ_IMPORT_FILE = TenantSql::update(
        "imports",
        "status = 'waiting', size = ?, header = ?, total_rows = ?, updated_at = ?",
        "AND id = ? AND status = 'receiving'",
    );

    /// How many files the tenant has that are not done with.
    COUNT_IMPORT_FILES = TenantSql::select("COUNT(*)", "imports", "AND status IN ('receiving', 'waiting', 'running', 'stopped')");

    /// The imports of a resource.
    LIST_IMPORTS = {
        let rest = "AND resource = ? AND status <> 'receiving' ORDER BY id DESC LIMIT 100";
        TenantSql::select(imports::COLUMNS, "imports", rest)
    };

    /// One import of a resource.
    FIND_IMPORT = TenantSql::select(imports::COLUMNS, "imports", "AND resource = ? AND id = ? AND status <> 'receiving'");

    /// The next part of a file or report.
    FIND_IMPORT_PART = {
        let rest = "AND import_id = ? AND kind = ? AND number >= ? ORDER BY number LIMIT 1";
        TenantSql::select("number, data", "import_parts", rest)
    };

    /// Starts an import that stands where it was read, or takes it over from a server that has ended.
    START_IMPORT = TenantSql::update(
        "imports",
        "status = 'running', run = run + 1, lease_until = ?, mapping = ?, match_by = ?, message = NULL, \
         updated_at = ?",
        "AND id = ? AND run = ? AND (status IN ('waiting', 'stopped') OR status = 'running' AND lease_until <= ?)",
    );

    /// Counts what became of a chunk of a running import.
    ADVANCE_IMPORT = TenantSql::update(
        "imports",
        "lease_until = ?, bytes_read = ?, last_line = ?, created_rows = created_rows + ?, \
         updated_rows = updated_rows + ?, unchanged_rows = unchanged_rows + ?, failed_rows = failed_rows + ?, \
         failed_bytes = failed_bytes + ?, updated_at = ?",
        "AND id = ? AND run = ? AND status = 'running'",
    );

    /// Ends the run of an import.
    END_IMPORT = TenantSql::update(
        "imports",
        "status = ?, message = ?, unmapped = ?, updated_at = ?, lease_until = 0",
        "AND id = ? AND run = ? AND status = 'running'",
    );

    /// Stops an import, whoever runs it.
    STOP_IMPORT = TenantSql::update(
        "imports",
        "status = 'stopped', message = ?, updated_at = ?, lease_until = 0",
        "AND id = ? AND status = 'running'",
    );

    /// Files that broke off, imports that were never started, and reports that are older than they are kept.
    OLD_IMPORTS = {
        let rest = "AND (status = 'receiving' AND updated_at <= ? OR status = 'waiting' AND updated_at <= ? \
            OR updated_at <= ?) LIMIT 100";
        TenantSql::select("id", "imports", rest)
    };

    /// An import of which rows may still be stored, or whose file is on its way.
    BUSY_IMPORT = {
        let rest =
            "AND (status = 'running' AND lease_until > ? OR status = 'receiving' AND updated_at > ?) LIMIT 1";
        TenantSql::select("status", "imports", rest)
    };

    /// Imports of which a file or report may be kept.
    KEPT_IMPORTS = TenantSql::select("id, resource, header, mapping", "imports", "AND status <> 'receiving' ORDER BY id");

    /// An import that does not run has no file any more, and no report.
    DISCARD_FILE = TenantSql::update(
        "imports",
        "status = CASE WHEN status = 'done' THEN 'done' ELSE 'failed' END, message = ?, failed_bytes = ?, \
         updated_at = ?, lease_until = 0",
        "AND id = ? AND (status <> 'running' OR lease_until <= ?)",
    );

    /// Forgets an import.
    DELETE_IMPORT = TenantSql::delete("imports", "AND id = ?");

    /// Forgets some parts of a file or report.
    DELETE_IMPORT_PARTS = TenantSql::render(
        "DELETE FROM import_parts WHERE tenant = {tenant} AND import_id = ? AND kind = ? AND number IN \
         (SELECT number FROM import_parts WHERE tenant = {tenant} AND import_id = ? AND kind = ? LIMIT 16)",
    );
}
