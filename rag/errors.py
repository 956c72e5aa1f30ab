"""One exception tree. Every error says what happened, where, and the next step, in two languages.

The texts are class attributes: ``zh`` and ``en`` are each a pair (what happened, next step) of
``str.format`` templates over the keyword arguments the error was raised with.
"""

from __future__ import annotations

from typing import ClassVar

from rag.types import Failure, Language, Problem


class WenjuError(Exception):
    """Anything this package raises on purpose.

    Args:
        where: the file, folder, setting or argument it is about, as a person would name it.
        details: values for the texts' templates.
    """

    zh: ClassVar[tuple[str, str]] = ("出错了", "请运行 rag doctor 检查")
    en: ClassVar[tuple[str, str]] = ("something went wrong", "run rag doctor")

    def __init__(self, where: object, **details: object) -> None:
        self.where = printable(where)
        self.details = {name: printable(value) for name, value in details.items()}
        super().__init__(self.where)

    @property
    def code(self) -> str:
        """The class's name: stable, for programs."""
        return type(self).__name__

    def what(self, language: Language = Language.ZH) -> str:
        """What happened, without where."""
        return self._texts(language)[0].format(where=self.where, **self.details)

    def next_step(self, language: Language = Language.ZH) -> str:
        """What to do about it."""
        return self._texts(language)[1].format(where=self.where, **self.details)

    def describe(self, language: Language = Language.ZH) -> str:
        """Where, what and the next step, on one line."""
        if language is Language.EN:
            return f"{self.where}: {self.what(language)}; {self.next_step(language)}"
        return f"{self.where}：{self.what(language)}。{self.next_step(language)}"

    def failure(self, source: str, language: Language = Language.ZH) -> Failure:
        """This error as a line of a build report."""
        return Failure(printable(source), self.code, self.what(language), self.next_step(language))

    def __str__(self) -> str:
        return self.describe()

    def __reduce__(self) -> tuple[object, ...]:
        """Readers run in processes of their own; what they raise has to come home."""
        return _again, (type(self), self.where, self.details)

    def _texts(self, language: Language) -> tuple[str, str]:
        return self.en if language is Language.EN else self.zh


def _again(kind: type[WenjuError], where: str, details: dict[str, str]) -> WenjuError:
    return kind(where, **details)


def problem(found: Problem, where: str) -> WenjuError:
    """The error that says a :class:`Problem` of the file ``where``."""
    kind: type[WenjuError] = globals()[found.code]
    return kind(where, part=found.part)


def printable(value: object) -> str:
    """``str(value)`` on one line: control characters and lone surrogates are shown escaped."""
    text = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


class SettingsError(WenjuError):
    """A setting, argument or option that cannot be used."""

    zh = ("{problem}", "请改正后再运行")
    en = ("{problem}", "correct it and run again")


class SettingRefused(SettingsError):
    """A setting whose value is out of range or of the wrong kind."""

    zh = ("{rule_zh}，现在是 {value}", "请改正后再运行")
    en = ("{rule_en}, not {value}", "correct it and run again")


class QuestionError(SettingRefused, ValueError):
    """An argument of a question that cannot be used, such as ``k`` below 1."""


# --- reading -------------------------------------------------------------------------------------


class ReadError(WenjuError):
    """A document, or the folder of documents, that cannot be read."""


class DocsMissing(ReadError):
    """The documents' folder is not there or is not a folder."""

    zh = (
        "没有这个文档目录（不存在，或不是目录）",
        "请检查路径，或新建该目录并放入文档后再运行 rag build",
    )
    en = (
        "no such folder of documents (not there, or not a folder)",
        "check the path, or create it, then run rag build",
    )


class DocsEmpty(ReadError):
    """The documents' folder holds no file."""

    zh = (
        "文档目录里没有文件，原有索引不变",
        "请放入文档后再运行 rag build；若确要清空，请删除它的索引目录",
    )
    en = (
        "the folder of documents is empty; the index stays as it is",
        "put documents into it and run rag build; to empty the index, delete its folder",
    )


class FileInaccessible(ReadError):
    """The file is there and its contents could not be seen; the last good version is kept."""

    zh = ("无法读取文件（{reason}）", "请检查权限和磁盘，再运行 rag build；在此之前沿用上次的内容")
    en = (
        "the file could not be read ({reason})",
        "check permissions and disk and run rag build; its last good version is kept until then",
    )


