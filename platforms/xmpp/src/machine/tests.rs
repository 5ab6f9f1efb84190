mod bench;
mod contract;
mod life;
mod opted;
mod queries;
mod rooms;
mod verbs;
