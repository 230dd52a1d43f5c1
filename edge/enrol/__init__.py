"""Enrolment: from photographs to templates of a class, all or nothing."""
