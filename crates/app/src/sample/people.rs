//! Names from many places, each with a spelling that fits an e-mail address.

/// A gender as members have it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    Female,
    Male,
}

use Gender::{Female as F, Male as M};

/// Names that belong together: given names, family names, countries where they are common.
pub(super) struct Names {
    /// Name, its spelling in an address, gender.
    pub(super) given: &'static [(&'static str, &'static str, Gender)],
    /// Name, its spelling in an address.
    pub(super) family: &'static [(&'static str, &'static str)],
    /// Countries besides the association's own.
    pub(super) countries: &'static [&'static str],
}

/// All names, by how common they are in the association.
pub(super) const NAMES: &[(i64, Names)] = &[
    (42, ENGLISH),
    (8, CHINESE_LATIN),
    (7, VIETNAMESE),
    (7, INDIAN),
    (5, IRISH),
    (5, MAORI),
    (4, GREEK),
    (4, SPANISH),
    (4, GERMAN),
    (3, NORDIC),
    (3, POLISH),
    (3, TURKISH),
    (2, CHINESE),
    (2, JAPANESE),
    (2, KOREAN),
    (2, ARABIC),
    (2, UKRAINIAN),
    (2, DEVANAGARI),
    (1, LONG),
];

const ENGLISH: Names = Names {
    given: &[
        ("Amelia", "amelia", F),
        ("Olivia", "olivia", F),
        ("Charlotte", "charlotte", F),
        ("Grace", "grace", F),
        ("Matilda", "matilda", F),
        ("Ruby", "ruby", F),
        ("Hannah", "hannah", F),
        ("Zoe", "zoe", F),
        ("Mary-Anne", "mary-anne", F),
        ("Georgina", "georgina", F),
        ("Bronwyn", "bronwyn", F),
        ("Kirra", "kirra", F),
        ("Jack", "jack", M),
        ("William", "william", M),
        ("Noah", "noah", M),
        ("Thomas", "thomas", M),
        ("Lachlan", "lachlan", M),
        ("Angus", "angus", M),
        ("Harrison", "harrison", M),
        ("Owen", "owen", M),
        ("Jo", "jo", F),
        ("Al", "al", M),
        ("Darcy", "darcy", M),
        ("Jarrah", "jarrah", M),
    ],
    family: &[
        ("Smith", "smith"),
        ("Jones", "jones"),
        ("Williams", "williams"),
        ("Brown", "brown"),
        ("Wilson", "wilson"),
        ("Taylor", "taylor"),
        ("Anderson", "anderson"),
        ("Campbell", "campbell"),
        ("Mitchell", "mitchell"),
        ("Whitlam-Hayes", "whitlam-hayes"),
        ("St. Clair", "stclair"),
        ("MacGregor", "macgregor"),
        ("McIntyre", "mcintyre"),
        ("D'Arcy", "darcy"),
        ("Featherstonehaugh", "featherstonehaugh"),
        ("Bennett", "bennett"),
        ("Fraser", "fraser"),
        ("Yunupingu", "yunupingu"),
        ("Ng", "ng"),
        ("Li", "li"),
    ],
    countries: &["GB", "NZ", "US", "CA"],
};

const CHINESE_LATIN: Names = Names {
    given: &[
        ("Mei", "mei", F),
        ("Xiu Ying", "xiuying", F),
        ("Li Na", "lina", F),
        ("Hui", "hui", F),
        ("Wei", "wei", M),
        ("Jian", "jian", M),
        ("Zhang Wei", "zhangwei", M),
        ("Bo", "bo", M),
    ],
    family: &[
        ("Chen", "chen"),
        ("Wang", "wang"),
        ("Zhang", "zhang"),
        ("Liu", "liu"),
        ("Wu", "wu"),
        ("Lü", "lu"),
        ("Tan", "tan"),
        ("Lim", "lim"),
    ],
    countries: &["SG", "MY"],
};

const VIETNAMESE: Names = Names {
    given: &[
        ("Thị Hương", "huong", F),
        ("Ngọc Ánh", "anh", F),
        ("Mai", "mai", F),
        ("Tuyết", "tuyet", F),
        ("Đức", "duc", M),
        ("Minh Quân", "quan", M),
        ("Tuấn", "tuan", M),
        ("Hữu Phước", "phuoc", M),
    ],
    family: &[
        ("Nguyễn", "nguyen"),
        ("Trần", "tran"),
        ("Lê", "le"),
        ("Phạm", "pham"),
        ("Huỳnh", "huynh"),
        ("Đặng", "dang"),
    ],
    countries: &["VN"],
};

