//! One mail with its headers, as the bytes that a server takes and a file keeps (RFC 5322, MIME).

use kernel::Timestamp;
use lettre::{
    Address,
    address::AddressError,
    message::{
        Attachment, Mailbox, Message, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use std::time::{Duration, SystemTime};

/// Whoever writes: a name that people read, and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub name: String,
    pub address: String,
}

/// What a mail says and to whom. Line ends in names and in the subject become spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Without the angle brackets. The same for each attempt, so that whoever gets it twice can tell.
    pub message_id: String,
    pub written_at: Timestamp,
    pub from: Party,
    pub reply_to: Option<String>,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// What the HTML shows: it travels with the letter, so that nothing has to be loaded from anywhere.
    pub picture: Option<Picture>,
}

/// A picture that the HTML names `cid:` and its id (RFC 2392).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub id: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// A field that cannot stand in a mail.
#[derive(Debug, thiserror::Error)]
pub enum LetterFault {
    #[error("{address:?} is not an address that mail can be sent to")]
    Address { address: String, source: AddressError },
    #[error("the header {0} cannot be written")]
    Header(&'static str),
    #[error("{0:?} is no media type")]
    MediaType(&'static str),
    #[error("the parts do not make a message")]
    Parts(#[from] lettre::error::Error),
}

impl Letter {
    /// Sender and recipient of the conversation.
    pub(super) fn envelope(&self) -> Result<(Address, Address), LetterFault> {
        Ok((address(&self.from.address)?, address(&self.to)?))
    }

    /// The mail as it is sent: 7-bit lines that end with CR LF.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LetterFault> {
        let name = Some(line(&self.from.name)).filter(|name| !name.is_empty());
        let written = Duration::from_secs(u64::try_from(self.written_at.seconds()).unwrap_or(0));
        let mut message = Message::builder()
            .message_id(Some(format!("<{}>", line(&self.message_id))))
            .date(SystemTime::UNIX_EPOCH + written)
            .from(Mailbox::new(name, address(&self.from.address)?))
            .to(Mailbox::new(None, address(&self.to)?))
            .subject(line(&self.subject))
            // RFC 3834, section 5: no machine shall answer.
            .raw_header(header("Auto-Submitted", "auto-generated")?);
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(Mailbox::new(None, address(reply_to)?));
        }
        let text = SinglePart::plain(self.text.clone());
        let message = match &self.html {
            None => message.singlepart(text)?,
            Some(html) => {
                let parts = MultiPart::alternative().boundary(self.boundary("part")).singlepart(text);
                let html = SinglePart::html(html.clone());
                message.multipart(match &self.picture {
                    None => parts.singlepart(html),
                    Some(picture) => parts.multipart(self.related(html, picture)?),
                })?
            }
        };
        Ok(message.formatted())
    }

    /// The HTML and what it shows (RFC 2387).
    fn related(&self, html: SinglePart, picture: &Picture) -> Result<MultiPart, LetterFault> {
        let kind = picture.media_type.parse().map_err(|_| LetterFault::MediaType(picture.media_type))?;
        let inline = Attachment::new_inline(picture.id.clone()).body(picture.bytes.clone(), kind);
        Ok(MultiPart::related().boundary(self.boundary("with")).singlepart(html).singlepart(inline))
    }

    /// Made from the id, so that the bytes are the same each time; at most 70 characters (RFC 2046, 5.1.1).
    fn boundary(&self, name: &str) -> String {
        let id = self.message_id.chars().filter(char::is_ascii_alphanumeric).take(60);
        format!("{name}{}", id.collect::<String>())
    }
}

fn address(text: &str) -> Result<Address, LetterFault> {
    text.parse().map_err(|source| LetterFault::Address { address: text.to_owned(), source })
}

fn header(name: &'static str, value: &str) -> Result<HeaderValue, LetterFault> {
    let key = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| LetterFault::Header(name))?;
    Ok(HeaderValue::new(key, value.to_owned()))
}

/// A text that can neither end its header nor hide a sign in it: words between single spaces.
pub fn line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
