//! Lists of texts that are picked from what there is, rather than typed: scopes, types of event, fields. What
//! there is follows from the definitions.

use domain::access;
use domain::definition::{Owner, Registry};
use domain::event_types::event_types;

use super::control::{Choice, Control, Picks};
use super::field::FieldView;
use super::inputs::lines;
use crate::form::Form;
use crate::words;

/// The fields that are picked, by name.
pub(super) const PICKED: &[&str] = &["scopes", "events", "requiredMemberFields"];

/// Puts boxes in the place of the input, where a field is one that is picked.
pub(crate) fn pick(registry: Registry, form: &Form, view: &mut FieldView) {
    let offered = match view.name.as_str() {
        "scopes" => scopes(registry),
        "events" => events(registry),
        "requiredMemberFields" => fields(registry),
        _ => return,
    };
    let ticked = lines(form, &view.name);
    let mut groups: Vec<Picks> = Vec::new();
    for (title, value, label) in offered {
        let choice = Choice { chosen: ticked.contains(&value.as_str()), value, label };
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.boxes.push(choice),
            None => groups.push(Picks { title, boxes: vec![choice] }),
        }
    }
    // What was picked once and is not offered any more stays until it is taken away.
    let known = |value: &str| groups.iter().flat_map(|group| &group.boxes).any(|it| it.value == value);
    let left: Vec<Choice> = ticked
        .iter()
        .filter(|value| !known(value))
        .map(|value| Choice { value: (*value).to_owned(), label: (*value).to_owned(), chosen: true })
        .collect();
    if !left.is_empty() {
        groups.push(Picks { title: "No longer offered".to_owned(), boxes: left });
    }
    view.help.replace("One on each line.", "").trim().clone_into(&mut view.help);
    view.wide = true;
    view.control = Control::Boxes { groups };
}

/// A heading, a value and its words.
type Offered = (String, String, String);

fn scopes(registry: Registry) -> Vec<Offered> {
    let rows = access::matrix(registry).into_iter().filter(|row| row.by_key);
    let offered = rows.map(|row| {
        let group = row.name.split_once(':').map_or(row.name.as_str(), |(group, _)| group);
        let title = words::capitalised(group);
        (title, row.name, row.doc)
    });
    let mut offered: Vec<Offered> = offered.collect();
    // What belongs together stands together; otherwise in the order of the matrix.
    let order: Vec<String> = offered.iter().map(|(title, ..)| title.clone()).collect();
    offered.sort_by_key(|(title, ..)| order.iter().position(|it| it == title));
    offered
}

fn events(registry: Registry) -> Vec<Offered> {
    let mut offered =
        vec![("All".to_owned(), "*".to_owned(), "Everything, also types that come later".to_owned())];
    for resource in registry.iter() {
        let title = words::capitalised(&resource.plural_noun());
        let all = format!("Everything about {}", resource.plural_noun());
        offered.push((title.clone(), format!("{}.*", resource.name), all));
        let own = event_types(registry).into_iter();
        let own = own.filter(|it| it.resource.is_some_and(|of| of.name == resource.name));
        offered.extend(own.map(|it| {
            let what = event_words(&it.name);
            (title.clone(), it.name, what)
        }));
    }
    offered
}

/// A type of event in words: `member.created` is "Member created".
pub(crate) fn event_words(name: &str) -> String {
    match name {
        "*" => "Everything".to_owned(),
        _ => match name.strip_suffix(".*") {
            Some(group) => format!("Everything about a {group}"),
            None => words::capitalised(&name.replace('.', " ")),
        },
    }
}

fn fields(registry: Registry) -> Vec<Offered> {
    let Some(member) = registry.by_plural("members") else { return Vec::new() };
    let optional =
        member.fields.iter().filter(|it| !it.read_only && it.owner == Owner::Anyone && !it.required);
    optional.map(|field| (String::new(), field.name.to_owned(), words::label(field.name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::REGISTRY;

    #[test]
    fn what_is_picked_is_what_there_is() {
        let form = Form::parse(b"events=&events=member.*&events=gone.created");
        let mut view = FieldView::plain("events", "Events", Control::line(""));
        pick(REGISTRY, &form, &mut view);
        let Control::Boxes { groups } = view.control else { panic!("no boxes") };
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        assert_eq!(titles, ["All", "Members", "Events", "Courses", "No longer offered"]);
        let boxes = groups.iter().flat_map(|group| &group.boxes);
        for it in boxes.clone().filter(|it| it.value != "gone.created") {
            assert_eq!(domain::event_types::fault(REGISTRY, &it.value), None);
        }
        let ticked: Vec<&str> = boxes.filter(|it| it.chosen).map(|it| it.value.as_str()).collect();
        assert_eq!(ticked, ["member.*", "gone.created"]);
        assert_eq!(event_words("event.published"), "Event published");
        let known = access::key_scopes(REGISTRY);
        assert_eq!(scopes(REGISTRY).len(), known.len());
    }
}