const INDIAN: Names = Names {
    given: &[
        ("Ananya", "ananya", F),
        ("Priya", "priya", F),
        ("Lakshmi", "lakshmi", F),
        ("Divya", "divya", F),
        ("Arjun", "arjun", M),
        ("Rohan", "rohan", M),
        ("Vikram", "vikram", M),
        ("Harpreet", "harpreet", M),
    ],
    family: &[
        ("Sharma", "sharma"),
        ("Patel", "patel"),
        ("Singh", "singh"),
        ("Iyer", "iyer"),
        ("Reddy", "reddy"),
        ("Krishnamurthy", "krishnamurthy"),
        ("Fernando", "fernando"),
    ],
    countries: &["IN"],
};

const IRISH: Names = Names {
    given: &[
        ("Siobhán", "siobhan", F),
        ("Niamh", "niamh", F),
        ("Aoife", "aoife", F),
        ("Caoimhe", "caoimhe", F),
        ("Seán", "sean", M),
        ("Ciarán", "ciaran", M),
        ("Tadhg", "tadhg", M),
        ("Eoin", "eoin", M),
    ],
    family: &[
        ("Ó Briain", "obriain"),
        ("O'Connell", "oconnell"),
        ("Ní Dhomhnaill", "nidhomhnaill"),
        ("Byrne", "byrne"),
        ("Mac Giolla Phádraig", "macgiolla"),
        ("Gallagher", "gallagher"),
    ],
    countries: &["IE"],
};

const MAORI: Names = Names {
    given: &[
        ("Aroha", "aroha", F),
        ("Hinemoa", "hinemoa", F),
        ("Ngaio", "ngaio", F),
        ("Mārama", "marama", F),
        ("Tāne", "tane", M),
        ("Wiremu", "wiremu", M),
        ("Rāwiri", "rawiri", M),
        ("Sione", "sione", M),
    ],
    family: &[
        ("Ngāta", "ngata"),
        ("Parata", "parata"),
        ("Tāmihana", "tamihana"),
        ("Te Kanawa", "tekanawa"),
        ("Fonoti", "fonoti"),
        ("Kaʻahumanu", "kaahumanu"),
    ],
    countries: &["NZ"],
};

const GREEK: Names = Names {
    given: &[
        ("Ελένη", "eleni", F),
        ("Μαρία", "maria", F),
        ("Γιώργος", "giorgos", M),
        ("Νίκος", "nikos", M),
        ("Sofia", "sofia", F),
        ("Dimitri", "dimitri", M),
    ],
    family: &[
        ("Παπαδοπούλου", "papadopoulou"),
        ("Νικολαΐδης", "nikolaidis"),
        ("Economou", "economou"),
        ("Kostas", "kostas"),
    ],
    countries: &["GR"],
};

const SPANISH: Names = Names {
    given: &[
        ("Lucía", "lucia", F),
        ("María José", "mariajose", F),
        ("Ximena", "ximena", F),
        ("José", "jose", M),
        ("Íñigo", "inigo", M),
        ("Ángel", "angel", M),
        ("João", "joao", M),
        ("Conceição", "conceicao", F),
    ],
    family: &[
        ("Muñoz", "munoz"),
        ("García Márquez", "garciamarquez"),
        ("Núñez", "nunez"),
        ("Ibáñez y Larra", "ibanez"),
        ("da Conceição", "daconceicao"),
        ("Peña", "pena"),
    ],
    countries: &["ES", "BR"],
};

const GERMAN: Names = Names {
    given: &[
        ("Jürgen", "juergen", M),
        ("Käthe", "kaethe", F),
        ("Anneliese", "anneliese", F),
        ("Björn", "bjoern", M),
        ("Sören", "soeren", M),
        ("Zoë", "zoe", F),
    ],
    family: &[
        ("Großmann", "grossmann"),
        ("Müller-Lüdenscheidt", "mueller"),
        ("Weiß", "weiss"),
        ("von der Heide", "heide"),
        ("Königs", "koenigs"),
        ("Schäfer", "schaefer"),
    ],
    countries: &["DE", "CH"],
};

