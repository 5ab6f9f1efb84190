mod bench;
mod contract;
mod life;
mod opted;
mod publishing;
mod queries;
mod rooms;
mod verbs;
