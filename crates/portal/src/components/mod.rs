//! Parts that pages share, each with a template of its own under `templates/components/`.

mod chart;
mod columns;
mod control;
mod field;
mod health;
mod inputs;
mod picks;
mod problem;
mod rules;
mod secret;

pub(crate) use chart::{Chart, Column};
pub(crate) use columns::{ColumnView, ColumnsTable, column, target_words};
pub(crate) use control::{Choice, Control};
pub(crate) use field::{FieldView, id_of};
pub(crate) use health::HealthView;
pub(crate) use inputs::{Asking, beginning, body_of, inputs_of, is_same, put, without_blank_rows};
pub(crate) use picks::{event_words, pick};
pub(crate) use problem::ProblemView;
pub(crate) use rules::{TEXTS, checked_rules, field_kind, put_rule, rule_of, rule_rows, transforms};
pub(crate) use secret::SecretView;
