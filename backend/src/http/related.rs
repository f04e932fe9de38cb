//! Answers of several parts, RFC 2387 as PS3.18 section 8.6.1 uses it, and what a caller takes.

use crate::services::Outcome;
use actix_web::http::header::{ACCEPT, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures::stream::{self, BoxStream, StreamExt};

/// The one coding in which objects and pixels are brought: explicit VR little endian.
const TRANSFER_SYNTAX: &str = "1.2.840.10008.1.2.1";

/// One part of an answer.
pub struct Part {
    /// Where it can be had alone.
    pub location: String,
    /// Its bytes.
    pub body: BoxStream<'static, Outcome<Bytes>>,
}

/// An answer of these parts, each of this media type, one after the other as they are made.
pub fn answer(media: &'static str, parts: BoxStream<'static, Outcome<Part>>) -> HttpResponse {
    let boundary = uuid::Uuid::new_v4().simple().to_string();
    let kind = format!("multipart/related; type=\"{media}\"; boundary={boundary}");
    let end = format!("--{boundary}--\r\n");
    let body = parts.flat_map(move |part| match part {
        Ok(part) => {
            let head = format!(
                "--{boundary}\r\nContent-Type: {media}; transfer-syntax={TRANSFER_SYNTAX}\r\nContent-Location: {}\r\n\r\n",
                part.location
            );
            let line_end = stream::iter([Ok(Bytes::from_static(b"\r\n"))]);
            stream::iter([Ok(Bytes::from(head))]).chain(part.body).chain(line_end).boxed()
        }
        Err(error) => stream::iter([Err(error)]).boxed(),
    });
    HttpResponse::Ok()
        .content_type(kind)
        // Compressing pixels takes longer than sending them.
        .insert_header(ContentEncoding::Identity)
        .streaming(body.chain(stream::iter([Ok(Bytes::from(end))])))
}

/// A way to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Several parts of this media type.
    Parts(&'static str),
    /// One body of it.
    Alone(&'static str),
}

/// The first of the caller's wishes that can be met; `None` where none can.
pub fn choose(request: &HttpRequest, offers: &[Offer]) -> Option<Offer> {
    let sent = request.headers().get_all(ACCEPT);
    let wishes: Vec<String> = sent
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::to_owned)
        .collect();
    if wishes.is_empty() {
        return offers.first().copied();
    }
    let mut met = wishes.iter().filter_map(|wish| {
        let wish = Wish::read(wish);
        offers.iter().find(|offer| wish.is_met_by(**offer)).copied()
    });
    met.next()
}

/// One media range of an Accept header.
struct Wish {
    media: String,
    kind: Option<String>,
    syntax: Option<String>,
}

impl Wish {
    fn read(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let mut wish = Self {
            media: parts.next().unwrap_or_default().to_ascii_lowercase(),
            kind: None,
            syntax: None,
        };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            match name.trim().to_ascii_lowercase().as_str() {
                "type" => wish.kind = Some(value),
                "transfer-syntax" => wish.syntax = Some(value),
                _ => {}
            }
        }
        wish
    }

    fn is_met_by(&self, offer: Offer) -> bool {
        let syntax = self.syntax.as_deref();
        if !syntax.is_none_or(|wanted| wanted == "*" || wanted == TRANSFER_SYNTAX) {
            return false;
        }
        if self.media == "*/*" {
            return true;
        }
        match offer {
            Offer::Alone(media) => self.media == media,
            Offer::Parts(media) => {
                let kind = self.kind.as_deref();
                self.media == "multipart/related"
                    && kind.is_none_or(|kind| kind == media || kind == "*/*")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str, offers: &[Offer]) -> Option<Offer> {
        let request = actix_web::test::TestRequest::default().insert_header((ACCEPT, accept));
        choose(&request.to_http_request(), offers)
    }

    #[test]
    fn the_first_wish_that_can_be_met_is() {
        const DICOM: &str = "application/dicom";
        let offers = [Offer::Parts(DICOM), Offer::Alone(DICOM)];
        for (accept, expected) in [
            ("*/*", Some(offers[0])),
            (
                "multipart/related; type=\"application/dicom\"; transfer-syntax=*",
                Some(offers[0]),
            ),
            (
                "multipart/related;type=application/dicom;transfer-syntax=1.2.840.10008.1.2.1",
                Some(offers[0]),
            ),
            (
                "multipart/related; type=\"image/jls\", application/dicom",
                Some(offers[1]),
            ),
            (
                "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.50",
                None,
            ),
            ("text/html", None),
        ] {
            assert_eq!(chosen(accept, &offers), expected, "{accept}");
        }
    }
}
