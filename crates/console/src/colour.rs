//! The style that gives hosted pages the builder's colour. A file of its own, because inline styles are blocked.

use model::setting::colour::{Colour, SHAPE, TEXT};

/// The variables of one colour, in both themes: shifted only as far as it must be to be seen.
pub fn style(colour: Colour) -> String {
    let (light, dark) = (colour.against(Colour::WHITE, SHAPE), colour.against(Colour::NIGHT, SHAPE));
    let pair = |name: &str, day: Colour, night: Colour| format!("--{name}:light-dark({day},{night});");
    let variables = [
        pair("accent", light, dark),
        pair("accent-ink", light.ink(), dark.ink()),
        pair("accent-text", colour.against(Colour::WHITE, TEXT), colour.against(Colour::NIGHT, TEXT)),
        pair("accent-soft", light.mixed(Colour::WHITE, 0.9), dark.mixed(Colour::NIGHT, 0.82)),
        pair("accent-pale", light.mixed(Colour::WHITE, 0.6), dark.mixed(Colour::NIGHT, 0.55)),
    ];
    format!(":root{{{}}}\n", variables.concat())
}

/// In words, where and to what the colour is shifted.
pub fn adjusted(colour: Colour) -> String {
    let (dark, link, dark_link) = (
        colour.against(Colour::NIGHT, SHAPE),
        colour.against(Colour::WHITE, TEXT),
        colour.against(Colour::NIGHT, TEXT),
    );
    let ink = if colour.ink() == Colour::WHITE { "white" } else { "black" };
    let shifted = |to: Colour, place: &str| (to != colour).then(|| format!("{to} {place}"));
    let shifts = [
        shifted(dark, "on dark pages"),
        shifted(link, "for links on light pages"),
        shifted(dark_link, "for links on dark pages"),
    ];
    let shifts: Vec<String> = shifts.into_iter().flatten().collect();
    if shifts.is_empty() {
        return format!("Text on it is {ink}; it is used as it is on light and on dark pages.");
    }
    format!("Text on it is {ink}. To be seen by everybody it becomes {}.", shifts.join(", "))
}
