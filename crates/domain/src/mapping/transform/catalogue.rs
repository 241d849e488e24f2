//! The transforms as people see them: name, meaning, an example.

/// A transform's entry in documentation and editors.
#[derive(Clone, Copy, Debug)]
pub struct TransformInfo {
    /// The member that names it.
    pub name: &'static str,
    /// Members that may stand beside it.
    pub options: &'static [&'static str],
    /// What it does, inbound and outbound.
    pub doc: &'static str,
    /// An example as JSON text.
    pub example: &'static str,
}

const fn info(name: &'static str, doc: &'static str, example: &'static str) -> TransformInfo {
    TransformInfo { name, options: &[], doc, example }
}

impl TransformInfo {
    const fn options(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }
}

/// All transforms.
pub const TRANSFORMS: &[TransformInfo] = &[
    info("trim", "Takes away space around the text. Outbound: nothing.", r#"{"trim":true}"#),
    info("lowercase", "Writes the text in lower case. Outbound: nothing.", r#"{"lowercase":true}"#),
    info("uppercase", "Writes the text in upper case. Outbound: nothing.", r#"{"uppercase":true}"#),
    info(
        "replace",
        "Replaces one piece of text by another wherever it stands. Outbound: nothing.",
        r#"{"replace":{"from":"$","to":""}}"#,
    ),
    info("prefix", "Puts a text before the value. Outbound: takes it away.", r#"{"prefix":"CRM-"}"#),
    info(
        "nullIf",
        "Takes these words for no value, in any case. Outbound: nothing.",
        r#"{"nullIf":["n/a","-"]}"#,
    ),
    info(
        "default",
        "Gives a value to empty cells; a column that a record does not have stays out. Outbound: nothing.",
        r#"{"default":"active"}"#,
    ),
    info(
        "map",
        "Turns their words into ours, in any case. Others are kept; `otherwise` says to take them for null or \
         for an error instead. Outbound: the first of their words for ours.",
        r#"{"map":{"M":"male","F":"female"},"otherwise":"error"}"#,
    )
    .options(&["otherwise"]),
    info(
        "boolean",
        "Reads words for true and false, in any case. Outbound: the first word of each.",
        r#"{"boolean":{"true":["yes","y","1"],"false":["no","n","0"]}}"#,
    ),
    info(
        "number",
        "Reads a number with thousands in groups, and with a decimal comma if so said. Outbound: writes it \
         without groups.",
        r#"{"number":{"decimal":","}}"#,
    ),
    info(
        "dateFormat",
        "Reads a date by a strptime pattern; a time in it is dropped. Outbound: writes the date so.",
        r#"{"dateFormat":"%d/%m/%Y"}"#,
    ),
    info(
        "dateTimeFormat",
        "Reads a date with a time by a strptime pattern. Without an offset in it, the time is in `timezone`, or \
         else in the organisation's time zone. Outbound: writes the time there so.",
        r#"{"dateTimeFormat":"%d/%m/%Y %H:%M","timezone":"Australia/Sydney"}"#,
    )
    .options(&["timezone"]),
    info(
        "country",
        "Reads a country's English name, everyday or official, or its two- or three-letter code. Outbound: \
         writes the name.",
        r#"{"country":true}"#,
    ),
    info(
        "split",
        "Parts a text into a list at a separator; empty parts and repetitions drop out. Outbound: joins the list \
         with it, or writes a JSON list where an item contains it.",
        r#"{"split":";"}"#,
    ),
    info(
        "json",
        "Reads text that is JSON; other text stays text. Outbound: writes JSON for all but plain text.",
        r#"{"json":true}"#,
    ),
];
