//! Feeds that are followed: they are looked at by themselves, and what is new is told once.
//!
//! Who follows what is the gateway's business. Here a *topic* is a feed, named by its URL, and what is said of it goes to all
//! who follow it, or to the one who was away. None of these but the last do I/O or know the time:
//!
//! - `topic`: a feed's name, and all that is known of it; `memo`: the same as it is kept
//! - `marks`: by what an entry is known again; `known`: what a document has that is new
//! - `pace`: when a feed is looked at again; `timetable`: who is due
//! - `watched`: all topics
//! - `opml`: lists of feeds
//! - `websub`: what is agreed with a hub, which brings news instead of being asked for them
//! - `follower`: who looks after topics; `task`: what it does next; `look`: what comes of a look; `news`: what it tells; `hub`:
//!   what it asks of hubs; `visit`: what they want of it

mod clock;
mod follower;
mod hub;
pub(crate) mod known;
mod look;
pub(crate) mod marks;
mod memo;
mod news;
pub(crate) mod opml;
mod pace;
mod task;
mod timetable;
pub(crate) mod topic;
mod visit;
mod watched;
mod websub;

pub(crate) use follower::Follower;
pub(crate) use pace::Bounds;
