//! The kinds of value that a field can hold, each with its bounds.

use super::Field;

/// What a field's value is, and within which bounds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A UUID: the record's own, or that of a record that it refers to.
    Id,
    /// A number given by the server, sequential per tenant, never reused.
    Serial,
    /// The record's version, counted from 1.
    Version,
    /// Text of one or more lines, trimmed; lengths in characters.
    Text {
        /// Fewest characters after trimming.
        min: usize,
        /// Most characters after trimming.
        max: usize,
    },
    /// A person's name: 2–100 characters, one is enough outside the Latin script (domain §3).
    PersonName,
    /// An e-mail address of at most 254 characters.
    Email,
    /// One of a fixed list of words.
    Choice(&'static [&'static str]),
    /// A whole number.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A number with at most two decimals, shown as a JSON number, kept as hundredths.
    Decimal {
        /// Smallest value, in hundredths.
        min: i64,
        /// Largest value, in hundredths.
        max: i64,
        /// The value is a multiple of this many hundredths.
        step: i64,
    },
    /// An amount of money with at most two decimals, shown as a JSON string, kept as hundredths.
    Money,
    /// A calendar date.
    Date(DateBound),
    /// A moment, RFC 3339.
    Timestamp,
    /// True or false.
    Boolean,
    /// An absolute http or https URL of at most 2,000 characters.
    Url,
    /// A phone number: E.164 where it is valid for the country, else kept when phone-like (domain §3).
    Phone,
    /// An ISO 3166-1 alpha-2 country code.
    Country,
    /// An IANA time zone name.
    TimeZone,
    /// HTML that is sanitised on the way in.
    Html {
        /// Most characters, before sanitising.
        max: usize,
    },
    /// A list of distinct short texts.
    Tags {
        /// Most items.
        max_items: usize,
        /// Most characters of one item.
        max_length: usize,
    },
    /// A list of objects with fields of their own.
    Objects {
        /// The fields of each object.
        fields: &'static [Field],
        /// Most items.
        max_items: usize,
    },
    /// An object of the integrator's own keys with scalar values.
    CustomFields,
    /// HTTP headers by name, each with a text.
    Headers,
    /// For each resource, by its plural name, the rules of a field mapping (API §9).
    FieldMapping,
    /// A JSON object as the server made it; never read from bodies.
    Json,
}

/// Bounds of a date relative to the day on which it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateBound {
    /// Any date from year 1 to 9999.
    Any,
    /// Today (in the organisation's zone) or earlier.
    NotInFuture,
    /// Before today and after 1900-01-01.
    Birth,
}

impl Kind {
    /// Whether values of this kind have an order that ranges and sorting can use.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        self.is_numeric() || self.is_temporal()
    }

    /// Whether filters on this kind take `gt`, `gte`, `lt`, `lte`, `between`.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Serial | Self::Version | Self::Integer { .. } | Self::Decimal { .. } | Self::Money
        )
    }

    /// Whether filters on this kind take `after`, `before` and their strict forms.
    #[must_use]
    pub const fn is_temporal(self) -> bool {
        matches!(self, Self::Date(_) | Self::Timestamp)
    }

    /// Whether the value is kept as JSON text: lists and objects.
    #[must_use]
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Tags { .. } | Self::Objects { .. }) || self.is_object()
    }

    /// Whether the value is a JSON object.
    #[must_use]
    pub const fn is_object(self) -> bool {
        matches!(self, Self::CustomFields | Self::Headers | Self::FieldMapping | Self::Json)
    }
}