class FileChanging(FileInaccessible):
    """The file changed while it was read; the last good version is kept."""

    zh = ("读取时文件正在被改动", "等文件写完后再运行 rag build；在此之前沿用上次的内容")
    en = (
        "the file changed while it was read",
        "run rag build when it is finished; its last good version is kept until then",
    )


class FileEmpty(ReadError):
    """The file holds no text."""

    zh = ("文件里没有文字", "请放入内容，或从文档目录中移走它")
    en = ("there is no text in the file", "fill it or move it out of the folder")


class NotText(ReadError):
    """The contents are not text, whatever the name says."""

    zh = (
        "不是文本文件（{reason}）",
        "请换成 UTF-8、GB18030 或 UTF-16 的文本，或从文档目录中移走它",
    )
    en = (
        "not a text file ({reason})",
        "save it as text in UTF-8, GB18030 or UTF-16, or move it out of the folder",
    )


class TextDamaged(NotText):
    """The file is text in a known encoding, but for some bytes; it is not read with gaps."""

    zh = (
        "第 {line} 行（第 {byte} 字节）不是合法的 {encoding}，文件可能被截断",
        "请重新取得或另存这个文件，再运行 rag build",
    )
    en = (
        "line {line} (byte {byte}) is not valid {encoding}; the file may have been cut off",
        "fetch or save the file again, then run rag build",
    )


class EncodingUnknown(NotText):
    """The bytes make sense in none of the encodings that are read."""

    zh = ("看不出文件的编码", "请另存为 UTF-8，或从文档目录中移走它")
    en = ("the encoding cannot be told", "save it as UTF-8, or move it out of the folder")


class FileNameNotText(ReadError):
    """The file's name is not valid UTF-8 and cannot be written down in an index."""

    zh = ("文件名不是合法的 UTF-8", "请给文件改名，再运行 rag build")
    en = ("the file's name is not valid UTF-8", "rename it, then run rag build")


class NamesAlike(ReadError):
    """Two names differ in what nobody sees, or in capitals alone; what they name is read."""

    zh = (
        "文件名与 {other} 看起来一样（只差大小写或字符的编码），引用时分不清；内容已照常处理",
        "请给其中一个改名，再运行 rag build",
    )
    en = (
        "the name looks like {other} (they differ in capitals or in how characters are encoded): "
        "citations could not be told apart; its contents are read all the same",
        "rename one of the two, then run rag build",
    )


class NameHasMarks(ReadError):
    """A name with line breaks, marks of direction and the like; what it names is read."""

    zh = (
        "文件名里有换行、方向控制等看不见的字符，引用时容易认错；内容已照常处理",
        "请给文件改名，再运行 rag build",
    )
    en = (
        "the name holds a line break, a mark of direction or the like, which nobody sees in a "
        "citation; its contents are read all the same",
        "rename the file, then run rag build",
    )


class LinkRepeats(ReadError):
    """A link leads to what is read already, or to a folder that holds the documents."""

    zh = ("链接指向已经读过的内容（{target}），没有再读", "请从文档目录中移走这个链接")
    en = ("the link leads to what is read already ({target})", "move it out of the folder")


class UnsupportedFormat(ReadError):
    """A kind of file for which there is no reader."""

    zh = ("暂不支持这种文件（{format}）", "请另存为 .txt、.docx 或 .pdf，或从文档目录中移走它")
    en = (
        "no reader for this kind of file ({format})",
        "save it as .txt, .docx or .pdf, or move it out of the folder",
    )


class FormatRefused(UnsupportedFormat):
    """A format that is known and not read; the program that made it can save it as one that is."""

    zh = ("不支持 {format} 文件", "请用 Word、WPS 等软件另存为 {better}，再运行 rag build")
    en = ("{format} files are not read", "save it as {better}, then run rag build")


class ReaderMissing(ReadError):
    """The library that reads this format is not installed."""

    zh = ("没有安装读取 {format} 的程序库", "请运行 pip install {package}，再运行 rag build")
    en = (
        "the library that reads {format} is not installed",
        "run pip install {package}, then rag build",
    )


class FileEncrypted(ReadError):
    """A password is needed."""

    zh = ("文件有密码，无法读取", "请去掉密码另存一份，再运行 rag build")
    en = ("the file is locked by a password", "save it without one, then run rag build")


class FileDamaged(ReadError):
    """The file is of its format, and broken."""

    zh = ("文件已损坏，无法打开", "请重新取得这个文件，再运行 rag build")
    en = ("the file is damaged and cannot be opened", "fetch it again, then run rag build")


