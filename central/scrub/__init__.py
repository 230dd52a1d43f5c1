"""Stored video is read again, slowly: what rotted is told, and made good from another copy where there is one."""
