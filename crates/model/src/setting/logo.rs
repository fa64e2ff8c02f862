//! The builder's logo: which files can be one. A file is judged by its bytes, never by what its sender calls it.
//!
//! SVG is refused: it is a document that may carry programs and load others, and mail programs do not show it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A file has fewer bytes than this (domain 4.15: "< 1.0 MB").
pub const BYTES_BELOW: usize = 1_000_000;
/// The shortest and the longest side, in pixels: an icon at least, and nothing that takes a phone 16 MB to unfold.
pub const SIDE_MIN: u32 = 16;
pub const SIDE_MAX: u32 = 2_048;
/// How many times one side may be as long as the other.
const RATIO_MAX: u32 = 10;
/// Every mail carries the logo: one with more bytes is not worth its way.
pub const MAIL_BYTES_MAX: usize = 200_000;
/// 128 bits of the content's SHA-256 name it.
const HASH_BYTES: usize = 16;

/// What browsers draw without running anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Png,
    Jpeg,
    WebP,
    Gif,
}

/// A logo without its bytes: enough to draw the page that shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// 32 hexadecimal digits, made of the bytes: its address never shows another picture.
    pub hash: String,
    pub kind: Kind,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    pub bytes: usize,
}

/// Why a file cannot be the logo, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoFault {
    #[error("choose a file first")]
    Empty,
    #[error("choose a file smaller than 1 MB ({BYTES_BELOW} bytes)")]
    TooLarge,
    #[error("an SVG file can carry programs: export the logo as PNG and choose that")]
    Vector,
    #[error("choose a PNG, JPEG, WebP or GIF file: by its content, this is none of them")]
    Unknown,
    #[error("the file breaks off or is damaged: save it anew")]
    Damaged,
    #[error(
        "the file asks to be turned when it is shown, which not every mail program does: save it upright"
    )]
    Turned,
    #[error("the picture has {0} × {1} pixels: at least {SIDE_MIN} on each side can be seen")]
    TooSmall(u32, u32),
    #[error("the picture has {0} × {1} pixels: make it smaller, at most {SIDE_MAX} on each side")]
    TooManyPixels(u32, u32),
    #[error("the picture has {0} × {1} pixels: one side may be at most {RATIO_MAX} times the other")]
    TooLong(u32, u32),
}

impl Kind {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// The end of its file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }

    /// The forms in which files choose from [`Kind`], for a form's `accept`.
    pub const ACCEPT: &'static str = "image/png,image/jpeg,image/webp,image/gif";

    fn of(file: &[u8]) -> Option<Self> {
        match file {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// Width and height as the file's head names them.
    fn sides(self, file: &[u8]) -> Option<(u32, u32)> {
        match self {
            Self::Png => png(file),
            Self::Jpeg => jpeg(file),
            Self::WebP => webp(file),
            Self::Gif => Some((u16_le(file, 6)?, u16_le(file, 8)?)),
        }
    }
}

impl Logo {
    /// The logo that a file is, or why it cannot be one.
    pub fn examine(file: &[u8]) -> Result<Self, LogoFault> {
        if file.is_empty() {
            return Err(LogoFault::Empty);
        }
        if file.len() >= BYTES_BELOW {
            return Err(LogoFault::TooLarge);
        }
        let unknown = || if is_vector(file) { LogoFault::Vector } else { LogoFault::Unknown };
        let kind = Kind::of(file).ok_or_else(unknown)?;
        let (width, height) = kind.sides(file).ok_or(LogoFault::Damaged)?;
        if kind == Kind::Jpeg && is_turned(file) {
            return Err(LogoFault::Turned);
        }
        let (short, long) = (width.min(height), width.max(height));
        match () {
            () if short == 0 => return Err(LogoFault::Damaged),
            () if long > SIDE_MAX => return Err(LogoFault::TooManyPixels(width, height)),
            () if short < SIDE_MIN => return Err(LogoFault::TooSmall(width, height)),
            () if long > short * RATIO_MAX => return Err(LogoFault::TooLong(width, height)),
            () => {}
        }
        let hash = kernel::hex(&Sha256::digest(file)[..HASH_BYTES]);
        Ok(Self { hash, kind, width, height, bytes: file.len() })
    }

    /// The last part of its address.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.hash, self.kind.extension())
    }

    /// Whether mails carry it: mail programs on desktops do not draw WebP.
    pub fn travels(&self) -> bool {
        self.kind != Kind::WebP && self.bytes <= MAIL_BYTES_MAX
    }

    /// How a mail's HTML names it: the id of the part that travels with it.
    pub fn content_id(&self) -> String {
        format!("{}@logo", self.hash)
    }

    /// A wordmark says the name by itself; beside an icon the name is written.
    pub fn is_wordmark(&self) -> bool {
        self.width * 2 > self.height * 3
    }

    /// Width and height within a box, never larger than the picture, at least a pixel.
    pub fn within(&self, width_max: u32, height_max: u32) -> (u32, u32) {
        let scale = (f64::from(width_max) / f64::from(self.width))
            .min(f64::from(height_max) / f64::from(self.height))
            .min(1.0);
        let side = |pixels: u32| (f64::from(pixels) * scale).round().max(1.0) as u32;
        (side(self.width), side(self.height))
    }

    /// The picture in place of its address, for a page that nobody else loads.
    pub fn inline(&self, file: &[u8]) -> String {
        format!("data:{};base64,{}", self.kind.media_type(), STANDARD.encode(file))
    }
}

fn is_vector(file: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&file[..file.len().min(4_096)]).to_ascii_lowercase();
    head.contains("<svg")
}

