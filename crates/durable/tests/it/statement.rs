/// Each engine takes each statement: parameters of the right number, tables and columns that exist.
#[tokio::test]
async fn every_statement_is_understood_by_every_engine() {
    for test in testkit::databases("durable_statements", &crate::components()).await {
        for statement in durable::statements() {
            let known = test.database().read(move |tx| tx.prepare(statement)).await;
            known.unwrap_or_else(|fault| panic!("{}: {:?}", statement.text(), fault));
        }
    }
}
