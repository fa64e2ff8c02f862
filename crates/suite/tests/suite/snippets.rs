//! The code that the console gives to paste, run as it stands there: with Node, Python and a shell, against a webhook as
//! it was sent and the API as it listens.

use super::browser::{Browser, text};
use super::house::{House, Options};
use super::node;
use super::part::{header, query};
use kernel::Clock;
use outbound::Request;
use serde_json::{Value, json};
use std::process::{Output, Stdio};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const PAGE: &str = "/console/dev/webhooks/integrate";

/// Imports what was pasted and says of each message whether it is believed.
const JUDGE_NODE: &str = "
import { verifyWebhook } from './verify.mjs';
let input = '';
for await (const chunk of process.stdin) input += chunk;
const { secret, messages } = JSON.parse(input);
console.log(JSON.stringify(messages.map(({ headers, body }) => {
  try { return verifyWebhook(Buffer.from(body, 'base64'), headers, secret).eventType; }
  catch (refused) { return `refused: ${refused.message}`; }
})));
";
const JUDGE_PYTHON: &str = "
import base64, json, sys
from verify import verify_webhook
given = json.load(sys.stdin)
def judge(message):
    try:
        return verify_webhook(base64.b64decode(message['body']), message['headers'], given['secret'])['eventType']
    except ValueError as refused:
        return f'refused: {refused}'
print(json.dumps([judge(message) for message in given['messages']]))
";

/// The text under this id, as a reader copies it.
fn pasted(page: &str, id: &str) -> String {
    let (_, after) = page.split_once(&format!(" id=\"{id}\">")).unwrap_or_else(|| panic!("no {id}"));
    let text = after.split("</pre>").next().unwrap();
    let marks = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    marks.iter().fold(text.to_owned(), |text, (mark, sign)| text.replace(mark, sign))
}

/// The program's answer to `input`; it runs where the pasted files lie.
async fn run(dir: &TempDir, program: &str, arguments: &[&str], token: &str, input: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(dir.path()).env("TOKEN", token).kill_on_drop(true);
    command.env("PYTHONDONTWRITEBYTECODE", "1").env_remove("http_proxy").env_remove("HTTP_PROXY");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|fault| panic!("{program}: {fault}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    child.wait_with_output().await.unwrap()
}

fn message(request: &Request, change: impl Fn(&mut Vec<u8>, &mut Value)) -> Value {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut headers = json!({});
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers[name] = header(request, name).into();
    }
    let mut body = request.body.to_vec();
    change(&mut body, &mut headers);
    json!({"headers": headers, "body": STANDARD.encode(body)})
}

/// Genuine ones first, then each way of being none.
fn messages(request: &Request) -> Vec<Value> {
    let signature = header(request, "webhook-signature").to_owned();
    let set = |name: &'static str, value: String| {
        move |_: &mut Vec<u8>, headers: &mut Value| headers[name] = value.clone().into()
    };
    let seconds: i64 = header(request, "webhook-timestamp").parse().unwrap();
    vec![
        message(request, |_, _| {}),
        message(request, set("webhook-signature", format!("v1,AAAA {signature}"))),
        message(request, |body, _| body[10] ^= 1),
        message(request, |body, _| body.push(b' ')),
        message(request, set("webhook-id", "another".into())),
        message(request, set("webhook-timestamp", (seconds - 400).to_string())),
        message(request, set("webhook-timestamp", (seconds + 1).to_string())),
        message(request, set("webhook-timestamp", "soon".into())),
        message(request, set("webhook-signature", signature.replace("v1,", "v2,"))),
        message(request, set("webhook-signature", "v1,".into())),
        message(request, set("webhook-signature", String::new())),
        message(request, set("webhook-signature", "schön".into())),
    ]
}

#[tokio::test]
async fn the_verifiers_believe_a_webhook_as_it_was_sent_and_nothing_else() {
    let (Some(_), Some(_)) = (node::modules(), node::python()) else { return };
    let mut house = House::new().await;
    let page = text(&Browser::signed_in(&house).await.get(&house, PAGE).await);
    // To the time that Node and Python know.
    let now = server::real::SystemClock::new().now();
    house.clock.advance(now.since(house.clock.now()));
    house.waiting("ada").await;
    let [request] = &house.net.take()[..] else { panic!("one webhook") };
    let dir = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("verify.mjs", &pasted(&page, "verify-node"));
    write("verify.py", &pasted(&page, "verify-python"));
    write("judge.mjs", JUDGE_NODE);
    write("judge.py", JUDGE_PYTHON);

    let messages = messages(request);
    let input = json!({"secret": house.start.webhook_secret.expose(), "messages": messages}).to_string();
    for (program, judge) in [("node", "judge.mjs"), ("python3", "judge.py")] {
        let said = run(&dir, program, &[judge], "", &input).await;
        let verdicts: Vec<String> = serde_json::from_slice(&said.stdout)
            .unwrap_or_else(|_| panic!("{program}: {}", String::from_utf8_lossy(&said.stderr)));
        assert_eq!(verdicts.len(), messages.len());
        for (index, verdict) in verdicts.iter().enumerate() {
            let expected = if index < 2 { "account_created" } else { "refused: " };
            assert!(verdict.starts_with(expected), "{program}, message {index}: {verdict}");
        }
    }
}

