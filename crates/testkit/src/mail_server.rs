//! A mail server on loopback (RFC 5321): it takes mail as a script says and remembers it. TLS by STARTTLS or from the
//! first byte, with a certificate from [`ROOT`].

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// The certificate that the server's own comes from, in PEM.
pub const ROOT: &[u8] = include_bytes!("../fixture/test-only-mail-root.pem");
const CERTIFICATE: &[u8] = include_bytes!("../fixture/test-only-mail-server.pem");
const KEY: &[u8] = include_bytes!("../fixture/test-only-mail-server.key.pem");

/// How the server keeps a conversation from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tls {
    #[default]
    None,
    Start,
    Implicit,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    /// The message with its line ends, dots unstuffed (RFC 5321, 4.5.2).
    pub message: String,
    pub encrypted: bool,
    /// What was sent to sign in: `PLAIN` and the base64 text.
    pub signed_in: Option<String>,
}

impl Taken {
    /// The lines of a header with this name, unfolded.
    pub fn header(&self, name: &str) -> Vec<String> {
        let head = self.message.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let of = |line: &str| line.split_once(": ").map(|(key, value)| (key.to_owned(), value.to_owned()));
        head.split("\r\n").filter_map(of).filter(|(key, _)| key == name).map(|(_, value)| value).collect()
    }
}

#[derive(Default)]
struct State {
    taken: Vec<Taken>,
    /// Answers to the next uses of a verb, in place of the usual one. An empty answer hangs up.
    script: HashMap<String, VecDeque<String>>,
    /// Signing in is offered, and refused unless scripted otherwise.
    asks: bool,
}

/// The server. It lives as long as the runtime of its test.
#[derive(Clone)]
pub struct MailServer {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl MailServer {
    pub async fn start(tls: Tls) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = Self { address: listener.local_addr()?, state: Arc::default() };
        let serving = server.clone();
        let acceptor = acceptor()?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, acceptor) = (serving.clone(), acceptor.clone());
                tokio::spawn(async move { server.serve(stream, tls, acceptor).await });
            }
        });
        Ok(server)
    }

    /// The next use of `verb` is answered so; `CONNECT` is the greeting and `.` the end of a mail. An empty answer hangs
    /// up.
    pub fn answer(&self, verb: &str, answer: &str) {
        self.state().script.entry(verb.to_owned()).or_default().push_back(answer.to_owned());
    }

    /// Offers `AUTH PLAIN LOGIN`.
    pub fn ask_for_sign_in(&self) {
        self.state().asks = true;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state().taken.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scripted(&self, verb: &str, usual: &str) -> String {
        let scripted = self.state().script.get_mut(verb).and_then(VecDeque::pop_front);
        scripted.unwrap_or_else(|| usual.to_owned())
    }

    async fn serve(&self, stream: TcpStream, tls: Tls, acceptor: TlsAcceptor) -> io::Result<()> {
        if tls == Tls::Implicit {
            let stream = acceptor.accept(stream).await?;
            return Talk::new(self, stream, Tls::None, true).run(true).await.map(|_| ());
        }
        let Some(plain) = Talk::new(self, stream, tls, false).run(true).await? else { return Ok(()) };
        let stream = acceptor.accept(plain).await?;
        Talk::new(self, stream, Tls::None, true).run(false).await.map(|_| ())
    }
}

fn acceptor() -> io::Result<TlsAcceptor> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(CERTIFICATE).collect();
    let key = PrivateKeyDer::from_pem_slice(KEY).map_err(io::Error::other)?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.map_err(io::Error::other)?, key)
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// One conversation.
struct Talk<'s, S> {
    server: &'s MailServer,
    stream: BufReader<S>,
    tls: Tls,
    encrypted: bool,
    from: String,
    to: Vec<String>,
    signed_in: Option<String>,
}

impl<'s, S: AsyncRead + AsyncWrite + Unpin> Talk<'s, S> {
    fn new(server: &'s MailServer, stream: S, tls: Tls, encrypted: bool) -> Self {
        let stream = BufReader::new(stream);
        Self { server, stream, tls, encrypted, from: String::new(), to: Vec::new(), signed_in: None }
    }

    /// Until it ends; with the stream when TLS is to be spoken on it.
    async fn run(mut self, greets: bool) -> io::Result<Option<S>> {
        if greets && !self.say(&self.server.scripted("CONNECT", "220 mail.test ESMTP")).await? {
            return Ok(None);
        }
        while let Some(line) = self.line().await? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let usual = self.usual(&verb);
            let answer = self.server.scripted(&verb, &usual);
            if !self.say(&answer).await? || verb == "QUIT" {
                return Ok(None);
            }
            match verb.as_str() {
                "STARTTLS" if answer.starts_with('2') => return Ok(Some(self.stream.into_inner())),
                "AUTH" if answer.starts_with('2') => self.signed_in = Some(line[5..].to_owned()),
                "AUTH" if answer.starts_with("334") => self.log_in().await?,
                "MAIL" if answer.starts_with('2') => self.from = path(&line),
                "RCPT" if answer.starts_with('2') => self.to.push(path(&line)),
                "DATA" if answer.starts_with("354") && !self.content().await? => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    fn usual(&self, verb: &str) -> String {
        match verb {
            "EHLO" => {
                let mut lines = vec!["mail.test", "8BITMIME"];
                if self.tls == Tls::Start {
                    lines.push("STARTTLS");
                }
                if self.server.state().asks {
                    lines.push("AUTH PLAIN LOGIN");
                }
                let last = lines.len() - 1;
                let line =
                    |(n, line): (usize, &&str)| format!("250{}{line}", if n == last { ' ' } else { '-' });
                lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
            }
            "AUTH" => "235 2.7.0 Authentication successful".to_owned(),
            "DATA" => "354 End data with <CR><LF>.<CR><LF>".to_owned(),
            "QUIT" => "221 2.0.0 Bye".to_owned(),
            "STARTTLS" => "220 2.0.0 Ready".to_owned(),
            _ => "250 2.1.0 Ok".to_owned(),
        }
    }

    /// The questions of `AUTH LOGIN` after the first.
    async fn log_in(&mut self) -> io::Result<()> {
        let user = self.line().await?.unwrap_or_default();
        self.say("334 UGFzc3dvcmQ6").await?;
        let password = self.line().await?.unwrap_or_default();
        self.signed_in = Some(format!("LOGIN {user} {password}"));
        self.say("235 2.7.0 Authentication successful").await.map(|_| ())
    }

    /// `false`: hung up.
    async fn content(&mut self) -> io::Result<bool> {
        let mut message = String::new();
        loop {
            let Some(line) = self.line().await? else { return Ok(false) };
            if line == "." {
                break;
            }
            message.push_str(line.strip_prefix('.').unwrap_or(&line));
            message.push_str("\r\n");
        }
        let answer = self.server.scripted(".", "250 2.0.0 Ok: queued as 4F1");
        // Without an answer the mail is taken all the same: the worst that can happen to a sender.
        if answer.is_empty() || answer.starts_with('2') {
            self.server.state().taken.push(Taken {
                from: std::mem::take(&mut self.from),
                to: std::mem::take(&mut self.to),
                message,
                encrypted: self.encrypted,
                signed_in: self.signed_in.clone(),
            });
        }
        self.say(&answer).await
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await?;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// `false`: there was nothing to say.
    async fn say(&mut self, answer: &str) -> io::Result<bool> {
        if answer.is_empty() {
            return Ok(false);
        }
        self.stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        self.stream.flush().await?;
        Ok(true)
    }
}

/// What stands between the angle brackets.
fn path(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
