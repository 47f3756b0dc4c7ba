//! The node's REST interface: one request, one answer, and what kind of answer it was.
//!
//! A GET may be sent twice; a POST never is. What is asked, and what the answers mean, is in the files that call this.

use std::time::Duration;

use reqwest::{
    Method, Response, StatusCode,
    header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::SemaphorePermit;

use super::{
    address::{Address, ApiKey},
    envelope::{Answer, NotAnAnswer},
    lanes::{Lane, Lanes},
    options::Timeouts,
    pause::Pause,
};
use crate::{market::MarketError, units::Chain};

/// The most bytes that an answer may have; a bounty with thousands of assertions has a few million.
const MAX_ANSWER: u64 = 32 << 20;
/// How long to be quiet when the node says "too many requests" and not for how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(2);
/// The longest time that a node can keep us quiet.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Before a GET that got no answer is sent again.
const SECOND_TRY: Duration = Duration::from_millis(250);
/// How long an idle connection is kept. The node's server closes them after 2 s, and a request that meets the closing is
/// lost; within a burst of requests they are worth it.
const IDLE: Duration = Duration::from_secs(1);

/// A client of one node for one account.
#[derive(Debug)]
pub(super) struct Rest {
    http: reqwest::Client,
    address: Address,
    account: String,
    /// Whether each path ends with one.
    slash: bool,
    pub(super) timeouts: Timeouts,
    pause: Pause,
    lanes: Lanes,
}

impl Rest {
    /// `account` is what the node knows us by. The key goes with every request and shows in no log.
    pub(super) fn new(
        address: Address,
        key: Option<&ApiKey>,
        account: String,
        timeouts: Timeouts,
        tls: rustls::ClientConfig,
    ) -> Result<Self, reqwest::Error> {
        let mut headers = HeaderMap::new();
        if let Some(mut value) = key.and_then(|key| HeaderValue::from_str(key.expose()).ok()) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("microengine/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(timeouts.connect)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            address,
            account,
            slash: false,
            timeouts,
            pause: Pause::default(),
            lanes: Lanes::default(),
        })
    }

    /// Every path ends with a slash, as a fast node wants it.
    pub(super) fn with_slashes(self) -> Self {
        Self { slash: true, ..self }
    }

    /// Where the node is.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Our account, as the node writes it.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// A look-up. It may be sent a second time when the first got no answer.
    pub(super) fn get(&self, path: impl Into<String>) -> Call<'_> {
        Call { tries: 2, ..self.call(Method::GET, path.into()) }
    }

    /// Something that is to be done, once.
    pub(super) fn post(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::POST, path.into())
    }

    /// The question which kind of node this is.
    pub(super) fn options(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::OPTIONS, path.into()).anonymous()
    }

    fn call(&self, method: Method, mut path: String) -> Call<'_> {
        let lane = if method == Method::GET { Lane::LookUp } else { Lane::Order };
        if self.slash && !path.ends_with('/') {
            path.push('/');
        }
        Call {
            rest: self,
            method,
            path,
            query: vec![("account", self.account.clone())],
            body: None,
            lane,
            timeout: self.timeouts.request,
            tries: 1,
        }
    }
}

/// A request that is being put together.
#[derive(Debug)]
pub(super) struct Call<'a> {
    rest: &'a Rest,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    lane: Lane,
    timeout: Duration,
    tries: u32,
}

