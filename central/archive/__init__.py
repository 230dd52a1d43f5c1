"""Archives: all that there is of a class as one bag (BagIt) that anybody can check, pulled piece by piece."""
