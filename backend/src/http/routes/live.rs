//! What is told live: server-sent events, look by look, until nothing more will happen.

use crate::http::error::Answer;
use actix_web::HttpResponse;
use actix_web::http::header::ContentEncoding;
use actix_web::web::Bytes;
use std::time::Duration;

/// Something that a listener follows.
pub(super) trait Live: Sized + 'static {
    /// The pause between two looks.
    const LOOK_EVERY: Duration;

    /// What happened since the last look, as events; empty where nothing did. Who listens is looked at anew each time: they may have
    /// signed out or lost the right meanwhile.
    async fn news(&mut self) -> Answer<String>;

    /// Whether all is told.
    fn is_over(&self) -> bool;
}

/// The stream of its events. Where nothing is new a comment is sent, so that a closed connection is noticed.
pub(super) fn followed<L: Live>(live: L) -> HttpResponse {
    let news = futures::stream::unfold((live, false), |(mut live, followed)| async move {
        if live.is_over() {
            return None;
        }
        if followed {
            tokio::time::sleep(L::LOOK_EVERY).await;
        }
        // Who may not listen any more hears nothing more.
        let news = live.news().await.ok()?;
        let told = match news.is_empty() {
            true => ": nothing new\n\n".to_owned(),
            false => news,
        };
        Some((Ok::<_, actix_web::Error>(Bytes::from(told)), (live, true)))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(ContentEncoding::Identity)
        .streaming(news)
}

/// An event.
pub(super) fn event(name: &str, data: &impl serde::Serialize) -> String {
    // What is told holds only strings, numbers and maps with string keys, which always serialise.
    serde_json::to_string(data)
        .map(|json| format!("event: {name}\ndata: {json}\n\n"))
        .unwrap_or_default()
}
