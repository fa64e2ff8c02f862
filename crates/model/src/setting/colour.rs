//! The builder's colour: read, measured against what it stands on, and shifted where it would not be seen.
//!
//! Contrast is that of WCAG 2.2 (relative luminance, success criteria 1.4.3 and 1.4.11).

use std::{fmt, str::FromStr};

/// An sRGB colour, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// The text is not `#` and six hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write it as # and six hexadecimal digits, such as #0f7a55")]
pub struct ColourFault;

/// What a shape needs against its ground to be seen (1.4.11).
pub const SHAPE: f64 = 3.0;
/// What text needs against its ground to be read (1.4.3).
pub const TEXT: f64 = 4.5;

impl Colour {
    pub const WHITE: Self = Self::new(0xff, 0xff, 0xff);
    /// Reads on every colour that white does not read on.
    pub const BLACK: Self = Self::new(0, 0, 0);
    /// The surface of our pages in the dark theme.
    pub const NIGHT: Self = Self::new(0x16, 0x19, 0x18);

    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// From 1 (the same) to 21 (black on white).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// White or black, whichever reads better on this colour: at least 4.5 on any.
    pub fn ink(self) -> Self {
        if self.contrast(Self::WHITE) >= TEXT || self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// The nearest colour towards white or black that stands out from `ground` by `ratio`.
    pub fn against(self, ground: Self, ratio: f64) -> Self {
        let goal = if ground.luminance() > 0.5 { Self::new(0, 0, 0) } else { Self::WHITE };
        (0..=20)
            .map(|step| self.mixed(goal, f64::from(step) / 20.0))
            .find(|c| c.contrast(ground) >= ratio)
            .unwrap_or(goal)
    }

    /// This colour with `share` (0 to 1) of another in it.
    pub fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Self::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl FromStr for Colour {
    type Err = ColourFault;
    fn from_str(text: &str) -> Result<Self, ColourFault> {
        let digits = text.strip_prefix('#').ok_or(ColourFault)?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ColourFault);
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| ColourFault)?;
        let [_, red, green, blue] = value.to_be_bytes();
        Ok(Self::new(red, green, blue))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_agrees_with_published_pairs() {
        let of =
            |a: &str, b: &str| (a.parse::<Colour>().unwrap().contrast(b.parse().unwrap()) * 100.0).round();
        assert_eq!(of("#000000", "#ffffff"), 2_100.0);
        assert_eq!(of("#777777", "#ffffff"), 448.0);
        assert_eq!(of("#767676", "#ffffff"), 454.0);
    }

    #[test]
    fn ink_reads_on_every_colour_and_a_shift_is_seen_on_both_grounds() {
        for value in (0..=0xff_ffff_u32).step_by(0x1357) {
            let [_, r, g, b] = value.to_be_bytes();
            let colour = Colour::new(r, g, b);
            assert!(colour.contrast(colour.ink()) >= TEXT, "{colour} under its ink");
            for ground in [Colour::WHITE, Colour::NIGHT] {
                assert!(colour.against(ground, TEXT).contrast(ground) >= TEXT, "{colour} on {ground}");
            }
        }
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!("#0F7a55".parse::<Colour>().unwrap().to_string(), "#0f7a55");
        for bad in ["0f7a55", "#0f7", "#0f7a5g", "#+f7a55", "", "#0f7a5500"] {
            assert_eq!(bad.parse::<Colour>(), Err(ColourFault), "{bad}");
        }
    }
}
