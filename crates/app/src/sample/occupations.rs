//! Where people work, as what, and what interests them.

/// Where members work.
pub(super) const COMPANIES: &[&str] = &[
    "Southern Cross Engineering Pty Ltd",
    "Harbour & Hinterland Planning",
    "Banksia Consulting",
    "Coolabah Water",
    "Wattle Street Architects",
    "Meridian Rail Projects",
    "Bluegum Structural",
    "Tasman Geotechnical Ltd",
    "O'Malley & Daughters",
    "Kōwhai Design",
    "Ironbark Infrastructure Group",
    "Studio Müller + Partner",
    "City of Greater Eastwood",
    "Department of Public Works",
    "University of the Coral Coast",
    "Pelican Point Ports",
    "Desert Rose Renewables",
    "Lyrebird Acoustics",
    "Red Earth Surveying",
    "Quokka Labs",
    "North Star Façades",
    "Gondwana Environmental \"Green\" Services",
    "三橋設計事務所",
    "Cabinet d'ingénierie Saint-Élie",
    "The Very Long Established Company of Bridge Builders, Tunnellers, Surveyors and Allied Trades (1851) Limited",
];

/// What they are there.
pub(super) const POSITIONS: &[&str] = &[
    "Structural Engineer",
    "Senior Engineer",
    "Principal Consultant",
    "Graduate Engineer",
    "Project Manager",
    "Director",
    "Urban Planner",
    "Architect",
    "Surveyor",
    "Lecturer",
    "Asset Manager",
    "Head of Design",
    "Technical Officer",
    "Environmental Scientist",
    "Site Manager",
    "Chief Executive Officer",
    "Retired",
];

/// What interests them.
pub(super) const INTERESTS: &[&str] = &[
    "Bridges",
    "Tunnels",
    "Sustainability",
    "Water",
    "Transport",
    "Heritage",
    "Timber construction",
    "Digital twins",
    "Leadership",
    "Ethics",
    "Procurement",
    "Safety",
    "Acoustics",
    "Urban design",
    "Renewable energy",
    "Mentoring",
];

/// The kinds of event that they want to hear about.
pub(super) const EVENT_INTERESTS: &[&str] = &[
    "Conferences",
    "Site visits",
    "Webinars",
    "Branch evenings",
    "Workshops",
    "Networking",
    "Young professionals",
];
