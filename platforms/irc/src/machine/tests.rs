//! Whole stories: lines and verbs in, what is to be done out.

mod connecting;
mod extras;
mod hostile;
mod login;
mod rig;
mod talking;
