//! Handing a form in: what some protocols of the web want besides reading pages.

use super::Guard;
use crate::ask::UserAgent;
use crate::manners::LeftAlone;
use crate::target::{self, authority, redact};
use crate::{FetchError, Limits};
use http::StatusCode;
use http::header::{CONTENT_TYPE, USER_AGENT};
use url::Url;
use url::form_urlencoded::Serializer;

impl Guard {
    /// POSTs `fields` to `url` as a form, under the same terms and with the same manners as any fetch, and tells with which
    /// success it was taken. Follows no redirect, and reads nothing of the answer's body.
    ///
    /// # Errors
    ///
    /// [`FetchError`] names the cause, among them every status that is no success: a redirect too.
    pub async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        limits: Limits,
    ) -> Result<StatusCode, FetchError> {
        let url = target::parse(url, &self.terms)?;
        let (asked, deadline) = (redact(&url), limits.deadline);
        tokio::time::timeout(deadline, self.hand_in(url, fields))
            .await
            .unwrap_or(Err(FetchError::TimedOut { deadline, url: asked }))
    }

    async fn hand_in(&self, url: Url, fields: &[(&str, &str)]) -> Result<StatusCode, FetchError> {
        let left_alone = |LeftAlone { status, remaining }| FetchError::LeftAlone {
            status,
            url: redact(&url),
            seconds: remaining.as_secs_f64().ceil(),
        };
        let turn = self.manners.turn(&authority(&url)).await.map_err(left_alone)?;
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = self.client.ready()?.post(url.clone()).body(body);
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(UserAgent(name)) = &self.user_agent {
            request = request.header(USER_AGENT, name);
        }
        let asking = self.asked.ask(&url);
        let response = request.send().await.map_err(|error| FetchError::from_client(error, &url))?;
        drop(asking);
        if let Some(alone) = turn.heard(response.status(), response.headers()) {
            return Err(left_alone(alone));
        }
        let status = response.status();
        if status.is_success() {
            return Ok(status);
        }
        Err(FetchError::Status { status, url: redact(&url), content_type: None })
    }
}
