//! The last columns of a table, where a report has what is wrong with its rows.

/// The last `count` cells of the first rows after the header; what is no CSV has none.
#[must_use]
pub fn last_cells(table: &[u8], count: usize, rows: usize) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
    let records = reader.byte_records().map_while(Result::ok).take(rows);
    let last = |record: csv::ByteRecord| {
        let cells = record.iter().skip(record.len().saturating_sub(count));
        cells.map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
    };
    records.map(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_rows_is_read() {
        let table = b"a,b,_line,_error\n1,2,2,\"no, not\"\n3,4,5,x\n";
        assert_eq!(last_cells(table, 2, 1), [["2", "no, not"]]);
        assert_eq!(last_cells(table, 2, 9).len(), 2);
        assert!(last_cells(b"", 2, 9).is_empty());
    }
}
