//! Errors of the server: whose job they end, and what is pushed if it is nobody's (platforms.md 7.5).

use super::activity::{Activity, Time};
use super::names::{Names, entity};
use crate::line::Line;

/// Whether a line says that something was refused.
pub(crate) fn is_failure(line: &Line<'_>) -> bool {
    match line.numeric() {
        // 422: no message of the day. 716, 723, 734, 742: refusals beyond the five hundreds.
        Some(number) => matches!(number, 400..=421 | 423..=599 | 716 | 723 | 734 | 742),
        None => line.command == "FAIL",
    }
}

/// The text that a job ends with.
pub(crate) fn text(line: &Line<'_>) -> String {
    match line.numeric() {
        Some(403) => format!("no such channel {}", line.param(1).unwrap_or_default()),
        _ => line.text().to_owned(),
    }
}

/// What is pushed if no job waits for this. `room`: the channel in question where the line does not name it.
pub(super) fn unclaimed(line: &Line<'_>, names: &Names, time: Time) -> Option<Activity> {
    let subject = line.param(1).unwrap_or_default();
    let error = text(line);
    let activity = match line.numeric()? {
        403 => {
            let nowhere = entity("person", names.person_id(subject), None);
            Activity::new("join", time, names.service()).to(nowhere)
        }
        432 | 433 | 437 => Activity::new("update", time, names.person(subject)).to(names.service()),
        471 | 473..=478 | 482 => {
            let room = entity("room", [names.server(), "/", subject].concat(), None);
            Activity::new("update", time, myself(line, names)).to(room)
        }
        // Names the mode only: without a job, nobody knows which channel it was for.
        472 => Activity::new("update", time, myself(line, names)).to(names.service()),
        _ => return None,
    };
    Some(activity.failed(error))
}

fn myself(line: &Line<'_>, names: &Names) -> super::activity::Entity {
    entity("person", names.person_id(line.param(0).unwrap_or_default()), None)
}
