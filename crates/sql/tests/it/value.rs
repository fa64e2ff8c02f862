//! Parameters and columns.

use super::fixture::{databases, ids, put};
use kernel::{Category, Timestamp};
use sql::{Fault, Statement, params, statement};

static ALL: Statement = statement(
    "INSERT INTO thing (raw, real, truth, note, n, id) VALUES ($6, $5, $4, $3, $2, $1) RETURNING id, n, note, truth, real, raw",
);
static SWAPPED: Statement = statement("SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), CAST($2 AS TEXT), '$1'");
static PLACE: Statement = statement("SELECT CAST(strpos(CAST($1 AS TEXT), CAST($2 AS TEXT)) AS BIGINT)");
static LOWER: Statement = statement("SELECT lower(CAST($1 AS TEXT))");
static TEN: Statement = statement(
    "SELECT CAST($10 AS TEXT) || CAST($9 AS TEXT) || CAST($8 AS TEXT) || CAST($7 AS TEXT) || CAST($6 AS TEXT)
         || CAST($5 AS TEXT) || CAST($4 AS TEXT) || CAST($3 AS TEXT) || CAST($2 AS TEXT) || CAST($1 AS TEXT)",
);

#[tokio::test(flavor = "multi_thread")]
async fn parameters_go_by_their_number_not_by_their_place() {
    for db in databases("order").await {
        let found: (String, String, String, String) = db
            .read(|tx| {
                tx.query_one(&SWAPPED, params!["one", "two"], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
            })
            .await
            .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
        assert_eq!(found, ("two".into(), "one".into(), "two".into(), "$1".into()));
        let ten: String = db
            .read(|tx| {
                tx.query_one(&TEN, params!["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], |row| {
                    row.get(0)
                })
            })
            .await
            .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
        assert_eq!(ten, "jihgfedcba");
    }
}

/// What SQLite is given, and how far it goes.
#[tokio::test(flavor = "multi_thread")]
async fn texts_are_lowered_and_searched_alike_on_both_engines() {
    for db in databases("texts").await {
        let place = |text: Option<&'static str>, part: Option<&'static str>| {
            db.read(move |tx| tx.query_one(&PLACE, params![text, part], |row| row.get::<Option<i64>>(0)))
        };
        let found = |text, part| async move {
            place(text, part).await.unwrap_or_else(|fault: Fault| panic!("{fault:?}"))
        };
        assert_eq!(found(Some("ab"), Some("b")).await, Some(2));
        assert_eq!(found(Some("äb"), Some("b")).await, Some(2), "in characters");
        assert_eq!(found(Some("äb"), Some("c")).await, Some(0));
        assert_eq!(found(Some("äb"), Some("")).await, Some(1));
        assert_eq!(found(Some(""), Some("a")).await, Some(0));
        assert_eq!(found(None, Some("a")).await, None);
        assert_eq!(found(Some("a"), None).await, None);
        assert_eq!(found(Some("100 %_"), Some("%_")).await, Some(5), "no sign means anything");
        let lower: String = db
            .read(|tx| tx.query_one(&LOWER, params!["ÖKO Strom"], |row| row.get(0)))
            .await
            .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
        assert_eq!(lower, "öko strom");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_back_as_it_went_in() {
    type Found = (String, Timestamp, Option<String>, Option<bool>, Option<f64>, Option<Vec<u8>>);
    for db in databases("types").await {
        let at = Timestamp::from_micros(1_234_567_890_123_456);
        let write = |filled: bool| {
            db.write::<Found, Fault>(sql::Locks::none(), move |tx| {
                let some = |value: &'static str| filled.then_some(value);
                let id = if filled { "full" } else { "empty" };
                let raw: &[u8] = &[0, 255, 7];
                let (truth, real, raw) =
                    (filled.then_some(true), filled.then_some(0.1), filled.then_some(raw));
                tx.query_one(&ALL, params![id, at, some("ä\u{1F600}"), truth, real, raw], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
                })
            })
        };
        let full = write(true).await.unwrap_or_else(|fault| panic!("{fault:?}"));
        assert_eq!(
            full,
            ("full".into(), at, Some("ä\u{1F600}".into()), Some(true), Some(0.1), Some(vec![0, 255, 7]))
        );
        let empty = write(false).await.unwrap_or_else(|fault| panic!("{fault:?}"));
        assert_eq!(empty, ("empty".into(), at, None, None, None, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn u0000_is_refused_before_it_reaches_the_engine() {
    for db in databases("nul").await {
        let refused: Result<(), Fault> =
            db.write(sql::Locks::none(), |tx| tx.execute(&super::fixture::PUT, params!["a\0b", 1])).await;
        let fault = refused.expect_err("U+0000 is refused");
        assert!(matches!(fault, Fault::Nul { .. }), "{fault:?}");
        assert_eq!(fault.category(), Category::Invalid);
        assert!(ids(&db).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_are_not_finite_are_refused() {
    static SET_REAL: Statement = statement("UPDATE thing SET real = $1");
    for db in databases("finite").await {
        for number in [f64::NAN, f64::INFINITY] {
            let refused: Result<(), Fault> =
                db.write(sql::Locks::none(), move |tx| tx.execute(&SET_REAL, params![number])).await;
            assert!(matches!(refused, Err(Fault::NotFinite { .. })), "{refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_can_be_prepared_without_running_it() {
    static NOWHERE: Statement = statement("DELETE FROM nowhere WHERE id = $1");
    for db in databases("prepare").await {
        let all: Result<(), Fault> = db
            .read(|tx| super::fixture::STATEMENTS.iter().try_for_each(|statement| tx.prepare(statement)))
            .await;
        all.expect("each of them is sound");
        let unsound: Result<(), Fault> = db.read(|tx| tx.prepare(&NOWHERE)).await;
        assert!(matches!(unsound, Err(Fault::Engine { .. })), "{unsound:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_another_type_is_a_fault_and_a_wrong_number_of_rows_too() {
    for db in databases("columns").await {
        put(&db, "a").await.expect("a is put");
        put(&db, "b").await.expect("b is put");
        let number: Result<Vec<i64>, Fault> =
            db.read(|tx| tx.query(&super::fixture::IDS, &[], |row| row.get(0))).await;
        assert!(matches!(number, Err(Fault::Column { index: 0, .. })), "{number:?}");
        let beyond: Result<Vec<String>, Fault> =
            db.read(|tx| tx.query(&super::fixture::IDS, &[], |row| row.get(1))).await;
        assert!(matches!(beyond, Err(Fault::Column { index: 1, .. })), "{beyond:?}");
        let two: Result<Option<String>, Fault> =
            db.read(|tx| tx.query_opt(&super::fixture::IDS, &[], |row| row.get(0))).await;
        assert!(matches!(two, Err(Fault::TooManyRows { max: 1, .. })), "{two:?}");
        let none: Result<i64, Fault> =
            db.read(|tx| tx.query_one(&super::fixture::GET, params!["z"], |row| row.get(0))).await;
        assert!(matches!(none, Err(Fault::NoRow { .. })), "{none:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_and_too_many_parameters_are_faults() {
    for db in databases("count").await {
        for params in [params!["a"], params!["a", 1, 2]] {
            let params: Vec<_> = params.to_vec();
            let wrong: Result<(), Fault> =
                db.write(sql::Locks::none(), move |tx| tx.execute(&super::fixture::PUT, &params)).await;
            assert!(matches!(wrong, Err(Fault::Engine { .. })), "{wrong:?}");
        }
        assert!(ids(&db).await.is_empty());
    }
}
