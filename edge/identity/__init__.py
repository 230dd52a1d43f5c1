"""Who this box is to the centre: how it joins, and how its connections stay certified."""
