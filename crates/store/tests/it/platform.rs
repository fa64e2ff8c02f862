//! Organization, product, environments and the canary, on every engine.

use crate::components;
use kernel::{EnvironmentId, OrganizationId, ProductId, Timestamp};
use model::platform::{Environment, Stage};
use sql::{Fault, Locks, Tx};
use store::platform::{self, Organization, Product};
use testkit::{SeededRng, databases};

const NOW: Timestamp = Timestamp::from_seconds(1_767_323_045);

struct Rows {
    organization: Organization,
    product: Product,
    environments: Vec<Environment>,
}

fn rows() -> Rows {
    let rng = SeededRng::new(1);
    let organization = Organization { id: OrganizationId::ordered(NOW, &rng), name: "Acme".into() };
    let product =
        Product { id: ProductId::ordered(NOW, &rng), organization: organization.id, name: "Notes".into() };
    let environments = [Stage::Development, Stage::Production].map(|stage| Environment {
        id: EnvironmentId::ordered(NOW, &rng),
        product: product.id,
        organization: organization.id,
        stage,
    });
    Rows { organization, product, environments: environments.into() }
}

fn write(tx: &mut Tx<'_>, rows: &Rows) -> Result<(), Fault> {
    platform::put_organization(tx, &rows.organization, NOW)?;
    platform::put_product(tx, &rows.product, NOW)?;
    rows.environments.iter().try_for_each(|environment| platform::put_environment(tx, environment, NOW))
}

#[tokio::test]
async fn what_was_written_is_found() {
    for db in databases("platform_found", &components()).await {
        assert_eq!(db.read(platform::organization).await.unwrap(), None);
        db.write(platform::lock(), |tx| write(tx, &rows())).await.unwrap();
        let Rows { organization, product, environments } = rows();
        assert_eq!(db.read(platform::organization).await.unwrap(), Some(organization));
        let id = product.id;
        assert_eq!(db.read(move |tx| platform::product(tx, id)).await.unwrap(), Some(product));
        assert_eq!(db.read(platform::environments).await.unwrap().len(), 2);
        let wanted = environments[1].clone();
        let found = db.read(move |tx| platform::environment(tx, wanted.id)).await.unwrap();
        assert_eq!(found.as_ref(), environments.get(1));
        let nowhere = EnvironmentId::from_uuid(Default::default());
        assert_eq!(db.read(move |tx| platform::environment(tx, nowhere)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_product_has_each_stage_once() {
    for db in databases("platform_stage", &components()).await {
        let twice = db
            .write(platform::lock(), |tx| {
                let mut rows = rows();
                rows.environments[1].stage = Stage::Development;
                write(tx, &rows)
            })
            .await;
        assert!(twice.is_err());
        assert_eq!(db.read(platform::organization).await.unwrap(), None, "nothing of it stays");
    }
}

#[tokio::test]
async fn writing_without_the_lock_is_refused() {
    for db in databases("platform_lock", &components()).await {
        let unlocked = db.write(Locks::none(), |tx| write(tx, &rows())).await;
        assert!(matches!(unlocked, Err(Fault::LockNotHeld { .. })));
    }
}

#[tokio::test]
async fn the_first_canary_of_a_master_key_stays() {
    for db in databases("platform_canary", &components()).await {
        assert_eq!(db.read(platform::canary).await.unwrap(), None);
        for canary in [b"first", b"other"] {
            let planted = move |tx: &mut Tx<'_>| platform::plant_canary(tx, "k1", canary, NOW);
            db.write(platform::lock(), planted).await.unwrap();
        }
        assert_eq!(db.read(platform::canary).await.unwrap(), Some(b"first".to_vec()));
    }
}
