"""What can be wrong with a model pack."""
from __future__ import annotations

from evidence.errors import BadInput


class NoSuchPack(BadInput):
    text = "there is no model pack {pack}; there are: {packs}"


class ModelMissing(BadInput):
    text = (
        "the file {file} of the model pack {pack} is not here and has no address to fetch it from: "
        "put it into a folder and set ZAITANG_MODEL_MIRROR to that folder"
    )


class NotInMirror(ModelMissing):
    text = (
        "the file {file} of the model pack {pack} is not in {folder}, the folder that ZAITANG_MODEL_MIRROR names, and "
        "has no address to fetch it from: put it there"
    )


class PackageMissing(BadInput):
    text = "the model pack {pack} needs the Python package {package}, which is not installed"


class ModelUnreachable(BadInput):
    text = (
        "the file {file} of the model pack {pack} could not be fetched from {source}: {why}. Without a network: put "
        "the file into a folder and set ZAITANG_MODEL_MIRROR to that folder"
    )


class NotInMirrorNorFetched(ModelUnreachable):
    text = (
        "the file {file} of the model pack {pack} is not in {folder}, the folder that ZAITANG_MODEL_MIRROR names, and "
        "could not be fetched from {source}: {why}. Put it into that folder"
    )


class WrongModel(BadInput):
    text = "{source}: this is not the file {file} that the model pack {pack} names (its hash is {got}); refused"


class ModelBroken(BadInput):
    text = "the file {file} of the model pack {pack} cannot be loaded: {why}"


class ModelShape(BadInput):
    text = "the file {file} of the model pack {pack} does not fit: {wanted} is needed, it has {got}"


class ModelUntrue(BadInput):
    text = (
        "the file {file} of the model pack {pack} failed the self-check: it gives the probe picture {got} ppm instead "
        "of {wanted} (another model, or colours in the wrong order); the pack is refused"
    )


class HoldsCode(BadInput):
    text = "it asks for {what}, which a file of numbers has no use for; nothing of it was run"


class NotTensors(BadInput):
    text = "it is not a whole file of tensors as PyTorch wrote them before version 1.6 ({why})"


class NotMiniFASNet(BadInput):
    text = "its tensors are not those of a MiniFASNet ({why})"


class LicenceNotAccepted(BadInput):
    text = (
        "the model pack {pack} is not used before your institution accepts its licence ({licence}): put its files into "
        "a folder and say `zaitang-edge models bring FOLDER --detector FILE --identity FILE --accepted-by WHO`"
    )
