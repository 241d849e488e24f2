use proptest::prelude::*;

use super::*;

fn reach(address: &str) -> Reach {
    Reach::of(address.parse().unwrap_or_else(|_| panic!("not an address: {address}")))
}

/// The first and last address of each special network, and their neighbours outside of it.
#[test]
fn every_class_of_ipv4_begins_and_ends_where_the_registry_says() {
    let rows: [(&str, &str, Reach, &str, &str); 18] = [
        ("0.0.0.0", "0.255.255.255", Reach::Unspecified, "", "1.0.0.0"),
        ("10.0.0.0", "10.255.255.255", Reach::Private, "9.255.255.255", "11.0.0.0"),
        ("100.64.0.0", "100.127.255.255", Reach::Shared, "100.63.255.255", "100.128.0.0"),
        ("127.0.0.0", "127.255.255.255", Reach::Loopback, "126.255.255.255", "128.0.0.0"),
        ("169.254.0.0", "169.254.255.255", Reach::LinkLocal, "169.253.255.255", "169.255.0.0"),
        ("172.16.0.0", "172.31.255.255", Reach::Private, "172.15.255.255", "172.32.0.0"),
        ("192.0.0.0", "192.0.0.255", Reach::Reserved, "191.255.255.255", "192.0.1.0"),
        ("192.0.2.0", "192.0.2.255", Reach::Documentation, "192.0.1.255", "192.0.3.0"),
        ("192.31.196.0", "192.31.196.255", Reach::Reserved, "192.31.195.255", "192.31.197.0"),
        ("192.88.99.0", "192.88.99.255", Reach::Reserved, "192.88.98.255", "192.88.100.0"),
        ("192.168.0.0", "192.168.255.255", Reach::Private, "192.167.255.255", "192.169.0.0"),
        ("192.175.48.0", "192.175.48.255", Reach::Reserved, "192.175.47.255", "192.175.49.0"),
        ("198.18.0.0", "198.19.255.255", Reach::Benchmarking, "198.17.255.255", "198.20.0.0"),
        ("198.51.100.0", "198.51.100.255", Reach::Documentation, "198.51.99.255", "198.51.101.0"),
        ("203.0.113.0", "203.0.113.255", Reach::Documentation, "203.0.112.255", "203.0.114.0"),
        ("224.0.0.0", "239.255.255.255", Reach::Multicast, "223.255.255.255", ""),
        ("240.0.0.0", "255.255.255.254", Reach::Reserved, "", ""),
        ("255.255.255.255", "255.255.255.255", Reach::Broadcast, "", ""),
    ];
    for (first, last, expected, before, after) in rows {
        assert_eq!(reach(first), expected, "{first}");
        assert_eq!(reach(last), expected, "{last}");
        for neighbour in [before, after].into_iter().filter(|it| !it.is_empty()) {
            assert_eq!(reach(neighbour), Reach::Public, "{neighbour}");
        }
    }
}

#[test]
fn every_class_of_ipv6_begins_and_ends_where_the_registry_says() {
    let rows: [(&str, &str, Reach); 16] = [
        ("::", "::", Reach::Unspecified),
        ("::1", "::1", Reach::Loopback),
        ("::127.0.0.1", "::127.0.0.1", Reach::Reserved),
        ("::ffff:0:10.0.0.0", "::ffff:0:10.255.255.255", Reach::Reserved),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
        ("100::", "100::ffff:ffff:ffff:ffff", Reach::Reserved),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Documentation),
        ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Documentation),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
        ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Private),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::LinkLocal),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Private),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Multicast),
    ];
    for (first, last, expected) in rows {
        assert_eq!(reach(first), expected, "{first}");
        assert_eq!(reach(last), expected, "{last}");
    }
    let public = [
        "2000::1",
        "2001:200::1",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2400:cb00::1",
        "2606:4700::1111",
        "3ffe:ffff::1",
    ];
    for address in public {
        assert_eq!(reach(address), Reach::Public, "{address}");
    }
}

#[test]
fn teredo_is_reserved_whatever_it_carries() {
    assert_eq!(reach("2001:0:4136:e378:8000:63bf:3fff:fdd2"), Reach::Reserved);
}

#[test]
fn metadata_services_are_known_and_never_allowed() {
    for address in [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "169.254.42.42",
        "169.254.0.23",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:42::42",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1",
    ] {
        assert_eq!(reach(address), Reach::Metadata, "{address}");
    }
    assert!(!Reach::Metadata.is_allowed(true));
}

#[test]
fn the_option_opens_loopback_and_private_networks_only() {
    let all = [
        (Reach::Public, true, true),
        (Reach::Unspecified, false, false),
        (Reach::Loopback, false, true),
        (Reach::Private, false, true),
        (Reach::Shared, false, true),
        (Reach::LinkLocal, false, false),
        (Reach::Multicast, false, false),
        (Reach::Broadcast, false, false),
        (Reach::Documentation, false, false),
        (Reach::Benchmarking, false, false),
        (Reach::Reserved, false, false),
        (Reach::Metadata, false, false),
    ];
    for (reach, usually, with_option) in all {
        assert_eq!((reach.is_allowed(false), reach.is_allowed(true)), (usually, with_option), "{reach:?}");
    }
}

#[test]
fn forms_given_up_are_never_public() {
    assert_eq!(reach("::8.8.8.8"), Reach::Reserved);
    assert_eq!(reach("::ffff:0:8.8.8.8"), Reach::Reserved);
    for in_use in ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"] {
        assert_eq!(reach(in_use), Reach::Public, "{in_use}");
    }
}

fn not_public() -> impl Strategy<Value = Ipv4Addr> {
    let inside = |index: usize, random: u32| {
        let (network, length, _) = V4[index];
        let host = u32::MAX.checked_shr(length).unwrap_or(0);
        Ipv4Addr::from_bits(u32::from_be_bytes(network) | (random & host))
    };
    (0..V4.len(), any::<u32>()).prop_map(move |(index, random)| inside(index, random))
}

proptest! {
    #[test]
    fn no_wrapping_makes_an_address_public(inner in not_public(), tail: [u16; 5]) {
        let [a, b, c, d] = inner.octets();
        let high = u16::from_be_bytes([a, b]);
        let low = u16::from_be_bytes([c, d]);
        let [t0, t1, t2, t3, t4] = tail;
        let plain = Reach::of(inner.into());
        prop_assert!(!plain.is_allowed(false), "{inner}");
        let forms = [
            inner.to_ipv6_mapped(),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, t0, t1, t2, t3, t4),
            Ipv6Addr::new(0x64, 0xff9b, 1, t0, t1, t2, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, high, low >> 8, low << 8, t0, t1),
            Ipv6Addr::new(0x2001, 0, t0, t1, t2, t3, !high, !low),
        ];
        for form in forms {
            let wrapped = Reach::of(form.into());
            prop_assert!(!wrapped.is_allowed(false), "{} in {}", inner, form);
            // The option opens a wrapped address only where it opens the address itself. `::1` and `::`
            // mean themselves.
            let itself = form.is_loopback() || form.is_unspecified();
            prop_assert!(itself || !wrapped.is_allowed(true) || plain.is_allowed(true), "{} in {}", inner, form);
        }
    }
}
