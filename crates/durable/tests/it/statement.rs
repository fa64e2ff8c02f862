use sql::{Fault, Locks};

/// Each engine takes each statement: parameters of the right number, tables and columns that exist.
#[tokio::test]
async fn every_statement_is_understood_by_every_engine() {
    for test in testkit::databases("durable_statements", &crate::components()).await {
        test.database().prepare(durable::statements().collect()).await.unwrap();
    }
}

#[tokio::test]
async fn an_idle_database_is_left_alone() {
    for test in testkit::databases("durable_idle", &crate::components()).await {
        let before = test.database().stats().statements;
        test.database().write(Locks::none(), |_| Ok::<_, Fault>(())).await.unwrap();
        assert_eq!(test.database().stats().statements, before, "an empty command sends nothing");
    }
}
