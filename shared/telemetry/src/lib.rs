//! Log set-up, and events that are log line and metric at once
