"""What the shells of both ends share: texts, logging, configuration, playlists."""