/// The first chunk is IHDR, and begins with the sides (PNG, third edition, 11.2.1).
fn png(file: &[u8]) -> Option<(u32, u32)> {
    (file.get(12..16)? == b"IHDR").then_some(())?;
    Some((u32_be(file, 16)?, u32_be(file, 20)?))
}

/// The frame header (ITU T.81, B.2.2).
fn jpeg(file: &[u8]) -> Option<(u32, u32)> {
    let frame = |code: &u8| matches!(code, 0xc0..=0xcf) && !matches!(code, 0xc4 | 0xc8 | 0xcc);
    let (_, head) = segments(file).find(|(code, _)| frame(code))?;
    Some((u16_be(head, 3)?, u16_be(head, 1)?))
}

/// Code and content of each segment before a JPEG's picture (ITU T.81, B.1.1.4).
fn segments(file: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2;
    std::iter::from_fn(move || {
        // Any number of these may fill the space before a marker.
        while file.get(at..at + 2)? == [0xff, 0xff] {
            at += 1;
        }
        let (0xff, code @ (0xc0..=0xcf | 0xdb | 0xdd | 0xe0..=0xfe)) = (file[at], file[at + 1]) else {
            return None;
        };
        let begin = at + 4;
        at += 2 + usize::try_from(u16_be(file, at + 2)?).ok()?;
        Some((code, file.get(begin..at.min(file.len()))?))
    })
}

/// Whether a JPEG asks to be turned or mirrored. Browsers do so, and many mail programs do not.
fn is_turned(file: &[u8]) -> bool {
    let mut notes = segments(file).filter(|(code, _)| *code == 0xe1);
    notes.find_map(|(_, note)| orientation(note)).is_some_and(|orientation| (2..=8).contains(&orientation))
}

/// The tag `Orientation` of the first directory (Exif 2.32, 4.5.2 and 4.6.4; TIFF 6.0, section 2).
fn orientation(note: &[u8]) -> Option<u32> {
    let tiff = note.strip_prefix(b"Exif\0\0")?;
    let short = if tiff.starts_with(b"II") { u16_le } else { u16_be };
    let (low, high) = if tiff.starts_with(b"II") { (4, 6) } else { (6, 4) };
    let directory = usize::try_from(short(tiff, low)? | (short(tiff, high)? << 16)).ok()?;
    let entries = usize::try_from(short(tiff, directory)?).ok()?;
    let mut entries = (0..entries).map(|n| directory + 2 + 12 * n);
    let entry = entries.find(|entry| short(tiff, *entry) == Some(0x0112))?;
    short(tiff, entry + 8)
}

/// One of three first chunks (RFC 9649, sections 2.5 to 2.7).
fn webp(file: &[u8]) -> Option<(u32, u32)> {
    match file.get(12..16)? {
        b"VP8X" => Some((u24_le(file, 24)? + 1, u24_le(file, 27)? + 1)),
        b"VP8L" => {
            let sides = u16_le(file, 21)? | (u16_le(file, 23)? << 16);
            Some(((sides & 0x3fff) + 1, ((sides >> 14) & 0x3fff) + 1))
        }
        // The upper two bits are a scale that nobody uses.
        b"VP8 " => Some((u16_le(file, 26)? & 0x3fff, u16_le(file, 28)? & 0x3fff)),
        _ => None,
    }
}

fn u16_be(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(file.get(at..at + 2)?.try_into().ok()?)))
}

fn u16_le(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?)))
}

fn u24_le(file: &[u8], at: usize) -> Option<u32> {
    Some(u16_le(file, at)? | (u32::from(*file.get(at + 2)?) << 16))
}

