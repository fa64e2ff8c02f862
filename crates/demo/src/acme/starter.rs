//! What a new workspace can begin with.

use super::notebook::Draft;

pub(super) struct Starter {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) line: &'static str,
    /// Title and text of its notes, the first on top.
    notes: &'static [(&'static str, &'static str)],
}

pub(super) const STARTERS: [Starter; 4] = [
    Starter {
        key: "team",
        title: "Team handbook",
        line: "How we work, who does what, where things are",
        notes: &[
            (
                "How we work",
                "Write decisions down where the team can find them.\nMeet twice a week, for half an hour.\nWhat is urgent goes by phone; everything else can wait until tomorrow.",
            ),
            ("Who does what", "Product –\nDesign –\nEngineering –\nCustomers –"),
            (
                "First week",
                "[ ] Accounts and keys\n[ ] Lunch with the team\n[ ] Read this handbook and mend one sentence of it",
            ),
        ],
    },
    Starter {
        key: "meetings",
        title: "Meeting notes",
        line: "Agenda, decisions, and who does them by when",
        notes: &[
            (
                "Weekly meeting",
                "Agenda\n1. What we finished\n2. What is stuck\n3. What comes next\n\nDecided\n–",
            ),
            ("Decisions", "Date, what was decided, why, and who was there.\nThe newest on top."),
        ],
    },
    Starter {
        key: "research",
        title: "Research log",
        line: "Question, sources, what we learned",
        notes: &[
            ("Open questions", "Why do people stop after the first week?\nWho in the company decides?"),
            (
                "Interview guide",
                "1. What did you do the last time you looked for a note?\n2. What did you try before?\n3. Who else saw the result?",
            ),
        ],
    },
    Starter {
        key: "blank",
        title: "An empty workspace",
        line: "You write the first note yourself",
        notes: &[],
    },
];

impl Starter {
    pub(super) fn of(key: &str) -> Option<&'static Self> {
        STARTERS.iter().find(|starter| starter.key == key)
    }

    /// Its notes in the order in which they are written: the last one lies on top.
    pub(super) fn drafts(&self) -> impl Iterator<Item = Draft> {
        let draft = |(title, text): &(&str, &str)| Draft {
            title: (*title).to_owned(),
            text: (*text).to_owned(),
            revision: 0,
        };
        self.notes.iter().rev().map(draft)
    }
}
