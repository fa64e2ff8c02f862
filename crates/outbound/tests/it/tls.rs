//! TLS that comes to nothing is told by what is wrong: the certificate, or what is spoken.

use crate::support::{kind, post, serve};
use axum::Router;
use outbound::{CertificateProblem, Client, Http, OwnListeners, SendFault};
use std::{path::PathBuf, process::Command, sync::Arc};
use tokio::{io::AsyncReadExt, net::TcpListener};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// Certificates and a key that exist for tests alone.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixture").join(format!("test-only-{name}.pem"))
}

/// A TLS server with this certificate; the port on which it listens.
async fn serve_tls(certificate: &str) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(fixture(certificate)).unwrap()];
    let key = PrivateKeyDer::from_pem_file(fixture("key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    use tokio::io::AsyncWriteExt;
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                }
            });
        }
    });
    port
}

async fn fault(url: &str) -> SendFault {
    Client::new(OwnListeners::default()).send(post(url)).await.unwrap_err()
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_told() {
    let port = serve_tls("good").await;
    let fault = fault(&format!("https://localhost:{port}/")).await;
    let SendFault::Certificate { problem, .. } = &fault else { panic!("{fault:?}") };
    assert_eq!(*problem, CertificateProblem::UnknownIssuer);
}

#[tokio::test]
async fn plain_and_tls_that_meet_are_told_apart() {
    let tls = serve_tls("good").await;
    let plain = serve(Router::new()).await.port();
    assert_eq!(kind(&fault(&format!("http://localhost:{tls}/")).await), "not http");
    assert_eq!(kind(&fault(&format!("https://localhost:{plain}/")).await), "not tls");
}

/// What the process below says when it could judge.
const JUDGED: &str = "these certificates were judged";

/// The trusted issuers are read once in a process, so the certificates of one are judged in a process of their own.
#[test]
fn certificates_of_a_trusted_issuer_are_judged_by_dates_and_name() {
    let again = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::judges_where_the_issuer_is_trusted", "--nocapture"])
        .env("SSL_CERT_FILE", fixture("issuer"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && said.contains(JUDGED), "{said}");
}

/// Says nothing where the issuer is not trusted: the test above makes sure that it is, once.
#[tokio::test]
async fn judges_where_the_issuer_is_trusted() {
    let good = format!("https://localhost:{}/", serve_tls("good").await);
    let Ok(answer) = Client::new(OwnListeners::default()).send(post(&good)).await else { return };
    assert_eq!(answer.status, 204);
    for (certificate, expected) in [
        ("expired", CertificateProblem::Expired),
        ("early", CertificateProblem::NotYetValid),
        ("other", CertificateProblem::OtherName(vec!["acme.test".to_owned()])),
    ] {
        let fault = fault(&format!("https://localhost:{}/", serve_tls(certificate).await)).await;
        let SendFault::Certificate { problem, .. } = &fault else { panic!("{certificate}: {fault:?}") };
        assert_eq!(*problem, expected, "{certificate}");
    }
    println!("{JUDGED}");
}
