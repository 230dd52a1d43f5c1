"""The dossier of a class: what goes into a subsidy file, as PDF, XLSX, JSON and CSV."""