fn u32_be(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let head: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
        [head, &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06\0\0\0"].concat()
    }

    fn sides(file: &[u8]) -> Result<(Kind, u32, u32), LogoFault> {
        Logo::examine(file).map(|logo| (logo.kind, logo.width, logo.height))
    }

    #[test]
    fn each_kind_is_known_by_its_head() {
        assert_eq!(sides(&png(120, 40)), Ok((Kind::Png, 120, 40)));
        assert_eq!(sides(b"GIF89a\x78\0\x28\0\0\0\0"), Ok((Kind::Gif, 120, 40)));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x78\0\x28\0";
        assert_eq!(sides(lossy), Ok((Kind::WebP, 120, 40)));
        let lossless = [b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".as_slice(), &(119_u32 | 39 << 14).to_le_bytes()];
        assert_eq!(sides(&lossless.concat()), Ok((Kind::WebP, 120, 40)));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x77\0\0\x27\0\0";
        assert_eq!(sides(extended), Ok((Kind::WebP, 120, 40)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xdb\0\x03x\xff\xc2\0\x0b\x08\0\x28\0\x78\x01";
        assert_eq!(sides(jpeg), Ok((Kind::Jpeg, 120, 40)));
    }

    #[test]
    fn what_cannot_be_a_logo_says_why() {
        let svg = br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        let large = [png(64, 64), vec![0; BYTES_BELOW]].concat();
        for (file, fault) in [
            (b"".as_slice(), LogoFault::Empty),
            (svg, LogoFault::Vector),
            (b"<!doctype html><script>alert(1)</script>", LogoFault::Unknown),
            (b"BM\0\0", LogoFault::Unknown),
            (&large, LogoFault::TooLarge),
            (&png(64, 64)[..20], LogoFault::Damaged),
            (b"\xff\xd8\xff\xe0", LogoFault::Damaged),
            (b"\xff\xd8\xff\xda\0\x04ab", LogoFault::Damaged),
            (&png(0, 64), LogoFault::Damaged),
            (&png(15, 64), LogoFault::TooSmall(15, 64)),
            (&png(2_049, 64), LogoFault::TooManyPixels(2_049, 64)),
            (&png(u32::MAX, u32::MAX), LogoFault::TooManyPixels(u32::MAX, u32::MAX)),
            (&png(2_000, 64), LogoFault::TooLong(2_000, 64)),
        ] {
            assert_eq!(Logo::examine(file), Err(fault), "{}", String::from_utf8_lossy(file));
        }
        let largest = [png(64, 64), vec![0; BYTES_BELOW - 1 - 29]].concat();
        assert!(Logo::examine(&largest).is_ok());
    }

    /// A JPEG of 120 × 40 whose Exif note has two entries: the second is the orientation.
    fn turned(orientation: u8, little: bool) -> Vec<u8> {
        let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let entry = |tag, value| [&short(tag)[..], &short(3), &long(1), &short(value), &[0, 0]].concat();
        let tiff = [if little { b"II" } else { b"MM" }.as_slice(), &short(42), &long(8), &short(2)].concat();
        let note = [tiff, entry(0x0103, 6), entry(0x0112, orientation.into()), long(0).to_vec()].concat();
        let note = [b"Exif\0\0".as_slice(), &note].concat();
        let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
        let frame = b"\xff\xc0\0\x0b\x08\0\x28\0\x78\x01\x01\x11\0";
        [b"\xff\xd8\xff\xe0\0\x04ab\xff\xe1".as_slice(), &length, &note, frame].concat()
    }

    #[test]
    fn a_picture_that_lies_on_its_side_is_refused() {
        for little in [true, false] {
            assert_eq!(sides(&turned(1, little)), Ok((Kind::Jpeg, 120, 40)));
            assert_eq!(sides(&turned(0, little)), Ok((Kind::Jpeg, 120, 40)), "says nothing");
            assert_eq!(sides(&turned(3, little)), Err(LogoFault::Turned), "upside down");
            assert_eq!(sides(&turned(6, little)), Err(LogoFault::Turned));
        }
    }

    #[test]
    fn no_head_that_breaks_off_is_read_past_its_end() {
        for whole in [
            png(64, 64),
            turned(6, true),
            b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x0b\x08\0\x28\0\x78".to_vec(),
            b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x77\0\0\x27\0\0".to_vec(),
        ] {
            for end in 0..whole.len() {
                drop(Logo::examine(&whole[..end]));
            }
        }
    }

    #[test]
    fn a_logo_is_scaled_down_and_never_up() {
        let logo = |width, height| Logo::examine(&png(width, height)).unwrap();
        assert_eq!(logo(400, 100).within(200, 36), (144, 36));
        assert_eq!(logo(1_000, 100).within(200, 36), (200, 20));
        assert_eq!(logo(24, 24).within(200, 36), (24, 24));
        assert!(logo(400, 100).is_wordmark() && !logo(64, 64).is_wordmark());
    }
}
