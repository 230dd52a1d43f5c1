"""What can go wrong with accounts, signing in and tokens, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class BadAccountName(BadInput):
    text = ("{name} cannot be the name of an account or institution: small letters, digits and . _ - , at most 64, the "
            "first a letter or digit")


class HasNoRight(BadInput):
    text = ("{account} is no account that may do this for class {class_id} in the console, so it may not by command:"
            " `zaitang-central user list` tells accounts, roles and where they reach")


class NoSuchRole(BadInput):
    text = "{role} is no role: supervisor, institution, auditor or administrator"


class BadScope(BadInput):
    text = "that scope does not fit: {why}"


class BadInstitutionName(BadInput):
    text = "an institution has a name of 1 to {limit} characters that can be seen"


class AccountExists(BadInput):
    text = "there is an account {account} already; nothing was changed"


class OwnRole(BadInput):
    text = "nobody gives the own account another role or reach: another administrator does, or a command at the centre"


class LastAdministrator(BadInput):
    text = "{account} is the last administrator who can log in: make another one first"


class BadPassword(BadInput):
    text = "that cannot be the password: {why}"


class NotThePassword(BadInput):
    text = "that is not the password you have now"


class CodesOnAlready(BadInput):
    text = ("codes are on already: where the telephone is lost or another one is to show them, an administrator"
            " switches them off first")


class NobodyTypes(BadInput):
    text = "nobody can type a password here: put it into a file and name that with --password-file"


class LinkOver(BadInput):
    text = "this link does not hold any more: it was used, or is older than a day; ask an administrator for another"


class SignInRefused(BadInput):
    text = "the account or the password is not right"


class TooManyWrong(BadInput):
    text = "too many wrong tries: wait {minutes} minutes and try again"


class BadLabel(BadInput):
    text = "say what the token is for: 1 to {limit} characters in one line"


class TooManyTokens(BadInput):
    text = "an account has {limit} tokens at most: revoke one that is used no longer"


class TooManyVisits(BadInput):
    text = "you have opened your record very often just now: wait {minutes} minutes and try again"
