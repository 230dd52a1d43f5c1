"""The centre: collects the records of all boxes, keeps classes and names, shows and exports what the rules find."""
