"""Why a bundle is not taken: each reason is an error with a sentence in Chinese and in English, before any catalogue is
there."""
from __future__ import annotations

from typing import ClassVar


class BadRelease(Exception):
    """A bundle that must not be installed. `zh` and `en` are format strings that the named parameters fill."""

    zh: ClassVar[str] = "{why}"
    en: ClassVar[str] = "{why}"

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.words("en"))

    def words(self, lang: str) -> str:
        """The sentence in a language, `zh` or `en`."""
        params = {key: value.words(lang) if isinstance(value, BadRelease) else _plain(value)
                  for key, value in self.params.items()}
        return (self.en if lang == "en" else self.zh).format_map(params)


def _plain(value: object) -> object:
    """A name is whatever somebody called a file: it says nothing to the terminal of root."""
    return value if isinstance(value, int) else "".join(one if one.isprintable() else "?" for one in str(value))


class NoBundle(BadRelease):
    zh = "{folder} 不是安装包：其中没有 {file}。请指定名为 zaitang-版本-架构 的文件夹或 .tar 文件"
    en = "{folder} is no bundle: there is no {file} in it. Name the folder, or the .tar file, zaitang-VERSION-ARCH"


class CannotRead(BadRelease):
    zh = "无法读取 {file}：{why}。请重新拷贝安装包，或换一个 U 盘"
    en = "{file} cannot be read: {why}. Copy the bundle again, or take another stick"


class CannotWrite(BadRelease):
    zh = "无法写入 {file}：{why}"
    en = "{file} cannot be written: {why}"


class Unsigned(BadRelease):
    zh = "安装包 {folder} 没有签名（缺少 SHA256SUMS.sig）：不予安装。请向发布者索取已签名的安装包"
    en = ("the bundle {folder} is not signed (there is no SHA256SUMS.sig) and is not taken. Ask its publisher for a "
          "signed one")


class WrongSignature(BadRelease):
    zh = "签名与指纹为 {fingerprint} 的密钥不符：安装包由他人签署，或签署后被改动过。不予安装；请向发布者核对指纹"
    en = ("the signature is not of the key with the fingerprint {fingerprint}: somebody else signed the bundle, or it "
          "was changed afterwards. It is not taken; compare the fingerprint with its publisher")


class BadKey(BadRelease):
    zh = "{file} 不是 Ed25519 公钥（PEM 格式）：请使用发布者提供的 release.pem"
    en = "{file} is not a public Ed25519 key in PEM: take the release.pem that the publisher gives"


class BadSums(BadRelease):
    zh = "SHA256SUMS 第 {line} 行有误：{why}"
    en = "SHA256SUMS, line {line}: {why}"


class NotALine(BadRelease):
    zh = "不是“散列值、两个空格、路径”"
    en = "it is not a hash, two spaces and a path"


class BadPath(BadRelease):
    zh = "不允许的路径 {path}"
    en = "a path that may not be: {path}"


class OutOfOrder(BadRelease):
    zh = "{path} 重复，或未按顺序排列"
    en = "{path} is there twice, or out of order"


class FolderAndFile(BadRelease):
    zh = "{path} 既是文件又是文件夹"
    en = "{path} is a file and a folder"


class TooMuch(BadRelease):
    zh = "{what} 超过上限（{most}）"
    en = "{what}: more than {most}"


class BadAbout(BadRelease):
    zh = "release.toml 有误：{key} 缺失、重复或写法不对"
    en = "release.toml: {key} is missing, there twice, or not written as it must be"


class FileMissing(BadRelease):
    zh = "安装包中缺少 {file}：请重新拷贝安装包"
    en = "{file} is missing in the bundle: copy the bundle again"


class FileChanged(BadRelease):
    zh = "{file} 与签名清单不符：文件已损坏或被改动。不予安装；请重新拷贝安装包"
    en = "{file} is not what was signed: it is damaged or was changed. Nothing is taken; copy the bundle again"


class FileExtra(BadRelease):
    zh = "安装包中多出签名清单没有的 {file}：请删除它，或重新拷贝安装包"
    en = "{file} is in the bundle and nobody signed it: remove it, or copy the bundle again"


class NotPlain(BadRelease):
    zh = "{file} 是链接、设备或其他特殊文件：安装包中只允许普通文件和文件夹"
    en = "{file} is a link, a device or another special file: a bundle holds plain files and folders alone"


class NotATar(BadRelease):
    zh = "{file} 不是完整的 .tar 安装包：请重新拷贝"
    en = "{file} is not a whole bundle as .tar: copy it again"


class NoOpenssl(BadRelease):
    zh = "没有找到 openssl，无法核对签名。请先安装：sudo apt-get install openssl"
    en = "openssl is not there, and the signature cannot be checked. Install it: sudo apt-get install openssl"


class OtherArch(BadRelease):
    zh = "安装包用于 {wanted}，而本机是 {arch}：请使用用于 {arch} 的安装包"
    en = "the bundle is for {wanted}, and this machine is {arch}: take the one for {arch}"


class NoPython(BadRelease):
    zh = "安装包用于 Python {wanted}，而本机只有 {there}：请安装其中一个版本，或使用另一个安装包"
    en = "the bundle is for Python {wanted}, and this machine has {there}: install one of these, or take another bundle"


class Older(BadRelease):
    zh = "安装包的版本 {version} 低于已安装的 {installed}：不降级。确需降级时请明确说明（--downgrade）"
    en = ("the bundle is version {version}, older than the {installed} that is installed: it is not taken, unless you "
          "say --downgrade")


class TooFarBehind(BadRelease):
    zh = "版本 {version} 只能从 {least} 或更高版本升级，已安装的是 {installed}：请先升级到 {least}"
    en = "version {version} updates from {least} on, and {installed} is installed: update to {least} first"


class OthersReadIt(BadRelease):
    zh = "{file} 其他人也能读取：请运行 chmod 600 {file}"
    en = "others can read {file}: chmod 600 {file}"


class NotTheSame(BadRelease):
    zh = "两次输入的口令不一致：请重新运行"
    en = "the two passphrases are not the same: run this again"


class TooShort(BadRelease):
    zh = "口令至少 {least} 个字符"
    en = "a passphrase has at least {least} characters"


class NobodyToAsk(BadRelease):
    zh = "没有终端可以输入口令：请用 --passphrase-file 指明口令文件"
    en = "there is no terminal at which the passphrase could be asked for: name its file with --passphrase-file"


class KeyThere(BadRelease):
    zh = "{file} 已存在，未作任何改动：一把密钥不会被另一把覆盖"
    en = "{file} is there already, and nothing was changed: no key is put in the place of another"


class KeyLocked(BadRelease):
    zh = "无法用此口令打开 {file}，或其中没有带口令的 Ed25519 私钥"
    en = "{file} does not open with this passphrase, or holds no Ed25519 key that is locked by one"