class NestedTooDeep(FileDamaged):
    """Elements within elements beyond all measure, which no parser follows to the end."""

    zh = ("网页的标签嵌套太深，读不到底", "请用浏览器打开它，另存为 PDF 或 .txt，再运行 rag build")
    en = (
        "the page's elements are nested too deep to be read to the end",
        "open it in a browser, save it as PDF or .txt, then run rag build",
    )


class ArchiveTooBig(ReadError):
    """Unpacked, it would be beyond the bounds: a bomb, or an archive that should be unpacked."""

    zh = ("解压后超出上限（{reason}），没有读取", "请先解压，只把需要的文件放进文档目录")
    en = (
        "unpacked, it is beyond the bounds ({reason})",
        "unpack it and put the files that are needed into the folder",
    )


class MemberNameRefused(ReadError):
    """A file in an archive whose name leads elsewhere, repeats another or cannot be shown."""

    zh = ("压缩包里的这个文件名不能用（重名、链接、含 .. 或不可见字符）", "请解压并改名后再放进来")
    en = (
        "the name of this file in the archive cannot be used (twice there, a link, .. or unseen "
        "characters)",
        "unpack the archive and rename the file",
    )


class AttachmentUnread(ReadError):
    """An attachment that cannot be read, of a mail that can."""

    zh = ("附件 {part} 没有收入", "请把附件另存到文档目录，按它自己的提示处理")
    en = ("the attachment {part} is not in the index", "save it into the folder and see what it is")


class PagesAreImages(ReadError):
    """Pages without a text layer."""

    zh = (
        "第 {part} 页没有文字（可能是扫描的图片），没有收入",
        "请运行 pip install 'wenju[ocr]' 装上文字识别，再运行 rag build",
    )
    en = (
        "no text on pages {part} (images, perhaps); they are not in the index",
        "run pip install 'wenju[ocr]' for text recognition, then rag build",
    )


class PagesWithoutText(ReadError):
    """Pages without a text layer, in whose picture no text was recognised either."""

    zh = (
        "第 {part} 页没有文字，也没有从图像里认出文字",
        "若页上确有文字，请提高清晰度重新扫描；若是空白页，不必处理",
    )
    en = (
        "no text on pages {part}, and none was recognised in their picture",
        "scan them anew with a higher resolution if there is some; a blank page may stay",
    )


class PictureTooLarge(ReadError):
    """A picture with more pixels than any page has."""

    zh = ("图像有 {size} 个像素，超过了上限", "请缩小到一页纸 300 dpi 以内，再运行 rag build")
    en = (
        "the picture has {size} pixels, more than is read",
        "scale it down to a page at 300 dpi, then run rag build",
    )


class PagesUnmapped(ReadError):
    """Pages whose fonts do not say which characters they show."""

    zh = (
        "第 {part} 页的字体没有注明文字编码，读出来多是乱码",
        "请用原来的程序重新导出这个 PDF，或运行 pip install 'wenju[ocr]' 装上文字识别",
    )
    en = (
        "the fonts of pages {part} do not say which characters they show: most is not readable",
        "export the PDF anew from the program it came from, or run pip install 'wenju[ocr]'",
    )


class FileCutOff(ReadError):
    """The end of the file is missing; what could be read is in the index."""

    zh = ("文件没有结尾，可能没有传完；能读的部分已收入", "请重新取得这个文件，再运行 rag build")
    en = (
        "the end of the file is missing; what can be read is in the index",
        "fetch the file again, then run rag build",
    )


class SidecarUnusable(ReadError):
    """A file beside a document that should state facts of it, and cannot be read so."""

    zh = (
        "旁边的 .meta.toml 不能用（{part}），其中内容没有采用，文档本身照常收入",
        "请按 TOML 写法改正；可以写 title、date、publisher、edition",
    )
    en = (
        "its .meta.toml cannot be used ({part}): nothing of it was taken, the document is indexed",
        "correct it; TOML with title, date, publisher, edition",
    )


class SidecarAlone(ReadError):
    """A sidecar without its document."""

    zh = ("找不到它说明的文档", "请放回那份文档，或删去这个文件")
    en = ("the document that it speaks of is not there", "put that back, or delete this file")


class PagesDamaged(ReadError):
    """Pages that cannot be opened, of a file that can."""

    zh = ("第 {part} 页已损坏，没有收入", "请重新取得这个文件，再运行 rag build")
    en = (
        "pages {part} are damaged; they are not in the index",
        "fetch the file again, then run rag build",
    )


