//! Where the console's pages are to which something outside of it leads: a refusal, the command line. The console has the
//! others.

use model::platform::Stage;

/// The entrance.
pub const CONSOLE: &str = "/console";

/// Takes the one-time link of an operator as `link`.
pub const SETUP: &str = "/console/setup";

/// *Settings* of an environment.
pub fn settings(stage: Stage) -> String {
    format!("{CONSOLE}/{}/settings", stage.short())
}
