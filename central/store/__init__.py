"""The centre's database: all its SQL, and nothing but storing and finding."""