class FileTooLarge(ReadError):
    """The file is larger than the setting allows."""

    zh = ("文件有 {size_mb} MB，超过上限 {limit_mb} MB", "请拆分文件，或调大 RAG_MAX_FILE_MB")
    en = (
        "the file has {size_mb} MB, the limit is {limit_mb} MB",
        "split it or raise RAG_MAX_FILE_MB",
    )


class ReaderFailed(ReadError):
    """The reader itself broke on this file: our defect."""

    zh = ("读取这个文件时程序出错（{reason}）", "请把这个文件报告给我们；其他文件不受影响")
    en = (
        "the reader broke on this file ({reason})",
        "please report it; the other files are done",
    )


class ReaderDied(ReaderFailed):
    """The reader's process ended in the middle of this file."""

    zh = (
        "读取程序在这个文件上崩溃（{reason}）",
        "文件可能已损坏：请重新取得，或另存为 PDF 或 .txt",
    )
    en = (
        "the reader crashed on this file ({reason})",
        "it may be damaged: fetch it again, or save it as PDF or .txt",
    )


class ReadingTooLong(ReadError):
    """The file was not read within the time that the settings allow."""

    zh = ("{seconds} 秒内没有读完，已停止", "请拆分或另存这个文件，或调大 RAG_MAX_FILE_SECONDS")
    en = (
        "not read within {seconds} seconds, given up",
        "split the file, save it anew, or raise RAG_MAX_FILE_SECONDS",
    )


class ReadingTooBig(ReadError):
    """Reading the file took more memory than the settings allow."""

    zh = (
        "读取需要的内存超过 {memory_mb} MB，已停止",
        "请拆分或另存这个文件，或调大 RAG_MAX_FILE_MEMORY_MB",
    )
    en = (
        "reading it takes more than {memory_mb} MB of memory, given up",
        "split the file, save it anew, or raise RAG_MAX_FILE_MEMORY_MB",
    )


# --- the model -----------------------------------------------------------------------------------


class ModelError(WenjuError):
    """The embedding model, or the reranker, cannot be used."""


class ModelMissing(ModelError):
    """No model under that name or in that folder."""

    zh = (
        "本机没有这个向量模型",
        "本程序不联网下载：请先取得模型，再把它的目录写进 RAG_MODEL；写 embedded 即用自带模型",
    )
    en = (
        "no such embedding model on this machine",
        "nothing is downloaded here: fetch it first and put its folder into RAG_MODEL, "
        "or say embedded for ours",
    )


class RerankerMissing(ModelMissing):
    """No reranker under that name or in that folder."""

    zh = (
        "本机没有这个重排模型",
        "本程序不联网下载：请先取得模型，再把它的目录写进 RAG_RERANKER；写 none 即不用重排模型",
    )
    en = (
        "no such reranker on this machine",
        "nothing is downloaded here: fetch it first and put its folder into RAG_RERANKER, "
        "or say none to do without",
    )


class ModelDamaged(ModelError):
    """The model's files cannot be loaded."""

    zh = ("模型无法加载（{reason}）", "请重新取得该模型的全部文件；自带模型请重新安装 wenju")
    en = (
        "the model cannot be loaded ({reason})",
        "fetch all files of that model again; for our own, install wenju again",
    )


class ModelIncomplete(ModelDamaged):
    """A file without which the model would be another one is not in its folder."""

    zh = ("模型目录里没有 {part}", "请重新取得该模型的全部文件，包括子目录")
    en = (
        "the model's folder has no {part}",
        "fetch all files of that model again, and its folders",
    )


class VectorsDamaged(ModelDamaged):
    """The model gives NaN or infinity."""

    zh = ("模型算出的不是数（NaN 或无穷大）", "权重可能已损坏：请重新取得该模型，或换一个模型")
    en = (
        "the model gives NaN or infinity",
        "its weights may be damaged: fetch that model again, or take another",
    )


class OtherDimension(ModelDamaged):
    """The model's vectors are of another dimension than its files say."""

    zh = ("模型的配置写的是 {configured} 维，算出的向量是 {found} 维", "请重新取得该模型的全部文件")
    en = (
        "the model's files say {configured} dimensions, its vectors have {found}",
        "fetch all files of that model again",
    )


