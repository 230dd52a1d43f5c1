"""Why a bundle is not made, in Chinese and in English."""
from __future__ import annotations

from provisioning.release.errors import BadRelease


class CannotMake(BadRelease):
    """A bundle that cannot be made here and now."""


class NotComplete(CannotMake):
    zh = "安装包不完整，目标机器会缺少：\n  {lacking}"
    en = "the bundle is not complete, and a target would lack:\n  {lacking}"


class NoCheckout(CannotMake):
    zh = "{folder} 不是 git 检出：安装包由提交制作，时间也取自提交"
    en = "{folder} is no checkout of git: a bundle is made of a commit, and has its time"


class OtherMakes(CannotMake):
    zh = "{folder} 中正在制作另一个安装包：请等它结束"
    en = "another bundle is being made in {folder}: wait until that has ended"


class UnknownArch(CannotMake):
    zh = "没有用于 {arch} 的安装包：ARCH 可为 {known}"
    en = "there is no bundle for {arch}: ARCH is one of {known}"


class UnknownPython(CannotMake):
    zh = "PYTHON={python} 不受支持：可为 {known}，可写多个"
    en = "PYTHON={python} is not supported: some of {known}"


class UnknownDebs(CannotMake):
    zh = "DEBS={name} 未知：可为 {known}；其他系统请按 debs/README.txt 自行下载"
    en = "DEBS={name} is not known: one of {known}; for other systems debs/README.txt says how they are fetched"


class CommandFailed(CannotMake):
    zh = "{what} 失败。再次运行会从中断处继续。最后几行：\n{words}"
    en = "{what} failed. Run it again: it goes on from there. Its last words:\n{words}"


class ToolMissing(CannotMake):
    zh = "本机没有 {tool}，无法制作安装包的这一部分"
    en = "{tool} is not on this machine, which this part of the bundle needs"


class WrongDownload(CannotMake):
    zh = "下载的 {file} 与锁定的散列值不符：不予使用"
    en = "{file} is not what is pinned: it is not used"


class TwoFiles(CannotMake):
    zh = "两个模型包各有一个不同的 {file}：不能放进同一个安装包"
    en = "two packs have a file {file} each, which are not the same: they cannot lie in one bundle"
