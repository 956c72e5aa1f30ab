"""Promises of rag/encode: one normaliser for matching, no lost term, one vector on both paths."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encode import bigrams, cut, load_encoder, load_lexicon, normalise, words
from rag.encode.encoder import EMBEDDED_FOLDER, EmbeddedEncoder
from rag.errors import ModelDamaged, ModelMissing

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.2万", "12000"),
        ("1.2万", "一万二千"),
        ("12,000", "一万二千"),
        ("２７００万元", "两千七百万元"),
        ("百分之三", "3%"),
        ("百分之三点五", "3.5%"),
        ("百分之48", "48%"),
        ("三亿五千万", "3.5亿"),
        ("一百零五", "105"),
        ("二〇二一年三月十二日", "2021年3月12日"),
        ("第七十七中学", "第77中学"),
        ("鄭州市第四十二中學", "郑州市第42中学"),
        ("ＬＥＤ", "led"),
    ],
)
def test_ways_of_writing_the_same_thing_become_equal(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize("text", ["去年", "上个月", "千万不要", "万一", "十分重要", "五一公园"])
def test_what_is_no_number_is_not_guessed_at(text):
    assert normalise(text) == text


@given(st.text())
def test_any_text_can_be_normalised_and_cut(text):
    assert all(term.strip() for term in words(text) + bigrams(text) + cut(text))


def test_codes_numbers_and_latin_words_stay_whole():
    terms = words("型号 PPR-9087 和 TH01 的 LED 屏,完成率124.64%")
    assert {"ppr-9087", "th01", "led", "124.64%"} <= set(terms)


def test_a_number_is_told_apart_by_what_it_counts():
    assert "540户" in bigrams("共540户初装费")
    assert "540户" not in bigrams("共540元")


def test_bigrams_find_a_word_however_it_is_cut():
    assert set(bigrams("养老驿站")) <= set(bigrams("上街区养老驿站建成"))


def test_words_are_those_of_jieba_itself():
    import re

    import jieba

    from rag.encode import terms

    for seed in SEEDS:
        for run in re.findall(r"[\u4e00-\u9fff]+", seed.read_text("utf-8")):
            assert terms._jieba().cut_for_search(run) == jieba.lcut_for_search(run)


def test_jieba_serves_where_its_rust_port_is_missing():
    code = (
        "import sys; sys.modules['rjieba'] = None\n"
        "from rag.encode import words, cut\n"
        "print(words('郑州市中原区人民政府'), cut('人民政府'))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    expected = f"{words('郑州市中原区人民政府')} {cut('人民政府')}"
    assert done.stdout.strip() == expected


def test_the_embedded_model_is_a_sentence_transformers_folder_with_the_same_vectors():
    from sentence_transformers import SentenceTransformer

    texts = [line for seed in SEEDS for line in seed.read_text("utf-8").split("\n") if line][:60]
    texts += ["鄭州外國語學校", "ＬＥＤ２０２１", "完全 latin text", "龘"]
    theirs = SentenceTransformer(str(EMBEDDED_FOLDER), device="cpu").encode(texts)
    ours = load_encoder().encode_passages(texts)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_the_embedded_model_needs_no_torch():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from rag.encode import load_encoder\n"
        "print(load_encoder().encode_queries(['上街区']).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"(1, {load_encoder().dimension})"


def test_the_embedded_model_is_at_most_twenty_megabytes():
    assert sum(f.stat().st_size for f in EMBEDDED_FOLDER.rglob("*") if f.is_file()) <= 20_000_000


def test_rows_have_length_one_or_zero_where_nothing_is_known():
    vectors = load_encoder().encode_passages(["郑州", "", "\u0e01\u0e02"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0])


def test_a_text_gets_the_same_vector_alone_and_in_a_crowd():
    texts = [f"第{number}所小学建成投用" for number in range(600)]
    encoder = load_encoder()
    together = encoder.encode_passages(texts)
    for place in (0, 255, 256, 599):
        assert np.array_equal(together[place], encoder.encode_passages([texts[place]])[0])


def test_meaning_counts_where_no_word_is_shared():
    question, right, wrong = load_encoder().encode_passages(
        ["老人去哪里吃饭", "养老服务中心设有助餐点", "打通断头路六条"]
    )
    assert question @ right > question @ wrong


def test_a_rare_word_is_rarer_than_a_common_one():
    lexicon = load_lexicon()
    assert lexicon.rarity("的") < lexicon.rarity("社区") < lexicon.rarity("驿站")
    assert lexicon.rarity("龘龘龘") >= lexicon.rarity("驿站")


def test_a_missing_model_says_so(tmp_path):
    with pytest.raises(ModelMissing) as caught:
        EmbeddedEncoder(tmp_path / "nowhere")
    assert "nowhere" in caught.value.describe()


@pytest.mark.parametrize("broken", ["tokenizer.json", "model.safetensors"])
def test_a_damaged_model_says_so(tmp_path, broken):
    for name in ("tokenizer.json", "model.safetensors"):
        data = (EMBEDDED_FOLDER / name).read_bytes()
        (tmp_path / name).write_bytes(data[:1000] if name == broken else data)
    with pytest.raises(ModelDamaged):
        EmbeddedEncoder(tmp_path).encode_queries(["问"])


def test_any_sentence_transformers_folder_can_take_its_place():
    encoder = load_encoder(str(EMBEDDED_FOLDER))
    vectors = encoder.encode_queries(["上街区今年要新建多少个养老驿站？"])
    np.testing.assert_allclose(
        vectors, load_encoder().encode_queries(["上街区今年要新建多少个养老驿站？"]), atol=1e-3
    )
    assert encoder.fingerprint
