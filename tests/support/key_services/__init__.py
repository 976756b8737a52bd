"""Stand-ins for key services: each speaks the API of one, on loopback, as its real client asks it."""
