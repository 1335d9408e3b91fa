"""Which packet goes where: rooms, peers, tracks and layers; aiortc speaks SDP, DTLS and SCTP here."""
