//! What a later version of us may leave behind, and the bytes of this one.

use super::support::{group, open, read_all, segments};
use journal::{
    Fault, Options, Seq,
    files::{Files, Forgetful, Loss},
};
use kernel::Category;

async fn disk() -> Forgetful {
    let disk = Forgetful::new();
    let (journal, _) = open(&disk, Options::default()).unwrap();
    journal.append(group(1, 1)).await.unwrap();
    journal.close().await;
    disk.restart(Loss::Nothing);
    disk
}

#[tokio::test]
async fn a_newer_format_is_refused_by_name() {
    for name in disk().await.list().unwrap() {
        let disk = disk().await;
        disk.edit(&name, |bytes| bytes[8] = 2).unwrap();
        let fault = open(&disk, Options::default()).map(drop).unwrap_err();
        let text = format!("{name} has format 2, newer than the 1 that this program knows");
        assert_eq!((fault.to_string(), fault.category()), (text, Category::Fault));
    }
}

#[tokio::test]
async fn a_record_of_a_newer_encoding_is_refused_by_the_reader() {
    let disk = disk().await;
    let name = segments(&disk).pop().unwrap();
    disk.edit(&name, |bytes| {
        let (header, frame) = bytes.split_at_mut(40);
        frame[28] = 2;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header[12..28]);
        crc.update(&frame[4..]);
        frame[..4].copy_from_slice(&crc.finalize().to_le_bytes());
    })
    .unwrap();
    let (journal, opened) = open(&disk, Options::default()).unwrap();
    assert_eq!(opened.end, Seq(2), "the frame is whole");
    let fault = read_all(&journal).await.unwrap_err();
    assert!(matches!(fault, Fault::Newer { format: 2, known: 1, .. }), "{fault}");
}

/// Changing the layout without changing the format would make released journals unreadable.
#[tokio::test]
async fn the_bytes_of_format_1_stay_as_they_are() {
    let disk = disk().await;
    let bytes = disk.bytes(&segments(&disk)[0]).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let id = open(&disk, Options::default()).unwrap().0.id().to_string().replace('-', "");
    let environment = group(1, 1)[0].environment.to_string().replace('-', "");
    let header = format!("54535345474d4e5401000000{id}0100000000000000");
    assert!(hex.starts_with(&header), "{hex}");
    let frame = format!(
        "{}0100000000000000010000000000000000000000{}{environment}fcffffffffffffff{}",
        "20000000", "0103", "312f302f312f"
    );
    assert!(hex.ends_with(&frame), "{hex}\n{frame}");
}