class OtherKindOfModel(ModelError):
    """A reranker in the place of an embedding model, or the other way round."""

    zh = ("这里要的是 {wanted}，它是 {found}", "请检查 RAG_MODEL 和 RAG_RERANKER 是否写反")
    en = (
        "{wanted} is wanted here, this is {found}",
        "see if RAG_MODEL and RAG_RERANKER are mixed up",
    )


class ModelMismatch(ModelError):
    """The index was built with another model than the one asked for."""

    zh = (
        "索引由模型 {indexed} 建立，现在要用的是 {wanted}",
        "请运行 RAG_MODEL={wanted_name} rag build 重建，或改回原来的模型",
    )
    en = (
        "the index was built with the model {indexed}, and {wanted} is asked for",
        "run RAG_MODEL={wanted_name} rag build, or go back to the former model",
    )


# --- the index -----------------------------------------------------------------------------------


class IndexProblem(WenjuError):
    """The index cannot be read or written."""


class IndexMissing(IndexProblem):
    """There is no index in the folder yet."""

    zh = ("这里还没有索引", "请先运行 rag build")
    en = ("there is no index here yet", "run rag build first")


class IndexNotAFolder(IndexProblem):
    """The index path is a file."""

    zh = ("索引路径是一个文件，不是目录", "请移走该文件，或用 --index 指定别的目录")
    en = ("the index path is a file, not a folder", "move it, or name another one with --index")


class IndexDamaged(IndexProblem):
    """A part of the live generation is missing or is not what was written."""

    zh = ("索引已损坏（{reason}）", "请运行 rag build 重建")
    en = ("the index is damaged ({reason})", "run rag build to make it anew")


class IndexOutdated(IndexDamaged):
    """The index was written by an earlier version, whose form is read no more."""

    zh = (
        "索引由较早的版本建成（{reason}），本程序不再读它",
        "请运行 rag build 重建一次，文件和设置都不用改",
    )
    en = (
        "an earlier version made the index ({reason}), this program reads it no more",
        "run rag build once; documents and settings stay as they are",
    )


class IndexTooNew(IndexProblem):
    """The index was written by a later version."""

    zh = ("索引的格式版本是 {found}，本程序只认识 {known}", "请升级 wenju，或用 --index 另建索引")
    en = (
        "the index has schema {found}, this program knows {known}",
        "upgrade wenju, or build another index with --index",
    )


class IndexClosed(IndexProblem):
    """The index was closed, and is still asked."""

    zh = ("索引已经关闭", "请重新打开索引")
    en = ("the index was closed", "open it again")


class IndexLocked(IndexProblem):
    """Another build is running."""

    zh = ("另一个 rag build 正在运行（进程 {pid}，{since} 开始）", "请等它结束后再试")
    en = (
        "another rag build is running (process {pid}, since {since})",
        "try again when it has finished",
    )


class GenerationMissing(IndexProblem):
    """The generation that was named is not kept."""

    zh = ("没有第 {name} 代索引，现有第 {kept} 代", "请用 rag history 查看后再选")
    en = ("there is no generation {name}; there are {kept}", "see rag history and choose")


class NothingEarlier(IndexProblem):
    """The generation that was named is the oldest that is kept."""

    zh = ("第 {name} 代之前没有保留更早的", "要多留几代，请调大 RAG_KEEP_GENERATIONS")
    en = (
        "nothing is kept from before generation {name}",
        "raise RAG_KEEP_GENERATIONS to keep more",
    )


class IndexNotWritable(IndexProblem):
    """The index folder cannot be written to, or the disk is full."""

    zh = ("索引无法写入（{reason}），原有索引不受影响", "请检查权限和磁盘空间后再运行 rag build")
    en = (
        "the index cannot be written ({reason}); the live index is as it was",
        "check permissions and free space, then run rag build again",
    )


class PassageUnfound(IndexProblem):
    """A leg of the search does not find a passage, or has something else in its place."""

    zh = ("{leg} 检索找不到这一段，或者存的不是它", "请运行 rag build 重建")
    en = (
        "the {leg} leg does not find this passage, or has something else in its place",
        "run rag build to make it anew",
    )


class Ghost(IndexProblem):
    """Words that stand in no passage any more bring one up."""

    zh = ("检索到了已经删除的文字：{term}", "请运行 rag build 重建")
    en = ("words that were deleted are still found: {term}", "run rag build to make it anew")


class MilvusMissing(IndexProblem):
    """``RAG_STORE=milvus``, and the client for it is not installed."""

    zh = ("RAG_STORE=milvus 需要 pymilvus，现在没有安装", "请运行 pip install 'wenju[milvus]'")
    en = (
        "RAG_STORE=milvus needs pymilvus, which is not installed",
        "run pip install 'wenju[milvus]'",
    )


