//! Test peers: a Socket.IO client, a scripted HTTP server, a gateway under test, a puppet platform