#[tokio::test]
async fn the_acknowledgements_are_taken_as_they_stand() {
    let (Some(_), Some(_)) = (node::modules(), node::curl()) else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let public_url = Some(format!("http://{address}/").parse().unwrap());
    let mut house = House::with(Options { public_url, ..Options::default() }).await;
    let router = house.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut browser = Browser::signed_in(&house).await;
    let token = house.start.private_api_key.expose().clone();
    let dir = TempDir::new().unwrap();

    let (run_id, _) = house.waiting("ada").await;
    let page = text(&browser.get(&house, PAGE).await);
    assert!(page.contains("ada@acme.com, who waits for it now"), "{page}");
    let curl = format!("{} --fail-with-body -sS", pasted(&page, "ack-curl"));
    let said = run(&dir, "sh", &["-c", &curl], &token, "").await;
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert_eq!(house.state(&run_id).await.0, "completed", "{}", String::from_utf8_lossy(&said.stdout));

    let (run_id, _) = house.waiting("grace").await;
    let delivery = house.net.take().pop().unwrap();
    let script = "import { acknowledge } from './acknowledge.mjs';
                  let input = '';
                  for await (const chunk of process.stdin) input += chunk;
                  await acknowledge(JSON.parse(input), 'tenant-7', 'Acme Rockets');";
    std::fs::write(dir.path().join("acknowledge.mjs"), pasted(&page, "ack-node")).unwrap();
    std::fs::write(dir.path().join("say.mjs"), script).unwrap();
    let body = String::from_utf8(delivery.body.to_vec()).unwrap();
    let said = run(&dir, "node", &["say.mjs"], &token, &body).await;
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert_eq!(house.run(&run_id).await["tenant_id"], "tenant-7");
    let said = run(&dir, "node", &["say.mjs"], "not a key", &body).await;
    assert!(String::from_utf8_lossy(&said.stderr).contains("not acknowledged: 401"), "{said:?}");
}

/// Both places that say how: the page of a key that was just made, and the steps of the integration.
#[tokio::test]
async fn the_file_of_a_new_key_is_posted_for_a_token() {
    let Some(_) = node::curl() else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let public_url = Some(format!("http://{address}/").parse().unwrap());
    let house = House::with(Options { public_url, ..Options::default() }).await;
    let router = house.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut browser = Browser::signed_in(&house).await;
    let steps = text(&browser.get(&house, "/console/dev/integration").await);
    let new = "/console/dev/keys/new";
    browser.get(&house, new).await;
    let fields = [("kind", "rsa"), ("name", "ci"), ("scope.workflow_trigger_api", "on")];
    let made = text(&browser.post(&house, new, &fields).await);

    let dir = TempDir::new().unwrap();
    let (_, file) = made.split_once("data-file=\"").unwrap();
    std::fs::write(dir.path().join(file.split('"').next().unwrap()), pasted(&made, "json")).unwrap();
    for snippet in [pasted(&made, "use"), pasted(&steps, "key-used")] {
        let said = run(&dir, "sh", &["-c", &format!("{snippet} --fail-with-body -sS")], "", "").await;
        let told: Value =
            serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{snippet}: {said:?}"));
        let bearer = format!("Bearer {}", told["token"].as_str().unwrap());
        let triggered = house.post_as("/trigger", &bearer, &house.trigger_body("ada")).await;
        assert_eq!(triggered.status, 200, "{}", text(&triggered));
    }
}

#[tokio::test]
async fn the_exchange_says_who_came_once() {
    let Some(_) = node::modules() else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let public_url = Some(format!("http://{address}/").parse().unwrap());
    let mut house = House::with(Options { public_url, ..Options::default() }).await;
    let router = house.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let page = text(&Browser::signed_in(&house).await.get(&house, "/console/dev/integration").await);
    let (run_id, link) = house.waiting("ada").await;
    house.ack(&run_id, Some("tenant-7")).await;
    let code = query(&house.browse(&link).await.location(), "authOTP").unwrap();

    let dir = TempDir::new().unwrap();
    let script = "import { whoCame } from './exchange.mjs';
                  const { userId, tenantId } = await whoCame(process.env.TOKEN);
                  console.log(userId, tenantId);";
    std::fs::write(dir.path().join("exchange.mjs"), pasted(&page, "first-exchange")).unwrap();
    std::fs::write(dir.path().join("say.mjs"), script).unwrap();
    let said = run(&dir, "node", &["say.mjs"], &code, "").await;
    assert_eq!(String::from_utf8_lossy(&said.stdout), "ada tenant-7\n", "{said:?}");
    let said = run(&dir, "node", &["say.mjs"], &code, "").await;
    assert!(String::from_utf8_lossy(&said.stderr).contains("not exchanged: 401"), "{said:?}");
}
