//! Whole stories: real gateway, real workers, raw frames and real clients
