//! Small drawings beside words: 24 by 24, of lines, in the colour of the text. They never carry meaning
//! alone, so that readers of the page need not be told of them.

/// A drawing as an SVG element; nothing for a name that there is not.
#[must_use]
pub(crate) fn svg(name: &str) -> String {
    format!(
        "<svg class=\"icon\" viewBox=\"0 0 24 24\" width=\"24\" height=\"24\" fill=\"none\" stroke=\"currentColor\" \
         stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\">{}</svg>",
        lines(name)
    )
}

fn lines(name: &str) -> &'static str {
    match name {
        "logo" => r#"<path d="M2 13h4l3-8 5 14 3-6h5"/>"#,
        "home" => r#"<path d="M4 11l8-7 8 7v9h-5v-6h-6v6H4z"/>"#,
        "users" => {
            r#"<circle cx="9" cy="8" r="4"/><path d="M2 21v-1a6 6 0 0 1 6-6h2a6 6 0 0 1 6 6v1M16 4.5a4 4 0 0 1 0 7M18 14.5a6 6 0 0 1 4 5.5v1"/>"#
        }
        "calendar" => r#"<rect x="4" y="5" width="16" height="16" rx="2"/><path d="M8 3v4M16 3v4M4 11h16"/>"#,
        "book" => {
            r#"<path d="M4 5a3 3 0 0 1 3-2h5v17H7a3 3 0 0 0-3 1zM20 5a3 3 0 0 0-3-2h-5v17h5a3 3 0 0 1 3 1z"/>"#
        }
        "user" => r#"<circle cx="12" cy="8" r="4"/><path d="M5 21v-1a6 6 0 0 1 6-6h2a6 6 0 0 1 6 6v1"/>"#,
        "table" => r#"<rect x="4" y="4" width="16" height="16" rx="2"/><path d="M4 10h16M10 4v16"/>"#,
        "search" => r#"<circle cx="10.5" cy="10.5" r="6.5"/><path d="M20 20l-4.8-4.8"/>"#,
        "plus" => r#"<path d="M12 5v14M5 12h14"/>"#,
        "x" => r#"<path d="M6 6l12 12M18 6L6 18"/>"#,
        "check" => r#"<path d="M5 12l5 5L20 7"/>"#,
        "copy" => {
            r#"<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>"#
        }
        "trash" => r#"<path d="M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3"/>"#,
        "edit" => r#"<path d="M4 20h4L19 9a2.8 2.8 0 0 0-4-4L4 16zM13.5 6.5l4 4"/>"#,
        "download" => r#"<path d="M4 17v3h16v-3M12 4v12M7 11l5 5 5-5"/>"#,
        "upload" => r#"<path d="M4 17v3h16v-3M12 16V4M7 9l5-5 5 5"/>"#,
        "columns" => r#"<rect x="4" y="4" width="16" height="16" rx="2"/><path d="M12 4v16"/>"#,
        "filter" => r#"<path d="M4 5h16l-6 7v7l-4-2v-5z"/>"#,
        "up" => r#"<path d="M6 15l6-6 6 6"/>"#,
        "down" => r#"<path d="M6 9l6 6 6-6"/>"#,
        "left" => r#"<path d="M15 6l-6 6 6 6"/>"#,
        "right" => r#"<path d="M9 6l6 6-6 6"/>"#,
        "menu" => r#"<path d="M4 6h16M4 12h16M4 18h16"/>"#,
        "alert" => r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v6M12 16.5v.01"/>"#,
        "logout" => {
            r#"<path d="M14 8V5a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3M9 12h12M18 9l3 3-3 3"/>"#
        }
        "settings" => {
            r#"<path d="M4 6h8M16 6h4M4 12h2M10 12h10M4 18h10M18 18h2"/><circle cx="14" cy="6" r="2"/><circle cx="8" cy="12" r="2"/><circle cx="16" cy="18" r="2"/>"#
        }
        "key" => r#"<circle cx="8" cy="15" r="4"/><path d="M11 12l9-9M16 7l3 3"/>"#,
        "send" => r#"<path d="M4 12l16-8-5 16-3-7z"/>"#,
        "building" => {
            r#"<path d="M4 21V5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v16M15 10h4a1 1 0 0 1 1 1v10M3 21h18M8 8h3M8 12h3M8 16h3"/>"#
        }
        "plug" => r#"<path d="M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>"#,
        "history" => r#"<path d="M4 12a8 8 0 1 1 2.5 5.8M4 19v-4h4M12 8v4l3 2"/>"#,
        "eye" => {
            r#"<circle cx="12" cy="12" r="3"/><path d="M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7z"/>"#
        }
        _ => "",
    }
}