impl Call<'_> {
    fn anonymous(mut self) -> Self {
        self.query.clear();
        self
    }

    pub(super) fn chain(mut self, chain: Chain) -> Self {
        self.query.push(("chain", chain.to_string()));
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: u64) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// The node is to build transactions: it wants a number for them, which we overwrite.
    pub(super) fn builds_transactions(self) -> Self {
        self.query("base_nonce", 0)
    }

    pub(super) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// For one try, answer included.
    pub(super) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The node answers it blocks later.
    pub(super) fn waits(mut self) -> Self {
        self.lane = Lane::Wait;
        self
    }

    pub(super) fn once(mut self) -> Self {
        self.tries = 1;
        self
    }

    /// How errors and logs call it.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The result of a request that the node carried out.
    pub(super) async fn result<T: DeserializeOwned>(self) -> Result<T, MarketError> {
        let name = self.name();
        self.answer().await?.result(name)
    }

    /// What the node said, also when it said no.
    pub(super) async fn answer(self) -> Result<Answer, MarketError> {
        let mut tries = 1;
        loop {
            match self.answer_once().await {
                Err(error) if error.is_transient() && tries < self.tries => {
                    tracing::debug!(%error, "asking again");
                    tokio::time::sleep(SECOND_TRY).await;
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn answer_once(&self) -> Result<Answer, MarketError> {
        let _room = self.room().await;
        self.rest.pause.over().await;
        let whole = async {
            let response = self.not_elsewhere(self.send().await?)?;
            let (status, kind) = (response.status(), content_type(&response));
            let body =
                super::download::at_most(response, MAX_ANSWER).await.map_err(|error| self.lost(error))?;
            Answer::read(status, &kind, &body).map_err(|error| self.lost(error))
        };
        tokio::time::timeout(self.timeout, whole).await.map_err(|_| self.lost(NoAnswer(self.timeout)))?
    }

    /// Only the status of the answer, a redirection too.
    pub(super) async fn status(self) -> Result<StatusCode, MarketError> {
        self.rest.pause.over().await;
        let response = tokio::time::timeout(self.timeout, self.send()).await;
        Ok(response.map_err(|_| self.lost(NoAnswer(self.timeout)))??.status())
    }

    /// Waits until this request may be under way beside others. It is so until what comes back is dropped.
    pub(super) async fn room(&self) -> Option<SemaphorePermit<'_>> {
        self.rest.lanes.enter(self.lane).await
    }

    /// The head of the answer; the body is not read yet. The time for that is the caller's to limit, and the room for it to find.
    pub(super) async fn response(&self) -> Result<Response, MarketError> {
        self.rest.pause.over().await;
        self.not_elsewhere(self.send().await?)
    }

    async fn send(&self) -> Result<Response, MarketError> {
        let request = self.rest.http.request(self.method.clone(), self.rest.address.join(&self.path));
        let request = request.query(&self.query);
        let request = match &self.body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.lost(error.without_url()))?;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = retry_after(response.headers());
            self.rest.pause.begin(retry_after);
            return Err(MarketError::Busy { request: self.name(), retry_after });
        }
        Ok(response)
    }

    fn not_elsewhere(&self, response: Response) -> Result<Response, MarketError> {
        match response.status() {
            status if status.is_redirection() => Err(self.lost(NotAnAnswer::Redirect(status))),
            _ => Ok(response),
        }
    }

    /// The error of a request whose answer cannot be known.
    pub(super) fn lost(&self, source: impl Into<crate::BoxError>) -> MarketError {
        MarketError::Lost { request: self.name(), source: source.into() }
    }
}

/// No answer within the time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no whole answer within {0:?}")]
pub(super) struct NoAnswer(pub(super) Duration);

fn content_type(response: &Response) -> String {
    let value = response.headers().get(reqwest::header::CONTENT_TYPE);
    value.and_then(|value| value.to_str().ok()).unwrap_or("no content type").to_owned()
}

/// Whole seconds; a date or nothing gives the default.
fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map_or(DEFAULT_PAUSE, Duration::from_secs).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_to_wait_is_bounded_and_has_a_default() {
        let wait = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            }
            retry_after(&headers).as_secs()
        };
        assert_eq!(wait(Some("7")), 7);
        assert_eq!(wait(Some("999999999")), 60);
        for default in [None, Some("-1"), Some("soon"), Some("Wed, 21 Oct 2026 07:28:00 GMT")] {
            assert_eq!(wait(default), 2, "{default:?}");
        }
    }
}