class MilvusUnreachable(IndexProblem):
    """No Milvus answers at the address."""

    zh = (
        "连不上 Milvus（{reason}）",
        "请检查 RAG_MILVUS_URI 和网络，确认 Milvus 已经启动；索引本身不受影响",
    )
    en = (
        "Milvus cannot be reached ({reason})",
        "check RAG_MILVUS_URI and the network, and that Milvus is running; the index is as it was",
    )


class MilvusRefused(IndexProblem):
    """Milvus answers, and does not let us in."""

    zh = (
        "Milvus 拒绝了登录（{reason}）",
        "请检查 RAG_MILVUS_TOKEN（形如 用户:密码）和该用户的权限",
    )
    en = (
        "Milvus refuses the login ({reason})",
        "check RAG_MILVUS_TOKEN (as in user:password) and what that user may do",
    )


class MilvusFailed(IndexProblem):
    """Milvus could not do what it was asked."""

    zh = ("Milvus 没有完成操作（{reason}），原有索引不受影响", "请查看 Milvus 的日志后再试")
    en = (
        "Milvus could not do it ({reason}); the live index is as it was",
        "see the log of Milvus, then try again",
    )


class PublishedMeanwhile(IndexProblem):
    """Another machine published a generation while this one was building."""

    zh = (
        "建索引期间，另一台机器发布了第 {name} 代，本次结果没有发布",
        "请只在一台机器上运行 rag build，然后重新运行",
    )
    en = (
        "another machine published generation {name} during this build, which was not published",
        "run rag build on one machine only, then run it again",
    )


class LawBroken(IndexProblem):
    """A passage is not the file's own words: a defect of a reader, never published."""

    zh = ("引文与原文不符（{reason}），没有收入索引", "请把这个文件报告给我们")
    en = ("a passage is not the file's own words ({reason}); it was left out", "please report it")


# --- checking the citations ----------------------------------------------------------------------


class SourceChanged(IndexProblem):
    """The file is not what it was when it was indexed."""

    zh = ("文件在建立索引后有改动", "请运行 rag build 更新索引")
    en = ("the file has changed since it was indexed", "run rag build")


class SourceMissing(IndexProblem):
    """The file is no longer there."""

    zh = ("文件已不在文档目录里", "请找回文件，或运行 rag build 更新索引")
    en = ("the file is no longer in the folder", "bring it back, or run rag build")


class QuoteWrong(IndexProblem):
    """A passage in the index does not equal the file over its spans."""

    zh = ("引文与原文不符", "请运行 rag build 重建；若仍不符，请把这个文件报告给我们")
    en = ("the passage is not the file's words", "run rag build; report it if that does not help")


class LinesWrong(IndexProblem):
    """A passage in the index names other lines than it stands on."""

    zh = ("引文的行号是 {claimed}，应为 {actual}", "请运行 rag build 重建；若仍不符，请报告给我们")
    en = (
        "the passage names lines {claimed} and stands on {actual}",
        "run rag build; report it if that does not help",
    )


# --- a saved answer ------------------------------------------------------------------------------


class AnswerMissing(WenjuError):
    """There is no such file."""

    zh = ("没有这个答案文件", "请检查路径；答案用 rag search 问题 --json > answer.json 保存")
    en = ("no such file", "see its path; rag search QUESTION --json > answer.json saves an answer")


class AnswerUnusable(WenjuError):
    """The file is not an answer as it was saved."""

    zh = ("不是保存下来的答案（{reason}）", "请给出 rag search --json 的输出，不要改动它")
    en = ("this is no saved answer ({reason})", "give the output of rag search --json, as it was")


class CitedFileMissing(WenjuError):
    """The file is no longer there."""

    zh = ("文件已不在文档目录里", "请找回 sha256 为 {sha256} 的文件，或用 --docs 指出它所在的目录")
    en = (
        "the file is no longer in the folder",
        "bring back the file whose sha256 is {sha256}, or name its folder with --docs",
    )


class CitedFileChanged(WenjuError):
    """The file is another, but the passage stands in it, on the same lines."""

    zh = (
        "文件后来有改动；引文一字不差，仍在原来的行",
        "要与当时的文件核对，请找回 sha256 {sha256}",
    )
    en = (
        "the file has changed since; the passage still stands on its lines, word for word",
        "to check it against the file as it was, bring back sha256 {sha256}",
    )


