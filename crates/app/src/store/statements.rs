//! How fixed statements are written down: what defines them makes the list of them too, so that none is missing where a test
//! prepares each on both engines. Knows no table.

/// Statements outside any tenant, as constants of [`System`](super::System), and `OUTSIDE`, the list of them.
macro_rules! outside_tenants {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl $crate::store::System {
            $($(#[$doc])* pub(crate) const $name: &'static str = $text;)*
        }

        /// Each of these.
        pub(super) const OUTSIDE: &[&str] = &[$($text),*];
    };
}

/// Statements of a tenant, as statics, and `SCOPED`, the list of them.
macro_rules! of_tenant {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $(
            $(#[$doc])*
            pub(crate) static $name: std::sync::LazyLock<$crate::store::TenantSql> =
                std::sync::LazyLock::new(|| $sql);
        )*

        /// Each of these.
        pub(super) static SCOPED: &[&std::sync::LazyLock<$crate::store::TenantSql>] = &[$(&$name),*];
    };
}

pub(super) use {of_tenant, outside_tenants};
