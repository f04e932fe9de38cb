//! The server as a signed-in person meets it: plain HTTP, with the session's cookie and its CSRF token.

pub mod views;

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response, multipart};
use reqwest::header::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::time::Duration;

/// No answer of the server takes longer than this; work that does is asked about again and again.
const TIMEOUT: Duration = Duration::from_secs(120);

/// One signed-in person.
#[derive(Debug)]
pub struct Session {
    server: String,
    http: Client,
    csrf: HeaderValue,
    /// Who it is.
    pub user: views::User,
}

/// Why the server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// It was not reached, or broke off.
    #[error("{method} {path}: {source}")]
    Transport {
        /// The request's method.
        method: Method,
        /// The request's path.
        path: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// It refused.
    #[error("{method} {path} was answered with {status}: {message} ({code})")]
    Refused {
        /// The request's method.
        method: Method,
        /// The request's path.
        path: String,
        /// The status code.
        status: u16,
        /// The error's code for programs.
        code: String,
        /// The error's words for people.
        message: String,
    },
    /// It answered something that is not what its description promises.
    #[error("{method} {path} was answered with something unexpected: {source}")]
    Unexpected {
        /// The request's method.
        method: Method,
        /// The request's path.
        path: String,
        /// What is wrong with the answer.
        source: serde_json::Error,
    },
    /// An answer's bytes could not be taken.
    #[error("GET {path}: the answer broke off: {source}")]
    BrokenOff {
        /// The request's path.
        path: String,
        /// What went wrong.
        source: io::Error,
    },
}

type Answer<T> = Result<T, ServerError>;

/// One file of an upload form, with the form's other fields.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    /// The file's name.
    pub file_name: String,
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// Further fields, name and value.
    pub fields: Vec<(&'static str, &'a str)>,
}

impl Session {
    /// Signs in at `server` (`http://127.0.0.1:8080`).
    pub fn sign_in(server: &str, username: &str, password: &str) -> Answer<Self> {
        let path = "/api/session";
        let failed = |source| transport(&Method::POST, path, source);
        let http = Client::builder()
            .cookie_store(true)
            .timeout(TIMEOUT)
            .build()
            .map_err(failed)?;
        let server = server.trim_end_matches('/').to_owned();
        let request = http
            .post(format!("{server}{path}"))
            .json(&serde_json::json!({"username": username, "password": password}));
        let signed_in: views::SignedIn = answer(&Method::POST, path, request)?;
        // A token that cannot stand in a header is refused by the server with the first request.
        let csrf = HeaderValue::from_str(&signed_in.csrf_token)
            .unwrap_or_else(|_| HeaderValue::from_static(""));
        Ok(Self {
            server,
            http,
            csrf,
            user: signed_in.user,
        })
    }

    /// Reads `path`.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        answer(&Method::GET, path, self.request(Method::GET, path))
    }

    /// Sends `body` to `path`.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Answer<T> {
        let request = self.request(Method::POST, path).json(body);
        answer(&Method::POST, path, request)
    }

    /// Sends `body` to `path`, where "nothing" (204) is an answer too.
    pub fn post_maybe<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Answer<Option<T>> {
        let request = self.request(Method::POST, path).json(body);
        let response = send(&Method::POST, path, request)?;
        if response.status().as_u16() == 204 {
            return Ok(None);
        }
        parse(&Method::POST, path, response).map(Some)
    }

    /// Puts `body` at `path`, where nothing is answered (204).
    pub fn put_silently(&self, path: &str, body: &impl Serialize) -> Answer<()> {
        let request = self.request(Method::PUT, path).json(body);
        send(&Method::PUT, path, request).map(drop)
    }

    /// Puts `body` at `path`.
    pub fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Answer<T> {
        let request = self.request(Method::PUT, path).json(body);
        answer(&Method::PUT, path, request)
    }

    /// Sends a form with a file to `path`.
    pub fn upload<T: DeserializeOwned>(&self, path: &str, upload: Upload<'_>) -> Answer<T> {
        let file = multipart::Part::bytes(upload.bytes).file_name(upload.file_name);
        let mut form = multipart::Form::new();
        for (name, value) in upload.fields {
            form = form.text(name, value.to_owned());
        }
        let request = self.request(Method::POST, path);
        answer(
            &Method::POST,
            path,
            request.multipart(form.part("file", file)),
        )
    }

    /// Reads the bytes at `path` into `out` and says how many there were.
    pub fn download(&self, path: &str, out: &mut impl io::Write) -> Answer<u64> {
        let mut response = send(&Method::GET, path, self.request(Method::GET, path))?;
        io::copy(&mut response, out).map_err(|source| ServerError::BrokenOff {
            path: path.to_owned(),
            source,
        })
    }

    /// The bytes at `path`.
    pub fn bytes(&self, path: &str) -> Answer<Vec<u8>> {
        let mut bytes = Vec::new();
        self.download(path, &mut bytes)?;
        Ok(bytes)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method.clone(), format!("{}{path}", self.server));
        if method == Method::GET {
            request
        } else {
            request.header("X-CSRF-Token", self.csrf.clone())
        }
    }
}

fn answer<T: DeserializeOwned>(method: &Method, path: &str, request: RequestBuilder) -> Answer<T> {
    parse(method, path, send(method, path, request)?)
}

fn parse<T: DeserializeOwned>(method: &Method, path: &str, response: Response) -> Answer<T> {
    let bytes = response
        .bytes()
        .map_err(|source| transport(method, path, source))?;
    serde_json::from_slice(&bytes).map_err(|source| ServerError::Unexpected {
        method: method.clone(),
        path: path.to_owned(),
        source,
    })
}

fn send(method: &Method, path: &str, request: RequestBuilder) -> Answer<Response> {
    let response = request
        .send()
        .map_err(|source| transport(method, path, source))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status().as_u16();
    let text = response.text().unwrap_or_default();
    let (code, message) = match serde_json::from_str::<views::ErrorBody>(&text) {
        Ok(body) => (body.error.code, body.error.message),
        Err(_) => ("unknown".to_owned(), text),
    };
    Err(ServerError::Refused {
        method: method.clone(),
        path: path.to_owned(),
        status,
        code,
        message,
    })
}

fn transport(method: &Method, path: &str, source: reqwest::Error) -> ServerError {
    ServerError::Transport {
        method: method.clone(),
        path: path.to_owned(),
        source,
    }
}
