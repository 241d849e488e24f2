//! Classes of IP addresses, from the special-purpose registries of IANA (RFC 6890 and its updates).
//!
//! IPv6 addresses that carry an IPv4 address inside are judged by the address inside: whoever carries
//! the packet will unwrap it. It must never know names or URLs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who can be reached at an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reach {
    /// Anybody on the internet.
    Public,
    /// Nobody in particular: `0.0.0.0/8` and `::`, which many systems take for themselves.
    Unspecified,
    /// The machine itself.
    Loopback,
    /// A private network (RFC 1918, RFC 4193, and the site-local addresses of old).
    Private,
    /// A provider's or cloud's own network, `100.64.0.0/10` (RFC 6598).
    Shared,
    /// The same cable or virtual network.
    LinkLocal,
    /// Groups of machines.
    Multicast,
    /// Every machine of a network.
    Broadcast,
    /// Examples in documents.
    Documentation,
    /// Laboratories (RFC 2544).
    Benchmarking,
    /// Protocols, obsolete forms, and what is not given out yet.
    Reserved,
    /// A cloud's metadata service, which hands out credentials to whoever asks.
    Metadata,
}

/// First match counts, so that services stand before the networks they are in.
const V4: [([u8; 4], u32, Reach); 26] = [
    ([169, 254, 169, 254], 32, Reach::Metadata), // Amazon, Google, Azure, Oracle, DigitalOcean and others
    ([169, 254, 170, 2], 32, Reach::Metadata),   // Amazon: credentials of containers
    ([169, 254, 170, 23], 32, Reach::Metadata),  // Amazon: credentials of pods
    ([169, 254, 42, 42], 32, Reach::Metadata),   // Scaleway
    ([169, 254, 0, 23], 32, Reach::Metadata),    // Tencent
    ([100, 100, 100, 200], 32, Reach::Metadata), // Alibaba
    ([168, 63, 129, 16], 32, Reach::Metadata),   // Azure's wire server, outside every special range
    ([192, 0, 0, 192], 32, Reach::Metadata),     // Oracle, first generation
    ([0, 0, 0, 0], 8, Reach::Unspecified),
    ([10, 0, 0, 0], 8, Reach::Private),
    ([100, 64, 0, 0], 10, Reach::Shared),
    ([127, 0, 0, 0], 8, Reach::Loopback),
    ([169, 254, 0, 0], 16, Reach::LinkLocal),
    ([172, 16, 0, 0], 12, Reach::Private),
    ([192, 0, 0, 0], 24, Reach::Reserved),
    ([192, 0, 2, 0], 24, Reach::Documentation),
    ([192, 31, 196, 0], 24, Reach::Reserved), // AS112
    ([192, 88, 99, 0], 24, Reach::Reserved),  // relays of 6to4
    ([192, 168, 0, 0], 16, Reach::Private),
    ([192, 175, 48, 0], 24, Reach::Reserved), // AS112
    ([198, 18, 0, 0], 15, Reach::Benchmarking),
    ([198, 51, 100, 0], 24, Reach::Documentation),
    ([203, 0, 113, 0], 24, Reach::Documentation),
    ([224, 0, 0, 0], 4, Reach::Multicast),
    ([255, 255, 255, 255], 32, Reach::Broadcast),
    ([240, 0, 0, 0], 4, Reach::Reserved),
];

/// First match counts. What no line names is public inside `2000::/3`, the only part given out for
/// the internet, and reserved outside of it.
const V6: [([u16; 8], u32, Reach); 18] = [
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, Reach::Metadata), // Amazon
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128, Reach::Metadata),  // Amazon: credentials of pods
    ([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, Reach::Metadata),  // Google
    ([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128, Reach::Metadata),   // Scaleway
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Reach::Unspecified),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Reach::Loopback),
    // A network's own translators: how the IPv4 address lies inside is up to that network (RFC 8215).
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Reach::Reserved),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Reach::Reserved), // discarded
    // Protocols, Teredo and ORCHID among them.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Reach::Reserved),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Reach::Documentation),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, Reach::Reserved), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Reach::Documentation),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, Reach::Reserved), // segments of routes
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Reach::Private),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Reach::LinkLocal),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Reach::Private), // site-local, given up in RFC 3879
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Reach::Multicast),
    ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3, Reach::Public),
];

impl Reach {
    /// The class of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    /// Whether webhooks may be sent there. `private` is the operator's word that receivers in the own
    /// network are wanted (`--allow-private-webhooks`); it opens nothing but loopback and private networks.
    #[must_use]
    pub const fn is_allowed(self, private: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Loopback | Self::Private | Self::Shared => private,
            _ => false,
        }
    }

    /// Whether the operator's option could allow it.
    pub(super) const fn is_private(self) -> bool {
        self.is_allowed(true) && !self.is_allowed(false)
    }

    /// What such an address is, to end a sentence that begins "it is".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Unspecified => "the address of no machine in particular",
            Self::Loopback => "the address of the server itself",
            Self::Private => "an address of a private network",
            Self::Shared => "an address of a provider's own network",
            Self::LinkLocal => "an address of the server's own network link",
            Self::Multicast => "the address of a group of machines",
            Self::Broadcast => "the address of every machine in a network",
            Self::Documentation => "an address reserved for examples",
            Self::Benchmarking => "an address reserved for laboratories",
            Self::Reserved => "a reserved address",
            Self::Metadata => "the address of a cloud's metadata service",
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let bits = u32::from(address);
        V4.iter()
            .find(|(network, length, _)| (bits ^ u32::from_be_bytes(*network)) >> (32 - length) == 0)
            .map_or(Self::Public, |(_, _, reach)| *reach)
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if let Some((inner, in_use)) = embedded(address) {
            let reach = Self::of_v4(inner);
            // No machine answers at a form that was given up, the own one neither.
            return if !in_use && reach.is_allowed(true) { Self::Reserved } else { reach };
        }
        let bits = address.to_bits();
        V6.iter()
            .find(|(network, length, _)| {
                (bits ^ Ipv6Addr::from(*network).to_bits()).checked_shr(128 - length).unwrap_or(0) == 0
            })
            .map_or(Self::Reserved, |(_, _, reach)| *reach)
    }
}

/// The IPv4 address inside an IPv6 address, and whether the form is still in use.
fn embedded(address: Ipv6Addr) -> Option<(Ipv4Addr, bool)> {
    let inner = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Mapped (RFC 4291 §2.5.5.2), to which a socket connects by IPv4; NAT64 (RFC 6052 §2.1); 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some((inner(high, low), true)),
        // Compatible (RFC 4291 §2.5.5.1) and translated (RFC 2765): both given up.
        [0, 0, 0, 0, 0 | 0xffff, 0, high, low] => Some((inner(high, low), false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
