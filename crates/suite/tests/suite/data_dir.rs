//! The data directory: one process at a time, complete or not at all, and never a newer format.

use server::{
    config::{Config, Layers},
    data_dir::{DataDir, DataDirFault},
    real::OsRng,
};
use std::{fs, path::Path};
use tempfile::TempDir;

fn finished() -> TempDir {
    let dir = TempDir::new().unwrap();
    let made = DataDir::create(dir.path()).unwrap();
    made.make_master_key(&OsRng).unwrap();
    made.finish().unwrap();
    dir
}

#[test]
fn one_process_at_a_time() {
    let dir = finished();
    let first = DataDir::open(dir.path()).unwrap();
    let told = DataDir::open(dir.path()).unwrap_err();
    assert!(matches!(told, DataDirFault::Locked(_)));
    assert!(told.to_string().contains(dir.path().to_str().unwrap()), "{told}");
    drop(first);
    DataDir::open(dir.path()).unwrap();
}

/// The configuration of a data directory with these settings.
fn configured(dir: &Path, settings: &[(&'static str, String)]) -> Config {
    let mut flags = vec![("data_dir", dir.display().to_string())];
    flags.extend_from_slice(settings);
    Config::from_layers(Layers::gather(&flags, None, &[])).unwrap().0
}

#[test]
fn a_store_belongs_to_one_process_whichever_data_directory_names_it() {
    let (one, other) = (finished(), finished());
    let mut first = DataDir::open(one.path()).unwrap();
    first.take_stores(&configured(one.path(), &[])).unwrap();
    first.take_stores(&configured(one.path(), &[])).unwrap();

    fs::write(one.path().join("state.db"), "").unwrap();
    let link = other.path().join("link.db");
    std::os::unix::fs::symlink(one.path().join("state.db"), &link).unwrap();
    let inside = |scheme: &str, name: &str| format!("{scheme}:{}", one.path().join(name).display());
    let mut second = DataDir::open(other.path()).unwrap();
    for (setting, url, told) in [
        ("database_url", inside("sqlite", "state.db"), "state.db"),
        ("database_url", format!("sqlite:{}", link.display()), "link.db"),
        ("journal_url", inside("file", "journal"), "journal"),
        ("journal_url", inside("file", ""), ""),
        ("lake_url", inside("file", "lake/../journal"), "journal"),
    ] {
        let fault = second.take_stores(&configured(other.path(), &[(setting, url.clone())])).unwrap_err();
        assert!(matches!(&fault, DataDirFault::Locked(path) if path.ends_with(told)), "{url}: {fault}");
    }
    drop(first);
    second.take_stores(&configured(other.path(), &[("journal_url", inside("file", "journal"))])).unwrap();
}

#[test]
fn stores_that_share_a_directory_do_not_lock_each_other_out() {
    let dir = finished();
    let here = || "file:.".to_owned();
    let config = configured(dir.path(), &[("journal_url", here()), ("lake_url", here())]);
    DataDir::open(dir.path()).unwrap().take_stores(&config).unwrap();
}

#[test]
fn an_empty_directory_names_init_and_stays_empty() {
    let dir = TempDir::new().unwrap();
    let told = DataDir::open(dir.path()).unwrap_err().to_string();
    assert!(told.contains("thrivestack init --data-dir"), "{told}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let nowhere = DataDir::open(&dir.path().join("nowhere")).unwrap_err();
    assert!(matches!(nowhere, DataDirFault::Empty(_)));
}

#[test]
fn an_initialised_directory_is_not_initialised_again() {
    let dir = finished();
    assert!(matches!(DataDir::create(dir.path()), Err(DataDirFault::Initialised(_))));
}

#[test]
fn leftovers_of_a_death_are_named() {
    let dir = TempDir::new().unwrap();
    let first = DataDir::create(dir.path()).unwrap();
    first.make_master_key(&OsRng).unwrap();
    drop(first);
    let again = DataDir::create(dir.path()).unwrap();
    let told = again.must_lack(&[("master.key", again.master_key_file())]).unwrap_err().to_string();
    assert!(told.contains("remove master.key"), "{told}");
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let dir = finished();
    fs::write(dir.path().join("format"), "2\n").unwrap();
    let told = DataDir::open(dir.path()).unwrap_err().to_string();
    assert!(told.contains("format 2") && told.contains("newer"), "{told}");
}

#[test]
#[cfg(unix)]
fn the_master_key_is_for_its_owner_alone_and_reads_back() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let made = DataDir::create(dir.path()).unwrap();
    let key = made.make_master_key(&OsRng).unwrap();
    assert_eq!(made.master_key().unwrap(), key);
    let mode = fs::metadata(made.master_key_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::write(made.master_key_file(), "short").unwrap();
    assert!(matches!(made.master_key(), Err(DataDirFault::MasterKey(_))));
}
