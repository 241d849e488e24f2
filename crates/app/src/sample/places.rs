//! Where people live, with the phone numbers that each country has set aside for stories.

use super::dice::Dice;

/// A city and what stands around it in an address.
pub(super) struct Place {
    pub(super) city: &'static str,
    pub(super) state: Option<&'static str>,
    pub(super) postcode: Option<&'static str>,
    pub(super) country: &'static str,
    /// The area code of a landline.
    area: &'static str,
}

const fn place(
    city: &'static str,
    state: Option<&'static str>,
    postcode: Option<&'static str>,
    country: &'static str,
    area: &'static str,
) -> Place {
    Place { city, state, postcode, country, area }
}

/// In the association's own country, by how many members live there.
pub(super) const HOME: &[(i64, Place)] = &[
    (20, place("Sydney", Some("NSW"), Some("2000"), "AU", "02")),
    (6, place("Parramatta", Some("NSW"), Some("2150"), "AU", "02")),
    (4, place("Newcastle", Some("NSW"), Some("2300"), "AU", "02")),
    (2, place("Wagga Wagga", Some("NSW"), Some("2650"), "AU", "02")),
    (18, place("Melbourne", Some("VIC"), Some("3000"), "AU", "03")),
    (4, place("Geelong", Some("VIC"), Some("3220"), "AU", "03")),
    (12, place("Brisbane", Some("QLD"), Some("4000"), "AU", "07")),
    (3, place("Cairns", Some("QLD"), Some("4870"), "AU", "07")),
    (9, place("Perth", Some("WA"), Some("6000"), "AU", "08")),
    (7, place("Adelaide", Some("SA"), Some("5000"), "AU", "08")),
    (5, place("Canberra", Some("ACT"), Some("2600"), "AU", "02")),
    (4, place("Hobart", Some("TAS"), Some("7000"), "AU", "03")),
    // Its postcode shows whether somebody made a number of it.
    (3, place("Darwin", Some("NT"), Some("0800"), "AU", "08")),
];

const ABROAD: &[Place] = &[
    place("London", None, Some("EC1A 1BB"), "GB", "020"),
    place("Auckland", None, Some("1010"), "NZ", ""),
    place("Wellington", None, Some("6011"), "NZ", ""),
    place("Seattle", Some("WA"), Some("98101"), "US", "206"),
    place("Boston", Some("MA"), Some("02108"), "US", "617"),
    place("Toronto", Some("ON"), Some("M5H 2N2"), "CA", "416"),
    place("Dublin", None, Some("D02 AF30"), "IE", ""),
    place("Singapore", None, Some("018956"), "SG", ""),
    place("Kuala Lumpur", None, Some("50000"), "MY", ""),
    place("Thành phố Hồ Chí Minh", None, Some("700000"), "VN", ""),
    place("Bengaluru", Some("Karnataka"), Some("560001"), "IN", ""),
    place("Αθήνα", None, Some("105 57"), "GR", ""),
    place("A Coruña", Some("Galicia"), Some("15001"), "ES", ""),
    place("São Paulo", Some("SP"), Some("01000-000"), "BR", ""),
    place("Köln", Some("Nordrhein-Westfalen"), Some("50667"), "DE", ""),
    place("Zürich", Some("ZH"), Some("8001"), "CH", ""),
    place("Malmö", None, Some("211 22"), "SE", ""),
    place("Reykjavík", None, Some("101"), "IS", ""),
    place("Tromsø", None, Some("9008"), "NO", ""),
    place("Łódź", None, Some("90-001"), "PL", ""),
    place("Plzeň", None, Some("301 00"), "CZ", ""),
    place("İzmir", None, Some("35000"), "TR", ""),
    place("臺北市", None, Some("100"), "TW", ""),
    place("Hong Kong", None, None, "HK", ""),
    place("東京", None, Some("100-0001"), "JP", ""),
    place("서울", None, Some("04524"), "KR", ""),
    place("دبي", None, None, "AE", ""),
    place("بيروت", None, None, "LB", ""),
    place("Київ", None, Some("01001"), "UA", ""),
];

/// Numbers that the Australian regulator keeps free for drama.
const MOBILES: &[&str] = &[
    "0491 570 006",
    "0491 570 156",
    "0491 570 157",
    "0491 570 158",
    "0491 570 159",
    "0491 570 110",
    "0491 570 313",
    "0491 570 737",
    "0491 571 266",
    "0491 571 491",
    "0491 571 804",
    "0491 572 549",
    "0491 572 665",
    "0491 572 983",
    "0491 573 770",
    "0491 573 087",
    "0491 574 118",
    "0491 574 632",
    "0491 575 254",
    "0491 575 789",
    "0491 576 398",
    "0491 576 801",
    "0491 577 426",
    "0491 577 644",
    "0491 578 957",
    "0491 578 148",
    "0491 578 888",
    "0491 579 212",
    "0491 579 760",
    "0491 579 455",
];

/// A place in one of these countries; at home where none is known.
pub(super) fn abroad(dice: &mut Dice, countries: &[&str]) -> &'static Place {
    let country = *dice.pick(countries);
    let there: Vec<&Place> = ABROAD.iter().filter(|place| place.country == country).collect();
    match there.as_slice() {
        [] => dice.weighted(HOME),
        there => dice.pick::<&Place>(there),
    }
}

impl Place {
    /// A landline, where the country has numbers that nobody can call.
    pub(super) fn landline(&self, dice: &mut Dice) -> Option<String> {
        let number = dice.between(0, 9_999);
        let area = self.area;
        match self.country {
            "AU" if number % 40 == 0 => Some(format!("{area} 5550 {number:04} x{}", dice.between(10, 99))),
            "AU" => Some(format!("({area}) 5550 {number:04}")),
            "GB" => Some(format!("{area} 7946 0{:03}", number % 1_000)),
            "US" | "CA" => Some(format!("({area}) 555-01{:02}", number % 100)),
            _ => None,
        }
    }

    /// A mobile, likewise.
    pub(super) fn mobile(&self, dice: &mut Dice) -> Option<String> {
        match self.country {
            "AU" => Some((*dice.pick(MOBILES)).to_owned()),
            "GB" => Some(format!("07700 900{:03}", dice.between(0, 999))),
            _ => None,
        }
    }
}
