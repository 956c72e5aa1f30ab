"""Every text about getting in, keeping documents, judging passages and the written answer."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Language


@dataclass(frozen=True, slots=True)
class ServiceTexts:
    """The texts in one language. Templates are filled by ``str.format``."""

    html_lang: str
    product: str
    # getting in
    who_may_enter: str
    password: str
    enter: str
    wrong_password: str
    wait: str
    # keeping documents
    no_admin: str


ZH = ServiceTexts(
    html_lang="zh-CN",
    product="问据",
    who_may_enter="这里的文档只给知道密码的人看。",
    password="密码",
    enter="进入",
    wrong_password="密码不对。",
    wait="试错的次数太多，请在 {seconds} 秒后再试。",
    no_admin="RAG_ADMIN 没有生效：别的机器也能访问而没有密码，不能让人在网页上增删文档。"
    "请设置 RAG_PASSWORD。",
)
EN = ServiceTexts(
    html_lang="en",
    product="问据 Wenju",
    who_may_enter="These documents are for those who know the password.",
    password="Password",
    enter="Enter",
    wrong_password="That is not the password.",
    wait="Too many wrong tries. Please wait {seconds} seconds.",
    no_admin="RAG_ADMIN has no effect: other machines can come in without a password, "
    "and nobody may change documents then. Set RAG_PASSWORD.",
)


def service_texts(language: Language) -> ServiceTexts:
    """The texts in ``language``."""
    return EN if language is Language.EN else ZH
