"""What can go wrong with dossiers, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput, VerificationError, ZaitangError


class NotADossier(BadInput):
    text = "{path}: name a file that ends in .pdf, .xlsx or .json, or a folder without an ending for CSV"


class NotOurFolder(BadInput):
    text = "{folder} holds something else than an earlier export; nothing in it was changed"


class NotYetThen(BadInput):
    text = "class {class_id} had no plan yet when the tree held {size} records"


class BadPeriod(BadInput):
    text = "{value} is not a day like 2026-03-02, or lies before the first one"


class NotAProof(BadInput):
    text = "this is not the text of the code on a dossier: {why}"


class OtherTree(VerificationError):
    text = "the dossier names the tree {named}, but this centre's tree is {own}"


class NotInTree(VerificationError):
    text = ("the dossier names a tree of {size} records with the hash {root}; the centre's tree does not begin with it:"
            " the paper is not of this centre, or the centre's records were changed")


class NeverSigned(VerificationError):
    text = "this centre has not signed a tree of {size} records at {signed}; the paper was not made here"


class OtherFindings(VerificationError):
    text = ("the findings of class {class_id} that these {size} records give are not those of the paper: the paper was"
            " changed, or made by another version")


class SomeNotWritten(ZaitangError):
    text = "classes that were not exported: {count}; the reasons stand above. Run the same command again for the rest"


class TooManyDossiers(BadInput):
    text = "many dossiers are being made just now: wait a minute and ask again"


class YourDossiers(BadInput):
    text = "{limit} dossiers that you asked for are being made: wait until one is done and ask again"


class DossierFailed(ZaitangError):
    text = "the dossier of class {class_id} could not be made: {why}"


class ExportRuns(BadInput):
    text = ("your export of many classes is running still: wait until it has ended, or stop the download, and ask again"
            " some minutes later")


class TooManyExports(BadInput):
    text = "{limit} exports of many classes are running for others: wait until one has ended and ask again"


class ExportLost(ZaitangError):
    text = "nothing of this export was taken for minutes, and others waited: ask for it again"


class MayNoMore(ZaitangError):
    text = "the account {account} may not see this any more: it was changed, or logged out, while the export ran"


class NothingChosen(BadInput):
    text = "no class within your reach is as you asked: nothing was exported"
