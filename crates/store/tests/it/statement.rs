use sql::{Database, Engine};

/// Each engine takes each statement: parameters of the right number, tables and columns that exist.
#[tokio::test]
async fn every_statement_is_understood_by_every_engine() {
    for test in testkit::databases("store_statements", &crate::components()).await {
        for statement in store::statements() {
            let known = test.database().read(move |tx| tx.prepare(statement)).await;
            known.unwrap_or_else(|fault| panic!("{}: {:?}", statement.text(), fault));
        }
    }
}

/// Where one environment has few rows, finding them by the environment is enough.
const SMALL: [&str; 4] = ["UPDATE setting", "DELETE FROM logo", "webhook_secret", "signing_key"];

/// A search reads all of the index that has what is searched, but no row before it matches.
const SEARCHES: [&str; 2] = ["INDEXED BY run_created", "INDEXED BY mail_search"];

/// A statement that names a row finds it by an index. SQLite has no statistics here: between an index that
/// fits the `WHERE` and one that fits the `ORDER BY` it may take the latter, and read a whole environment.
#[tokio::test]
async fn no_statement_reads_a_whole_environment_for_one_row() {
    for test in testkit::databases("store_plans", &crate::components()).await {
        if test.database().engine() != Engine::Sqlite {
            continue;
        }
        let mut poor = Vec::new();
        for text in store::statements().map(sql::Statement::text) {
            if !names_a_row(text)
                || SEARCHES.iter().any(|index| text.contains(index))
                || SMALL.iter().any(|small| text.contains(small))
            {
                continue;
            }
            let plan = plan(&test.database(), text).await;
            if plan.iter().any(|step| by_environment_alone(step)) {
                poor.push(format!("{text}\n  {}", plan.join("\n  ")));
            }
        }
        assert!(poor.is_empty(), "{}", poor.join("\n"));
    }
}

/// A page of a list begins where its cursor says, by an index that has the order: it neither sorts nor reads what is
/// before it. The row values `(key, id)` are what makes both engines look that up.
#[tokio::test]
async fn a_page_of_a_list_is_found_in_its_order() {
    for test in testkit::databases("store_pages", &crate::components()).await {
        if test.database().engine() != Engine::Sqlite {
            continue;
        }
        let (mut pages, mut poor) = (0, Vec::new());
        for text in store::statements().map(sql::Statement::text) {
            if !begins_behind_a_row(text) {
                continue;
            }
            pages += 1;
            let plan = plan(&test.database(), text).await;
            let sought = |step: &String| step.starts_with("SEARCH") && step.contains(")<(?,?)");
            let sought = plan.iter().any(|step| sought(step) || step.contains(")>(?,?)"));
            if !sought || plan.iter().any(|step| step.contains("USE TEMP B-TREE FOR ORDER BY")) {
                poor.push(format!("{text}\n  {}", plan.join("\n  ")));
            }
        }
        assert!(pages > 20, "{pages} statements are pages of a list");
        assert!(poor.is_empty(), "{}", poor.join("\n"));
    }
}

fn begins_behind_a_row(text: &str) -> bool {
    text.contains(") < ($") || text.contains(") > ($")
}

/// Whether the statement compares more than the environment, and not only where a filter is asked for.
fn names_a_row(text: &str) -> bool {
    let Some((_, conditions)) = text.split_once("WHERE environment_id = $1") else { return false };
    conditions.split(" AND ").any(|one| one.contains(" = $") && !one.contains(" OR "))
}

/// `SEARCH t USING INDEX i (environment_id=?)`, with or without a range behind it.
fn by_environment_alone(step: &str) -> bool {
    step.starts_with("SCAN ")
        || step.split_once("(environment_id=?").is_some_and(|(_, more)| !more.contains("=?"))
}

async fn plan(db: &Database, text: &str) -> Vec<String> {
    let text: &'static str = format!("EXPLAIN QUERY PLAN {text}").leak();
    let statement: &'static sql::Statement = Box::leak(Box::new(sql::statement(text)));
    let params = (1..=20).filter(|n| text.contains(&format!("${n}"))).count();
    let nothing = move || vec![sql::Value::from(None::<i64>); params];
    // A reader refuses to explain what writes.
    db.write(store::profile::lock(), move |tx| tx.query(statement, &nothing(), |row| row.get(3)))
        .await
        .unwrap()
}
