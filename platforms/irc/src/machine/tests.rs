//! Whole stories: lines and verbs in, what is to be done out.

mod connecting;
mod extras;
mod hostile;
mod rig;
mod talking;