class PassageMoved(WenjuError):
    """The file is another, and the passage stands on other lines of it."""

    zh = (
        "文件后来有改动；引文一字不差，从第 {claimed} 行移到了第 {actual} 行",
        "再引用时请改用现在的行号",
    )
    en = (
        "the file has changed since; the passage, word for word, has moved from lines {claimed} "
        "to {actual}",
        "cite the lines where it stands now",
    )


class PassageDiffers(WenjuError):
    """The file is another, and the passage is not in it."""

    zh = (
        "文件后来有改动；现在的文字与引文不同",
        "请对照现在的文件；要证明当时的原话，请找回 sha256 为 {sha256} 的文件",
    )
    en = (
        "the file has changed since; what it says now differs from the passage",
        "read the file as it is now; the file with sha256 {sha256} proves what it said then",
    )


class PassageAltered(WenjuError):
    """The file is the same, and the passage is not what stands there."""

    zh = ("文件没有变，引文却不是它在该处的原话：答案文件改动过", "不要采用这条引文，请重新检索")
    en = (
        "the file is the same, but the passage is not its words there: the answer was altered",
        "do not use it; ask again",
    )


class WrongLines(WenjuError):
    """The file is the same, and the passage stands on other lines than the answer says."""

    zh = (
        "文件没有变，引文在第 {actual} 行，答案却写第 {claimed} 行：答案文件改动过",
        "请改用正确的行号，或重新检索",
    )
    en = (
        "the file is the same, but the passage stands on lines {actual}, not {claimed}: the answer "
        "was altered",
        "use the right lines, or ask again",
    )


# --- evaluation ----------------------------------------------------------------------------------


class CasesError(WenjuError):
    """The file of questions with known answers cannot be used."""

    zh = (
        "第 {line} 行不是可用的问题（{reason}）",
        '请改成 {{"question": "…", "source": "文件" 或 null, "answer": ["…"]}} 后再运行 rag eval',
    )
    en = (
        "line {line} is not a usable case ({reason})",
        'make it {{"question": "…", "source": "file" or null, "answer": ["…"]}} and run it again',
    )


class CasesMissing(CasesError):
    """There is no such file of questions."""

    zh = ("没有这个问题文件", "请检查路径后再运行 rag eval")
    en = ("no such file of questions", "check the path and run rag eval again")


class CollectionError(CasesError):
    """A line of a collection of documents, queries and judgements cannot be used."""

    zh = (
        "第 {line} 行不可用（{reason}）",
        'corpus.jsonl 每行须是 {{"_id", "title", "text"}}，queries.jsonl 每行 {{"_id", "text"}}，'
        "qrels 每行是制表符隔开的问题、文档、分数，编号须在前两者里；改正后再运行 rag eval",
    )
    en = (
        "line {line} cannot be used ({reason})",
        'a line of corpus.jsonl is {{"_id", "title", "text"}}, of queries.jsonl {{"_id", "text"}}, '
        "of qrels query, document and grade with tabs between, known to the other two; "
        "correct it and run rag eval again",
    )


class TooFewCases(CasesError):
    """There are too few questions, or too few of a kind, to calibrate by."""

    zh = (
        "只有 {count} 个问题：有答案的 {answerable} 个，没有答案的 {unanswerable} 个，"
        "前三段答对的 {right} 个",
        "校准至少要 {fewest} 个问题，其中有答案、没有答案、答对、没答对的各至少 {of_a_kind} 个；"
        "请补充后再运行 rag calibrate",
    )
    en = (
        "{count} questions: {answerable} with an answer, {unanswerable} without, "
        "{right} answered in the first three passages",
        "calibration takes at least {fewest}, and {of_a_kind} each with an answer, without one, "
        "answered and not answered; add some and run rag calibrate again",
    )


class CalibrationImpossible(CasesError):
    """Answers that are right are not claimed with more confidence than others."""

    zh = (
        "对这些问题，答对的把握并不比没答对的高，无法校准",
        "请检查问题的出处和答案是否与文档一致，先看 rag eval -v",
    )
    en = (
        "right answers are not claimed with more confidence than others: nothing to calibrate",
        "check that sources and answers agree with the documents; look at rag eval -v first",
    )


class ReportNotWritable(WenjuError):
    """The report cannot be written where it should be."""

    zh = ("报告无法写入（{reason}）", "请检查路径和权限，或换一个位置")
    en = ("the report cannot be written ({reason})", "check path and permissions, or name another")


