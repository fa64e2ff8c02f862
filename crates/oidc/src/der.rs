//! Just enough DER (X.690) to look inside the two key structures that the cryptography library hands out.

/// The structure is not what its type promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DerFault;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// A position in a run of DER values.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next value, which must have this tag.
    fn value(&mut self, tag: u8) -> Result<&'a [u8], DerFault> {
        let [first, rest @ ..] = self.0 else { return Err(DerFault) };
        if *first != tag {
            return Err(DerFault);
        }
        let (length, rest) = length(rest)?;
        let content = rest.get(..length).ok_or(DerFault)?;
        self.0 = &rest[length..];
        Ok(content)
    }

    /// A positive integer's magnitude, without the zero byte that keeps it positive.
    fn magnitude(&mut self) -> Result<&'a [u8], DerFault> {
        match self.value(INTEGER)? {
            [0, magnitude @ ..] if !magnitude.is_empty() => Ok(magnitude),
            [first, ..] if *first >= 0x80 => Err(DerFault),
            magnitude => Ok(magnitude),
        }
    }
}

/// The length octets (X.690, section 8.1.3); keys of ours stay far below 64 KiB.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), DerFault> {
    match bytes {
        [short, rest @ ..] if *short < 0x80 => Ok((usize::from(*short), rest)),
        [0x81, one, rest @ ..] => Ok((usize::from(*one), rest)),
        [0x82, high, low, rest @ ..] => Ok((usize::from(*high) << 8 | usize::from(*low), rest)),
        _ => Err(DerFault),
    }
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017, appendix A.1.1), big-endian without leading zeros.
pub(crate) fn public_numbers(rsa_public_key: &[u8]) -> Result<(&[u8], &[u8]), DerFault> {
    let mut numbers = Reader(Reader(rsa_public_key).value(SEQUENCE)?);
    let modulus = numbers.magnitude()?;
    let exponent = numbers.magnitude()?;
    Ok((modulus, exponent))
}

/// The `RSAPrivateKey` (PKCS#1) inside a `PrivateKeyInfo` (PKCS#8; RFC 5208, section 5).
pub(crate) fn pkcs1_of_pkcs8(private_key_info: &[u8]) -> Result<&[u8], DerFault> {
    let mut info = Reader(Reader(private_key_info).value(SEQUENCE)?);
    info.value(INTEGER)?;
    info.value(SEQUENCE)?;
    info.value(OCTET_STRING)
}

/// An `RSAPublicKey` of these two numbers, which have no leading zeros and are below 64 KiB.
pub(crate) fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let mut numbers = Vec::new();
    for magnitude in [modulus, exponent] {
        let sign: &[u8] = if magnitude.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
        write(&mut numbers, INTEGER, &[sign, magnitude].concat());
    }
    let mut key = Vec::new();
    write(&mut key, SEQUENCE, &numbers);
    key
}

fn write(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    match u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes() {
        [0, short] if short < 0x80 => out.push(short),
        [0, one] => out.extend([0x81, one]),
        [high, low] => out.extend([0x82, high, low]),
    }
    out.extend(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_structures_are_refused_at_every_length() {
        let whole = [SEQUENCE, 8, INTEGER, 3, 0, 0x81, 7, INTEGER, 1, 3];
        assert_eq!(public_numbers(&whole), Ok((&[0x81, 7][..], &[3][..])));
        for cut in 0..whole.len() {
            assert_eq!(public_numbers(&whole[..cut]), Err(DerFault), "cut at {cut}");
        }
    }

    #[test]
    fn negative_numbers_are_refused() {
        assert_eq!(public_numbers(&[SEQUENCE, 6, INTEGER, 1, 0x81, INTEGER, 1, 3]), Err(DerFault));
    }
}
