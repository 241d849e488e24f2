//! Courses: some on offer, some to be published, one still being written, some archived.

use serde_json::json;

use super::dice::Dice;
use super::{Sample, Today, object};

/// What is written of a course by hand.
struct Plan {
    name: &'static str,
    about: &'static str,
    kind: &'static str,
    status: &'static str,
    /// Days from today to its start.
    opens: i64,
    /// Days from its start to its end, when it has one.
    closes: Option<i64>,
    minutes: i64,
    author: &'static str,
    categories: &'static [&'static str],
    series: &'static [&'static str],
    /// Halves of a point.
    cpd: i64,
    members_price: Option<&'static str>,
    others_price: Option<&'static str>,
    limits: Option<(i64, i64)>,
}

const PLAIN: Plan = Plan {
    name: "",
    about: "",
    kind: "blended",
    status: "published",
    opens: -60,
    closes: None,
    minutes: 60,
    author: "Mai Nguyễn",
    categories: &[],
    series: &[],
    cpd: 2,
    members_price: None,
    others_price: None,
    limits: None,
};

const SYDNEY: &str = "Australia/Sydney";

#[rustfmt::skip]
const PLANS: &[Plan] = &[
    // The first two are what the sandbox has.
    Plan { name: "Ethics for Engineers", about: "What the code of conduct asks of you, in six short cases.", kind: "video", minutes: 90, categories: &["Professional practice"], series: &["Foundations"], cpd: 3, others_price: Some("49.00"), ..PLAIN },
    Plan { name: "Contract Basics", about: "Offer, acceptance, and the clause nobody reads.", kind: "text", status: "draft", opens: 30, author: "Γιώργος Νικολαΐδης", categories: &["Business"], series: &["Foundations"], members_price: Some("25.00"), others_price: Some("75.00"), ..PLAIN },

    Plan { name: "Safety in Design: The Essentials", about: "Duties, documents and the hierarchy of controls, with a quiz to finish.", kind: "quiz", opens: -210, minutes: 45, author: "Harpreet Singh", categories: &["Safety"], series: &["Foundations"], cpd: 1, ..PLAIN },
    Plan { name: "Timber in Tall Buildings", about: "Fire, sway and acoustics of engineered timber, from three built projects.", opens: -120, closes: Some(400), minutes: 240, author: "Björn Lindqvist", categories: &["Structures", "Sustainability"], cpd: 8, members_price: Some("180.00"), others_price: Some("260.00"), ..PLAIN },
    Plan { name: "Embodied Carbon Step by Step", about: "From bill of quantities to a figure that you can defend.", kind: "video", opens: -75, minutes: 120, author: "Aroha Parata", categories: &["Sustainability"], cpd: 4, members_price: Some("60.00"), others_price: Some("90.50"), ..PLAIN },
    Plan { name: "Reading Geotechnical Reports", about: "A field guide in one document.", kind: "pdf", opens: -330, minutes: 30, author: "Siobhán O'Connell", categories: &["Geotechnics"], cpd: 1, others_price: Some("15.00"), ..PLAIN },
    Plan { name: "From Expert to Manager", about: "Eight weeks, one group, a coach. Starts twice a year.", opens: 25, closes: Some(56), minutes: 1_200, author: "Georgina Whitlam-Hayes", categories: &["Leadership"], series: &["Leadership Programme"], cpd: 40, members_price: Some("1450.00"), others_price: Some("1890.00"), limits: Some((16, 4)), ..PLAIN },
    Plan { name: "Universal Design, in Short", about: "Twelve drawings before and after.", kind: "text", opens: -15, minutes: 25, author: "İpek Yılmaz", categories: &["Urban design"], cpd: 1, ..PLAIN },
    Plan { name: "Digital Twins for Asset Owners", about: "What to ask for, and what to do with it once you have it.", status: "scheduled", opens: 40, minutes: 150, author: "田中 花子", categories: &["Digital engineering"], cpd: 5, members_price: Some("95.00"), others_price: Some("140.00"), ..PLAIN },
    Plan { name: "Chartered Status: Preparing Your Portfolio", about: "Evidence, reflection, and a checklist that the assessors use themselves.", kind: "video", status: "scheduled", opens: 21, minutes: 75, author: "Tadhg Gallagher", categories: &["Membership"], series: &["Foundations"], cpd: 2, others_price: Some("35.00"), ..PLAIN },
    Plan { name: "The 2019 Loading Code Explained", about: "Superseded; kept for those who work on older designs.", kind: "pdf", status: "archived", opens: -1_400, closes: Some(1_000), minutes: 60, author: "Owen Fraser", categories: &["Structures"], others_price: Some("20.00"), ..PLAIN },
    Plan { name: "Remote Site Inspections", about: "Written for a year when nobody could travel.", kind: "video", status: "archived", opens: -1_100, minutes: 40, author: "Lucía Muñoz", categories: &["Site work"], cpd: 1, ..PLAIN },
];

pub(super) fn all(dice: &mut Dice, today: Today, count: usize) -> Vec<Sample> {
    PLANS.iter().take(count).zip(1..).map(|(plan, position)| course(dice, today, plan, position)).collect()
}

fn course(dice: &mut Dice, today: Today, plan: &'static Plan, position: i64) -> Sample {
    let start = today.at(plan.opens, (9, 0), SYDNEY);
    let close = plan.closes.map(|days| today.at(plan.opens + days, (17, 0), SYDNEY));
    let publish = (plan.status == "scheduled").then(|| today.at(dice.between(3, 14), (9, 0), SYDNEY));
    let points = f64::from(i32::try_from(plan.cpd).unwrap_or(0)) / 2.0;
    let about = plan.about;
    let body = object(vec![
        ("name", json!(plan.name)),
        ("shortDescription", json!(about)),
        ("description", json!(format!("<p>{about}</p><p>By <em>{}</em>.</p>", plan.author))),
        ("status", json!(plan.status)),
        ("courseType", json!(plan.kind)),
        ("categories", json!(plan.categories)),
        ("series", json!(plan.series)),
        ("cpdCategories", json!(plan.categories)),
        ("author", json!(plan.author)),
        ("publishDateTime", json!(publish.map(|it| it.to_string()))),
        ("estimatedCompletionTime", json!(plan.minutes)),
        ("startDate", json!(start.to_string())),
        ("closeDate", json!(close.map(|it| it.to_string()))),
        ("cpdPoints", json!(points)),
        ("membersPrice", json!(plan.members_price)),
        ("nonMembersPrice", json!(plan.others_price)),
        ("membersLimit", json!(plan.limits.map(|it| it.0))),
        ("nonMembersLimit", json!(plan.limits.map(|it| it.1))),
        ("featuredImageUrl", json!(format!("https://cdn.example.org/images/course-{position:02}.jpg"))),
        ("externalId", json!(format!("demo-course-{position:02}"))),
        ("customFields", json!({"language": "en", "recorded": dice.chance(50)})),
    ]);
    // Courses are prepared a while before they open; older ones came with the system.
    let days = (dice.between(10, 60) - plan.opens).clamp(2, 3 * 365 - 1);
    Sample { at: today.ago(days, dice.between(1, 600)), body }
}
