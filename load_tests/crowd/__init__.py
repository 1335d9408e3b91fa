"""Virtual peers (load_tests/virtual_peer): real ICE, DTLS and SRTP, no codec, hundreds in one process."""
