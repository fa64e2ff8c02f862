//! The data directory: one process at a time, complete or not at all, and never a newer format.

use server::{
    data_dir::{DataDir, DataDirFault},
    real::OsRng,
};
use std::fs;
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
