//! What surrounds every page: navigation, environment, user, messages.

use app::Environment;
use domain::access::{ORGANISATION, PLATFORM, Role};

use crate::cookies::{self, THEME, TOAST};
use crate::pages::settings;
use crate::visit::Visit;
use crate::words;

/// What surrounds a page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Shell {
    pub(crate) head: Head,
    pub(crate) organisation: String,
    /// The environment that is open, by name; none outside an organisation.
    pub(crate) environment: &'static str,
    pub(crate) navigation: Vec<Place>,
    /// The places in the settings, while they are open.
    pub(crate) settings: Vec<Place>,
    /// Further places that the palette goes to: new records.
    pub(crate) makers: Vec<Place>,
    pub(crate) user: String,
    pub(crate) email: String,
    pub(crate) role: &'static str,
    pub(crate) form_token: String,
    pub(crate) toast: Option<Toast>,
    /// The zone in which times are shown, by name.
    pub(crate) zone: String,
    /// Why a platform administrator is here, and until when.
    pub(crate) support: Option<(String, String)>,
    /// The address of the page, to come back to.
    pub(crate) here: String,
    /// Whether the user may fill and empty the sandbox.
    pub(crate) fills_sandbox: bool,
}

/// What stands in the head of every page, signed in or not.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Head {
    pub(crate) title: String,
    /// `light`, `dark`, or nothing where the device decides.
    pub(crate) theme: String,
}

/// Somewhere to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) icon: &'static str,
    pub(crate) open: bool,
}

/// A short message about what was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Toast {
    pub(crate) good: bool,
    pub(crate) text: String,
}

impl Toast {
    /// Something was done.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self { good: true, text: text.into() }
    }

    /// As a cookie's value.
    pub(crate) fn encode(&self) -> String {
        let text: String = self.text.chars().take(300).collect();
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        format!("{}:{encoded}", if self.good { "good" } else { "bad" })
    }

    pub(crate) fn decode(value: &str) -> Option<Self> {
        let (tone, encoded) = value.split_once(':')?;
        let (text, _) = form_urlencoded::parse(encoded.as_bytes()).next()?;
        Some(Self { good: tone == "good", text: text.into_owned() })
    }
}

impl Head {
    pub(crate) fn new(title: &str, headers: &axum::http::HeaderMap) -> Self {
        let theme = cookies::get(headers, THEME).filter(|it| matches!(it.as_str(), "light" | "dark"));
        Self { title: title.to_owned(), theme: theme.unwrap_or_default() }
    }
}

impl Shell {
    pub(crate) fn of(visit: &Visit, title: &str) -> Self {
        let session = &visit.session;
        let path = visit.parts.uri.path();
        let tenant = session.tenant.as_ref();
        let mut navigation = Vec::new();
        let mut makers = Vec::new();
        if tenant.is_some() {
            navigation.push(Place {
                label: "Overview".to_owned(),
                href: "/".to_owned(),
                icon: "home",
                open: path == "/",
            });
            for layout in visit.config.layouts {
                let Some(resource) = visit.app.registry().by_plural(layout.plural) else { continue };
                if !visit.can(&resource.read_scope()) {
                    continue;
                }
                let href = format!("/{}", resource.segment());
                let open = path == href || path.starts_with(&format!("{href}/"));
                let label = words::capitalised(&resource.plural_noun());
                navigation.push(Place { label, href: href.clone(), icon: layout.icon, open });
                if visit.can_write(resource) {
                    let label = format!("New {}", resource.noun());
                    makers.push(Place { label, href: format!("{href}/new"), icon: "plus", open: false });
                }
            }
        }
        if visit.can(PLATFORM) {
            let open = path.starts_with("/platform");
            let (label, href) = ("Organisations".to_owned(), "/platform".to_owned());
            navigation.push(Place { label, href, icon: "building", open });
        }
        let settings = settings::places(visit);
        if !settings.is_empty() {
            navigation.push(Place {
                label: "Settings".to_owned(),
                href: "/settings".to_owned(),
                icon: "settings",
                open: path == "/settings",
            });
        }
        let is_in_settings = path == "/settings" || path.starts_with("/settings/");
        let user = &session.user;
        let names = [user.first_name.as_deref(), user.last_name.as_deref()];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let place = visit.place();
        Self {
            head: Head::new(title, &visit.parts.headers),
            organisation: tenant.map_or_else(|| "Platform".to_owned(), |it| it.organisation().name.clone()),
            environment: tenant.map_or("", |it| it.environment().name()),
            navigation,
            settings: if is_in_settings { settings } else { Vec::new() },
            makers,
            user: if name.is_empty() { user.email.clone() } else { name },
            email: user.email.clone(),
            role: role(user.role),
            form_token: session.form_token.clone(),
            toast: cookies::get(&visit.parts.headers, TOAST).and_then(|value| Toast::decode(&value)),
            zone: tenant.map_or_else(|| "UTC".to_owned(), |it| it.organisation().timezone.clone()),
            support: session.support.as_ref().map(|it| (it.reason.clone(), place.moment(it.until))),
            fills_sandbox: tenant.is_some() && visit.can(ORGANISATION),
            here: visit.parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned(),
        }
    }

    /// The first letters of the user's names, for small screens.
    pub(crate) fn initials(&self) -> String {
        self.user.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect()
    }

    pub(crate) fn is_sandbox(&self) -> bool {
        self.environment == Environment::Sandbox.name()
    }
}

/// A role in words.
fn role(role: Role) -> &'static str {
    match role {
        Role::PlatformAdmin => "Platform administrator",
        Role::ClientAdmin => "Administrator",
        Role::ClientUser => "Staff",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_travel_in_a_cookie() {
        let toast = Toast::done("“Zoë; Łukasz=ok” saved");
        let value = toast.encode();
        assert!(value.is_ascii() && !value.contains([';', ',', ' ']), "{value}");
        assert_eq!(Toast::decode(&value), Some(toast));
        assert_eq!(Toast::decode("nonsense"), None);
    }
}
