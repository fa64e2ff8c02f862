//! The text form of private keys (RFC 7468), read leniently and written strictly.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

/// Which structure the base64 of a private key holds, told by the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// `RSA PRIVATE KEY`: PKCS#1.
    Rsa,
    /// `PRIVATE KEY`: PKCS#8.
    Any,
}

impl Label {
    const fn text(self) -> &'static str {
        match self {
            Self::Rsa => "RSA PRIVATE KEY",
            Self::Any => "PRIVATE KEY",
        }
    }
}

/// A generous bound: an RSA-8192 key in PKCS#8 is about 6.4 KiB of text.
const TEXT_BYTES_MAX: usize = 16 * 1_024;

/// Padding may be missing: clipboards eat trailing `=`.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The first private key block of `text`. Line ends may be LF, CRLF, or the two characters `\n` that
/// remain when a JSON string was escaped twice; text around the block is ignored.
pub(crate) fn read(text: &str) -> Option<(Label, Vec<u8>)> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text = text.replace("\\r", "\n").replace("\\n", "\n");
    [Label::Rsa, Label::Any].into_iter().find_map(|label| Some((label, block(&text, label)?)))
}

fn block(text: &str, label: Label) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {}-----", label.text()))?;
    let (body, _) = rest.split_once(&format!("-----END {}-----", label.text()))?;
    let compact: String = body.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    LENIENT.decode(compact).ok()
}

/// A block with 64 characters a line and a line feed after each, the last included.
pub(crate) fn write(label: Label, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {}-----\n", label.text());
    let base64 = STANDARD.encode(der);
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {}-----\n", label.text()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_break_lines_reads_the_same() {
        let der = [7; 100];
        let text = write(Label::Rsa, &der);
        let forms = [
            text.clone(),
            text.replace('\n', "\r\n"),
            text.replace('\n', "\\n"),
            text.replace('\n', "\\r\\n"),
            text.replace('\n', " "),
            format!("a note\n{text}another"),
        ];
        for form in forms {
            assert_eq!(read(&form), Some((Label::Rsa, der.to_vec())), "{form:?}");
        }
    }

    #[test]
    fn foreign_blocks_and_long_texts_are_refused() {
        assert_eq!(
            read("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"),
            None
        );
        assert_eq!(read("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----"), None);
        assert_eq!(read(&write(Label::Any, &vec![1; TEXT_BYTES_MAX])), None);
    }
}