const NORDIC: Names = Names {
    given: &[
        ("Åsa", "asa", F),
        ("Þórunn", "thorunn", F),
        ("Søren", "soren", M),
        ("Øyvind", "oyvind", M),
        ("Väinö", "vaino", M),
        ("Freyja", "freyja", F),
    ],
    family: &[
        ("Ångström", "angstrom"),
        ("Guðmundsdóttir", "gudmundsdottir"),
        ("Bjørnsen", "bjornsen"),
        ("Hämäläinen", "hamalainen"),
        ("Lindqvist", "lindqvist"),
    ],
    countries: &["SE", "IS", "NO"],
};

const POLISH: Names = Names {
    given: &[
        ("Łukasz", "lukasz", M),
        ("Małgorzata", "malgorzata", F),
        ("Agnieszka", "agnieszka", F),
        ("Jiří", "jiri", M),
        ("Eliška", "eliska", F),
        ("Ștefan", "stefan", M),
    ],
    family: &[
        ("Wiśniewski", "wisniewski"),
        ("Szczepańska", "szczepanska"),
        ("Dvořák", "dvorak"),
        ("Țepeș", "tepes"),
        ("Brzęczyszczykiewicz", "brzeczyszczykiewicz"),
    ],
    countries: &["PL", "CZ"],
};

const TURKISH: Names = Names {
    given: &[
        ("İpek", "ipek", F),
        ("Işıl", "isil", F),
        ("Çağlar", "caglar", M),
        ("Oğuz", "oguz", M),
        ("Şule", "sule", F),
    ],
    family: &[("Yılmaz", "yilmaz"), ("Öztürk", "ozturk"), ("Çelik", "celik"), ("Ağaoğlu", "agaoglu")],
    countries: &["TR"],
};

const CHINESE: Names = Names {
    given: &[("陽", "yang", M), ("秀英", "xiuying", F), ("伟", "wei", M), ("静", "jing", F)],
    family: &[("王", "wang"), ("李", "li"), ("歐陽", "ouyang"), ("张", "zhang")],
    countries: &["TW", "HK"],
};

const JAPANESE: Names = Names {
    given: &[("花子", "hanako", F), ("さくら", "sakura", F), ("健太郎", "kentaro", M), ("翔", "sho", M)],
    family: &[("田中", "tanaka"), ("佐藤", "sato"), ("長谷川", "hasegawa"), ("森", "mori")],
    countries: &["JP"],
};

const KOREAN: Names = Names {
    given: &[("민준", "minjun", M), ("서연", "seoyeon", F), ("지우", "jiu", F), ("현", "hyun", M)],
    family: &[("김", "kim"), ("이", "lee"), ("박", "park"), ("남궁", "namgung")],
    countries: &["KR"],
};

const ARABIC: Names = Names {
    given: &[("محمد", "mohammed", M), ("فاطمة", "fatima", F), ("ليلى", "layla", F), ("عمر", "omar", M)],
    family: &[("العلي", "alali"), ("حسين", "hussein"), ("الخوري", "alkhoury"), ("منصور", "mansour")],
    countries: &["AE", "LB"],
};

const UKRAINIAN: Names = Names {
    given: &[
        ("Олена", "olena", F),
        ("Катерина", "kateryna", F),
        ("Андрій", "andrii", M),
        ("Ярослав", "yaroslav", M),
    ],
    family: &[
        ("Шевченко", "shevchenko"),
        ("Коваленко", "kovalenko"),
        ("Ґудзь", "gudz"),
        ("Мельник", "melnyk"),
    ],
    countries: &["UA"],
};

const DEVANAGARI: Names = Names {
    given: &[("अनन्या", "ananya", F), ("राजेश", "rajesh", M), ("प्रिया", "priya", F), ("விக்ரம்", "vikram", M)],
    family: &[("शर्मा", "sharma"), ("पटेल", "patel"), ("சுப்பிரமணியன்", "subramanian"), ("गुप्ता", "gupta")],
    countries: &["IN"],
};

const LONG: Names = Names {
    given: &[
        ("Maria-Theresia Walburga Amalia Christina", "maria-theresia", F),
        ("Venkatanarasimharajuvaripeta", "venkat", M),
        ("Wilhelmina Kealohapauʻole", "wilhelmina", F),
    ],
    family: &[
        ("Wolfeschlegelsteinhausenbergerdorff", "wolfe"),
        ("Ruiz de Gauna-Echeverría y Fernández de la Vega", "ruizdegauna"),
        ("Keihanaikukauakahihuliheekahaunaele", "keihana"),
    ],
    countries: &["US", "ES"],
};
