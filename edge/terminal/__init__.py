"""The screen in the classroom: start and end, check-in, what is recorded, who was not seen. It only appends records."""
