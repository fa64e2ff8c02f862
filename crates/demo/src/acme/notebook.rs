//! The notes of one workspace. Pure; every length has a limit, and what is thrown away can come back once.

use kernel::Timestamp;
use serde::Deserialize;

pub(super) const NOTES_MAX: usize = 200;
pub(super) const TITLE_CHARS_MAX: usize = 120;
pub(super) const TEXT_CHARS_MAX: usize = 10_000;

#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) id: u32,
    /// Grows with each change, so that a form knows whether it is about the newest state.
    pub(super) revision: u32,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) edited_at: Timestamp,
}

impl Note {
    pub(super) fn bytes(&self) -> usize {
        self.title.len() + self.text.len()
    }

    fn matches(&self, needle: &str) -> bool {
        self.title.to_lowercase().contains(needle) || self.text.to_lowercase().contains(needle)
    }
}

/// What somebody typed; a form shows it again when it cannot be kept.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Draft {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) text: String,
    /// The revision that was on the screen; 0 for a new note.
    #[serde(default)]
    pub(super) revision: u32,
}

/// Why a draft is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DraftFault {
    #[error("Give the note a title, or write something into it.")]
    Empty,
    #[error("The title is longer than {TITLE_CHARS_MAX} characters. Shorten it and save again.")]
    Title,
    #[error("The text is longer than 10,000 characters. Put a part of it into a second note.")]
    Text,
    #[error("This workspace has {NOTES_MAX} notes, which is as many as it can hold. Delete one first.")]
    Many,
    #[error("All notebooks of this sample together are full. Delete a note first.")]
    Full,
    /// What was typed is shown with the newest revision, so that saving again is a decision.
    #[error("Somebody changed this note after you opened it. Save again to put your version in its place.")]
    Changed,
    #[error("This note was deleted.")]
    Gone,
}

#[derive(Debug, Default)]
pub(super) struct Notebook {
    /// Newest edit last.
    notes: Vec<Note>,
    last_id: u32,
    /// The note deleted last.
    binned: Option<Note>,
}

impl Notebook {
    /// Newest first; all of them for an empty `query`.
    pub(super) fn list(&self, query: &str) -> Vec<Note> {
        let needle = query.trim().to_lowercase();
        self.notes.iter().rev().filter(|note| note.matches(&needle)).cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.notes.len()
    }

    pub(super) fn get(&self, id: u32) -> Option<&Note> {
        self.notes.iter().find(|note| note.id == id)
    }

    pub(super) fn add(&mut self, draft: &Draft, now: Timestamp) -> Result<u32, DraftFault> {
        let (title, text) = checked(draft)?;
        if self.notes.len() >= NOTES_MAX {
            return Err(DraftFault::Many);
        }
        self.last_id += 1;
        self.notes.push(Note { id: self.last_id, revision: 1, title, text, edited_at: now });
        Ok(self.last_id)
    }

    pub(super) fn change(&mut self, id: u32, draft: &Draft, now: Timestamp) -> Result<(), DraftFault> {
        let (title, text) = checked(draft)?;
        let place = self.notes.iter().position(|note| note.id == id).ok_or(DraftFault::Gone)?;
        if self.notes[place].revision != draft.revision {
            return Err(DraftFault::Changed);
        }
        let revision = draft.revision + 1;
        self.notes.remove(place);
        self.notes.push(Note { id, revision, title, text, edited_at: now });
        Ok(())
    }

    /// Deletes a note; deleting it again changes nothing.
    pub(super) fn bin(&mut self, id: u32) {
        if let Some(place) = self.notes.iter().position(|note| note.id == id) {
            self.binned = Some(self.notes.remove(place));
        }
    }

    /// The note that [`restore`](Self::restore) would bring back.
    pub(super) fn binned(&self) -> Option<&Note> {
        self.binned.as_ref()
    }

    /// Brings the note deleted last back, if it is this one and there is room.
    pub(super) fn restore(&mut self, id: u32) -> bool {
        let here = self.binned.take_if(|note| note.id == id && self.notes.len() < NOTES_MAX);
        let restored = here.is_some();
        self.notes.extend(here);
        restored
    }

    pub(super) fn bytes(&self) -> usize {
        self.notes.iter().chain(&self.binned).map(Note::bytes).sum()
    }
}

fn checked(draft: &Draft) -> Result<(String, String), DraftFault> {
    let text = draft.text.replace("\r\n", "\n");
    let title = draft.title.trim();
    if title.is_empty() && text.trim().is_empty() {
        return Err(DraftFault::Empty);
    }
    if title.chars().count() > TITLE_CHARS_MAX {
        return Err(DraftFault::Title);
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(DraftFault::Text);
    }
    let title = if title.is_empty() { "Untitled" } else { title };
    Ok((title.to_owned(), text))
}
