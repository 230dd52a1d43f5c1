"""The console: server-rendered pages, playlists, the small API. Loopback only until it has accounts."""
