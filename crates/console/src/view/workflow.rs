//! *Workflows*: what is published, node by node, with the settings that each node reads.

use super::frame::Frame;
use crate::words::When;
use askama::Template;

/// One node of a path.
#[derive(Debug, Clone)]
pub struct Node {
    pub title: &'static str,
    /// The kind with the version of its behaviour.
    pub kind: String,
    pub note: String,
    /// Where what it reads is set.
    pub set: Option<String>,
    /// Something that it needs is not set: it would stop there.
    pub lacks: bool,
}

/// A version, and since when runs begin by it.
#[derive(Debug, Clone)]
pub struct Version {
    pub number: u32,
    pub published: When,
    /// What begins now begins by this one.
    pub current: bool,
}

#[derive(Debug, Clone)]
pub struct Workflow {
    pub id: String,
    pub name: String,
    pub version: u32,
    pub versions: Vec<Version>,
    pub signup: Vec<Node>,
    pub login: Vec<Node>,
    pub snippet: String,
    pub runs: String,
}

#[derive(Debug, Template)]
#[template(path = "operator/workflows.html")]
pub struct Workflows {
    pub frame: Frame,
    pub workflows: Vec<Workflow>,
}
