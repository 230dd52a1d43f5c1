"""The recorder: camera → append-only fragmented MP4 → journal → sealed segment. It waits for nobody."""