# --- the web chat --------------------------------------------------------------------------------


class CannotListen(WenjuError):
    """The chat cannot listen on that host and port."""

    zh = ("无法在这个地址上提供网页（{reason}）", "请用 --host 和 --port 换一个地址或端口")
    en = ("cannot listen on this address ({reason})", "name another with --host and --port")


class EndpointFailed(WenjuError):
    """The endpoint that writes answers did not write one."""

    zh = (
        "撰写回答的服务没有写成（{reason}）",
        "原文和出处不受影响；请检查 RAG_LLM_BASE_URL 指的服务",
    )
    en = (
        "the endpoint that writes answers failed ({reason})",
        "the passages stand; see the endpoint of RAG_LLM_BASE_URL",
    )


class NameRefused(WenjuError):
    """A document may not come in under that name."""

    zh = ("文件名不能用：{reason_zh}", "请改名后再上传")
    en = ("the name cannot be used: {reason_en}", "rename the file and upload it again")


class DocumentUnknown(WenjuError):
    """There is no such document to delete."""

    zh = ("文档目录里没有这个文件", "请刷新网页再看；压缩包里的文件要随压缩包一起删")
    en = (
        "there is no such file in the documents' folder",
        "reload the page; what is in an archive goes with the archive",
    )


class DocumentElsewhere(WenjuError):
    """A document that is reached by a link."""

    zh = ("它是链接，或在链接指向的目录里，不从这里删", "请在文件系统里删")
    en = ("it is a link or lies behind one, and is not deleted from here", "delete it in its place")


class DocumentInArchive(WenjuError):
    """A document that lies inside an archive."""

    zh = (
        "它在压缩包 {archive} 里，不能单独删除",
        "请删除整个压缩包，或上传一个不含它的同名压缩包",
    )
    en = (
        "it lies in the archive {archive} and cannot be deleted by itself",
        "delete the whole archive, or upload one of the same name without it",
    )


class DocumentNotWritable(WenjuError):
    """The documents' folder does not take or give up a file."""

    zh = ("文档目录写不进去（{reason}）", "请检查权限和磁盘空间")
    en = (
        "the documents' folder cannot be written ({reason})",
        "see its rights and the disk's space",
    )


class BuildEnded(WenjuError):
    """The process that builds has ended without a word."""

    zh = (
        "更新索引的进程意外结束（{reason}），原有索引不受影响",
        "请再试一次，或运行 rag build 看详情",
    )
    en = (
        "the process that builds has ended unexpectedly ({reason}); the index is as it was",
        "try again, or run rag build to see more",
    )


class FeedbackMissing(WenjuError):
    """There is no file of feedback, or it is not one."""

    zh = ("这里还没有大家的评价", "请检查 RAG_FEEDBACK；在网页上评价过段落以后才有")
    en = ("there is no feedback here yet", "see RAG_FEEDBACK; the page's visitors give it")


class FeedbackNotWritable(WenjuError):
    """The file of feedback cannot be written."""

    zh = ("评价没有保存（{reason}）", "请检查 RAG_FEEDBACK 的目录、权限和磁盘空间")
    en = (
        "the feedback was not kept ({reason})",
        "see the folder of RAG_FEEDBACK, its rights, the disk",
    )


class PasswordNeeded(WenjuError):
    """The chat would be open to everyone who reaches this machine."""

    zh = (
        "这个地址别的机器也能访问，却没有设密码",
        "请设置 RAG_PASSWORD；确实要对所有人开放，就设 RAG_OPEN_TO_ALL=true",
    )
    en = (
        "other machines can reach this address, and there is no password",
        "set RAG_PASSWORD, or RAG_OPEN_TO_ALL=true if everyone is meant to come in",
    )


class McpMissing(WenjuError):
    """MCP is asked for and its package is not installed."""

    zh = ("没有安装 MCP 所需的程序包", "请运行 pip install 'wenju[mcp]'，或去掉 RAG_MCP")
    en = ("the package for MCP is not installed", "run pip install 'wenju[mcp]', or unset RAG_MCP")


class AnswerFailed(WenjuError):
    """A defect of the search, seen by a visitor of the chat; the trace is in the server's log."""

    zh = ("出了意外的错误（{kind}）", "请再试一次；若仍出错，请运行 rag doctor 检查")
    en = ("an unexpected error ({kind})", "try again; if it stays, run rag doctor")
