//! Every template with its samples, written as files: `cargo run -p console --example gallery -- DIR`. Serve the
//! directory and look at each page in light, in dark and at 390 px.

use std::{fs, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let Some(directory) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("name the directory to write to");
        return ExitCode::FAILURE;
    };
    match write(&directory) {
        Ok(pages) => {
            println!("{pages} pages in {}", directory.display());
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

fn write(directory: &std::path::Path) -> Result<usize, Box<dyn std::error::Error>> {
    fs::create_dir_all(directory.join("assets/brand"))?;
    let samples = console::sample::all()?;
    for sample in &samples {
        fs::write(directory.join(format!("{}.html", sample.name)), &sample.html)?;
    }
    for (path, bytes) in console::sample::files() {
        fs::write(directory.join(path.trim_start_matches('/')), bytes)?;
    }
    Ok(samples.len())
}
