use crate::support::{kind, post};
use outbound::{
    Http,
    recorded::{Recorder, answer},
};

#[tokio::test]
async fn a_recorder_answers_by_script_then_by_rule_then_refuses() {
    let recorder = Recorder::new();
    assert_eq!(kind(&recorder.send(post("http://a.example/1")).await.unwrap_err()), "closed");
    recorder.answer_with(|request| Ok(answer(200, request.url.path().to_owned())));
    recorder.queue(Ok(answer(503, "later")));
    assert_eq!(recorder.send(post("http://a.example/2")).await.unwrap().status, 503);
    assert_eq!(recorder.send(post("http://a.example/3")).await.unwrap().body, "/3");
    let paths: Vec<_> = recorder.take().iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(paths, ["/1", "/2", "/3"]);
    assert!(recorder.requests().is_empty());
}
