"""Where a camera must hang so that the roll call can tell people apart: on paper, and with a person in the room."""
