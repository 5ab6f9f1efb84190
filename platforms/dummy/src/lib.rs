//! Test platform: echoes, fails and crashes on request
