"""Promises about models from outside: asked as they want it, proven whole, never half believed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import archive
import foreign
import numpy as np
import pytest

import rag
from rag.doctor import Level, examine
from rag.encode import load_encoder, load_reranker
from rag.errors import (
    ModelDamaged,
    ModelIncomplete,
    ModelMismatch,
    ModelMissing,
    OtherDimension,
    OtherKindOfModel,
    RerankerMissing,
    VectorsDamaged,
)
from rag.settings import load_settings
from rag.store import live_generation, open_index
from rag.types import Language
from rag.verify import verify

DOCS = {
    "驿站": archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(60))),
    "山路": archive.report("青杨岭乡通山路", *(f"山路第{n}段已经通车。" for n in range(60))),
}
QUESTION = "临河镇的养老驿站第几期开工？"
TEXTS = ["养老驿站第三期开工。", "山路通车", "青杨岭乡通山路" * 8]
CHARACTERS = "".join([*DOCS.values(), *TEXTS, QUESTION, foreign.BGE_PROMPT])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folders of the small models."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "bert": foreign.bert(folder / "bert", CHARACTERS),
        "qwen": foreign.qwen(folder / "qwen"),
        "cross": foreign.cross_encoder(folder / "cross", CHARACTERS),
        "qwen-reranker": foreign.qwen_reranker(folder / "qwen-reranker"),
    }


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    return archive.write(tmp_path_factory.mktemp("archive") / "docs", **DOCS)


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


def same(one, other):
    return np.allclose(one, other, atol=1e-5)


# --- asked as they want it -----------------------------------------------------------------------


def named(name):
    return lambda made, tmp: foreign.copied(made["bert"], tmp / name)


def carded(made, tmp):
    return foreign.copied(
        made["bert"], tmp / "renamed", lambda at: (at / "README.md").write_text(foreign.CARD)
    )


def remembered(made, tmp):
    change = foreign.saying("config.json", _name_or_path="/home/BAAI_bge-small-zh-v1.5/")
    return foreign.copied(made["bert"], tmp / "renamed", change)


@pytest.mark.parametrize("folder", [named("bge-small-zh-v1.5"), carded, remembered])
def test_bge_gets_its_query_prompt_by_name_or_by_its_own_files(made, tmp_path, folder):
    encoder = load_encoder(folder(made, tmp_path))
    prompted = [foreign.BGE_PROMPT + text for text in TEXTS]
    assert same(encoder.encode_queries(TEXTS), encoder.encode_passages(prompted))
    assert not same(encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS))


def unlike_bge_m3(tmp):
    folder = foreign.bert(tmp / "bge-m3", CHARACTERS, kind="xlm")
    (folder / "README.md").write_text(foreign.CARD)
    return folder


def of_english(tmp):
    folder = foreign.bert(tmp / "bge-small-en-v1.5", "abcdefghijklmnopqrstuvwxyz养老驿站山路通车")
    (folder / "README.md").write_text(foreign.CARD)
    return folder


@pytest.mark.parametrize(
    "folder",
    [
        lambda tmp: foreign.bert(tmp / "gte-base-zh", CHARACTERS),
        lambda tmp: foreign.bert(tmp / "bge-large-zh-noinstruct", CHARACTERS),
        lambda tmp: foreign.bert(tmp / "mean-of-bge-small-zh", CHARACTERS, pooling="mean"),
        unlike_bge_m3,
        of_english,
    ],
    ids=["another", "noinstruct", "mean", "bge-m3", "english"],
)
def test_no_other_model_gets_the_prompt_of_bge(tmp_path, folder):
    encoder = load_encoder(str(folder(tmp_path)))
    assert same(encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS))


def test_a_prompt_in_the_models_own_files_is_for_queries_alone(made):
    encoder = load_encoder(str(made["qwen"]))
    prompted = [foreign.QWEN_PROMPT + text for text in TEXTS]
    assert same(encoder.encode_queries(TEXTS), encoder.encode_passages(prompted))
    assert not same(encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS))


@pytest.mark.parametrize(("model", "token"), [("bert", 0), ("qwen", -1)])
def test_pooling_is_as_the_folder_says_for_short_and_long_texts_together(made, model, token):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(made[model])
    transformer = AutoModel.from_pretrained(made[model]).eval()
    expected = []
    for text in TEXTS:  # each alone: no padding on either side
        with torch.inference_mode():
            states = transformer(**tokenizer(text, return_tensors="pt")).last_hidden_state
        expected.append(torch.nn.functional.normalize(states[0, token], dim=0).numpy())
    assert same(load_encoder(str(made[model])).encode_passages(TEXTS), expected)


@pytest.mark.parametrize("model", ["bert", "qwen"])
def test_rows_have_length_one_in_single_precision(made, model):
    encoder = load_encoder(str(made[model]))
    for vectors in (encoder.encode_passages([*TEXTS, ""]), encoder.encode_queries(TEXTS)):
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_a_model_saved_in_half_precision_computes_in_single_on_a_processor(made, tmp_path):
    from transformers import AutoModel

    def halve(folder):
        AutoModel.from_pretrained(folder).half().save_pretrained(folder)

    halved = load_encoder(foreign.copied(made["bert"], tmp_path / "half", halve))
    whole = load_encoder(str(made["bert"])).encode_passages(TEXTS)
    assert np.allclose(halved.encode_passages(TEXTS), whole, atol=1e-2)
    assert {parameter.dtype.itemsize for parameter in halved._model.parameters()} == {4}


# --- the whole way -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["bert", "qwen"])
def test_the_whole_way_from_folder_to_cited_passage_works(made, docs, index, model):
    name = str(made[model])
    steps = []
    report = rag.build(docs, index, model=name, progress=lambda *step: steps.append(step))
    assert report.encoded == report.passages > 40
    encoded = [done for stage, done, _ in steps if stage == "encode"]
    assert encoded == sorted(encoded)
    assert encoded[-1] == report.passages
    assert not verify(index, docs).problems
    with rag.Retriever(index, model=name) as retriever:
        dense = retriever.retrieve(QUESTION, k=3, mode="dense")
        answer = retriever.retrieve(QUESTION)
    encoder = load_encoder(name)
    with open_index(index) as opened:
        near = opened.search_dense(encoder.encode_queries([QUESTION])[0], 50)
        nearest = [chunk.chunk_id for chunk in opened.chunks([one.id for one in near])]
    places = [nearest.index(hit.chunk_id) for hit in dense.hits]
    assert places[0] == 0
    assert places == sorted(places)
    # what stands between them is the same passage once more, elsewhere
    also = sum(len(hit.also) for hit in dense.hits)
    assert places[-1] - 2 <= also
    assert answer.hits[0].citation.source == "驿站.txt"


def test_a_second_build_with_the_same_folder_encodes_nothing(made, docs, index):
    rag.build(docs, index, model=str(made["bert"]))
    assert not rag.build(docs, index, model=str(made["bert"])).published


def test_an_index_of_one_model_is_not_asked_with_another(made, docs, index):
    rag.build(docs, index, model=str(made["bert"]))
    with pytest.raises(ModelMismatch) as caught:
        rag.Retriever(index, model=str(made["qwen"]))
    for name in (made["bert"], made["qwen"]):
        assert str(name) in caught.value.describe()


def test_a_model_whose_weights_changed_since_the_build_is_not_asked(made, docs, index, tmp_path):
    model = foreign.copied(made["bert"], tmp_path / "model")
    rag.build(docs, index, model=model)
    foreign.scaled(1.5)(tmp_path / "model")
    with pytest.raises(ModelMismatch) as caught:
        rag.Retriever(index, model=model)
    assert "rag build" in caught.value.next_step()
    report = rag.build(docs, index, model=model)
    assert report.encoded == report.passages
    assert rag.Retriever(index, model=model).retrieve(QUESTION).hits


def test_many_threads_get_the_answers_of_one(made, docs, index):
    settings = load_settings(index=index, model=str(made["bert"]), reranker=str(made["cross"]))
    rag.build(docs, index, settings=settings)
    questions = [f"第{n}期养老驿站开工了吗" for n in range(12)]
    with rag.Retriever(settings=settings) as retriever:
        alone = [retriever.retrieve(question).hits for question in questions]
        with ThreadPoolExecutor(8) as threads:
            together = [answer.hits for answer in threads.map(retriever.retrieve, questions)]
    assert together == alone


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_build_killed_while_it_encodes_goes_on_where_it_was(made, docs, index):
    rag.build(docs, index)
    before = live_generation(index)
    code = (
        "import sys, rag\n"
        "def stop(stage, done, total):\n"
        "    if stage == 'encode': print(done, flush=True); sys.stdin.read()\n"
        f"rag.build({str(docs)!r}, {str(index)!r}, model={str(made['bert'])!r}, progress=stop)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as building:
        assert building.stdout is not None
        done = int(building.stdout.readline())
        building.kill()
    assert building.returncode == -signal.SIGKILL
    assert live_generation(index) == before
    assert rag.Retriever(index).retrieve(QUESTION).hits
    report = rag.build(docs, index, model=str(made["bert"]))
    assert 0 < done < report.passages
    assert report.encoded == report.passages - done


def test_a_failure_in_the_middle_keeps_what_was_encoded(made, docs, index):
    real = load_encoder(str(made["bert"]))

    class Failing:
        name, fingerprint, dimension, batch = real.name, real.fingerprint, real.dimension, 8
        window_chars = None
        asked = 0

        def encode_passages(self, texts):
            self.asked += len(texts)
            vectors = real.encode_passages(texts)
            return vectors * np.nan if self.asked > 20 else vectors

        encode_queries = encode_passages

    with pytest.raises(VectorsDamaged):
        rag.build(docs, index, encoder=Failing())
    with sqlite3.connect(index / "cache" / "vectors.sqlite") as cache:
        assert cache.execute("SELECT count(*) FROM vectors").fetchone() == (16,)
    cache.close()


# --- missing, damaged, of another kind -----------------------------------------------------------


@pytest.mark.parametrize("name", ["BAAI/bge-m3", "nowhere", "./models/none", "名字/不对/的"])
@pytest.mark.parametrize("load", ["load_encoder", "load_reranker"])
def test_a_model_that_is_not_here_is_told_without_network_or_torch(name, load, tmp_path):
    code = (
        "import sys, socket\n"
        "sys.modules['torch'] = sys.modules['sentence_transformers'] = None\n"
        "socket.socket.connect = socket.getaddrinfo = None\n"
        f"from rag.encode import {load}\n"
        "from rag.errors import ModelMissing\n"
        f"try: {load}({name!r})\n"
        "except ModelMissing as error: print(type(error).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HOME": str(tmp_path)},
    )
    expected = ModelMissing if load == "load_encoder" else RerankerMissing
    assert done.stdout.strip() == expected.__name__, done.stderr


def test_a_model_fetched_earlier_is_found_by_its_name(made, tmp_path, monkeypatch):
    revision = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "models--BAAI--bge-small-zh-v1.5"
    shutil.copytree(made["bert"], cached / "snapshots" / revision)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(revision)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    encoder = load_encoder("BAAI/bge-small-zh-v1.5")
    prompted = [foreign.BGE_PROMPT + text for text in TEXTS]
    assert same(encoder.encode_queries(TEXTS), encoder.encode_passages(prompted))


DAMAGE = {
    "no config": (foreign.without("config.json"), ModelIncomplete, "config.json"),
    "no tokenizer": (foreign.without("tokenizer.json"), ModelIncomplete, "tokenizer.json"),
    "no weights": (foreign.without("model.safetensors"), ModelIncomplete, "model.safetensors"),
    "config cut": (foreign.cut("config.json"), ModelDamaged, "config.json"),
    "tokenizer cut": (foreign.cut("tokenizer.json"), ModelDamaged, ""),
    "weights cut": (foreign.cut("model.safetensors"), ModelDamaged, "Safetensor"),
    "other size": (foreign.saying("config.json", hidden_size=64), ModelDamaged, ""),
    "NaN": (foreign.scaled(float("nan")), VectorsDamaged, "NaN"),
}
OF_A_SENTENCE_TRANSFORMER = {
    "no modules": (foreign.without("modules.json"), ModelIncomplete, "modules.json"),
    "modules cut": (foreign.cut("modules.json"), ModelDamaged, "modules.json"),
    "no pooling": (foreign.without("1_Pooling/config.json"), ModelDamaged, "Pooling"),
    "other dimension": (
        foreign.saying("1_Pooling/config.json", embedding_dimension=48),
        OtherDimension,
        "48",
    ),
}


def two_lines(error):
    """What is said of an error in both languages, next step included."""
    for language in Language:
        assert error.what(language) and error.next_step(language)
        assert "\n" not in error.describe(language)
    return error.describe()


@pytest.mark.parametrize("damage", DAMAGE | OF_A_SENTENCE_TRANSFORMER)
@pytest.mark.parametrize("model", ["bert", "qwen"])
def test_a_damaged_model_is_named_with_the_damage_and_the_next_step(made, tmp_path, model, damage):
    change, expected, word = (DAMAGE | OF_A_SENTENCE_TRANSFORMER)[damage]
    name = foreign.copied(made[model], tmp_path / "model", change)
    with pytest.raises(expected) as caught:
        load_encoder(name)
    assert word in two_lines(caught.value)
    assert name in caught.value.describe()


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("model", ["cross", "qwen-reranker"])
def test_a_damaged_reranker_is_named_with_the_damage_and_the_next_step(
    made, tmp_path, model, damage
):
    change, expected, word = DAMAGE[damage]
    name = foreign.copied(made[model], tmp_path / "model", change)
    with pytest.raises(expected) as caught:
        load_reranker(name)
    assert word in two_lines(caught.value)
    assert name in caught.value.describe()


def test_a_damaged_model_leaves_the_index_as_it_was(made, docs, index, tmp_path):
    rag.build(docs, index)
    before = archive.snapshot(index)
    model = foreign.copied(made["bert"], tmp_path / "model", foreign.cut("model.safetensors"))
    with pytest.raises(ModelDamaged):
        rag.build(docs, index, model=model)
    assert archive.snapshot(index) == before


@pytest.mark.parametrize(
    ("load", "model"),
    [(load_encoder, "cross"), (load_reranker, "bert"), (load_reranker, "qwen")],
)
def test_a_model_in_the_place_of_the_other_kind_is_refused(made, load, model):
    with pytest.raises(OtherKindOfModel) as caught:
        load(str(made[model]))
    assert "RAG_RERANKER" in two_lines(caught.value)


def test_a_classifier_of_several_labels_is_no_reranker(tmp_path):
    with pytest.raises(OtherKindOfModel):
        load_reranker(str(foreign.cross_encoder(tmp_path / "three", CHARACTERS, labels=3)))


# --- the reranker --------------------------------------------------------------------------------


def test_a_cross_encoder_scores_as_its_own_logit_does(made):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(made["cross"])
    model = AutoModelForSequenceClassification.from_pretrained(made["cross"]).eval()
    with torch.inference_mode():
        pairs = tokenizer([QUESTION] * len(TEXTS), TEXTS, padding=True, return_tensors="pt")
        expected = model(**pairs).logits[:, 0].numpy()
    assert same(load_reranker(str(made["cross"])).scores(QUESTION, TEXTS), expected)


def test_qwen_reranker_is_asked_as_its_card_says_and_answers_yes_or_no(made):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(made["qwen-reranker"])
    model = AutoModelForCausalLM.from_pretrained(made["qwen-reranker"]).eval()
    yes, no = tokenizer.convert_tokens_to_ids(["yes", "no"])
    expected = []
    for text in TEXTS:
        asked = (
            "<|im_start|>system\nJudge whether the Document meets the requirements based on the "
            'Query and the Instruct provided. Note that the answer can only be "yes" or "no".'
            "<|im_end|>\n<|im_start|>user\n<Instruct>: Given a web search query, retrieve relevant "
            f"passages that answer the query\n<Query>: {QUESTION}\n<Document>: {text}<|im_end|>\n"
            "<|im_start|>assistant\n<think>\n\n</think>\n\n"
        )
        ids = tokenizer(asked, add_special_tokens=False, return_tensors="pt")
        with torch.inference_mode():
            last = model(**ids).logits[0, -1]
        expected.append(float(last[yes] - last[no]))
    assert same(load_reranker(str(made["qwen-reranker"])).scores(QUESTION, TEXTS), expected)


@pytest.fixture(scope="module")
def asked(made, docs, tmp_path_factory):
    """One question to one index, without a reranker and with each."""
    index = tmp_path_factory.mktemp("reranked") / "index"
    rag.build(docs, index)

    def ask(reranker="none", **how):
        settings = load_settings(index=index, reranker=str(made.get(reranker, reranker)))
        with rag.Retriever(settings=settings) as retriever:
            return retriever.retrieve(QUESTION, **how)

    return ask


@pytest.mark.parametrize("model", ["cross", "qwen-reranker"])
def test_a_reranker_orders_the_first_passages_and_is_seen_in_the_legs(asked, made, model):
    before, after = asked(k=40), asked(model, k=40)
    first, rest = after.hits[:20], after.hits[20:]
    assert {hit.chunk_id for hit in first} == {hit.chunk_id for hit in before.hits[:20]}
    assert [hit.chunk_id for hit in first] != [hit.chunk_id for hit in before.hits[:20]]
    assert [hit.chunk_id for hit in rest] == [hit.chunk_id for hit in before.hits[20:]]
    assert [hit.legs["reranker"].rank for hit in first] == list(range(1, 21))
    assert not any("reranker" in hit.legs for hit in rest)
    scores = [hit.score for hit in after.hits]
    assert scores == sorted(scores, reverse=True)


def test_a_reranker_reads_the_headline_with_the_passage(asked, made):
    hits = asked("cross", k=5).hits
    read = [f"{hit.citation.title}\n{hit.text}" for hit in hits]
    scores = load_reranker(str(made["cross"])).scores(QUESTION, read)
    assert same([hit.legs["reranker"].score for hit in hits], scores)


def test_confidence_stays_the_rankings_own(asked):
    assert asked("cross").confidence == asked().confidence


@pytest.mark.parametrize("mode", ["dense", "sparse"])
def test_one_leg_alone_is_not_reranked(asked, mode):
    without, reranked = asked(mode=mode), asked("cross", mode=mode)
    assert replace(reranked, took_ms=0) == replace(without, took_ms=0)


def test_a_reranker_that_is_not_here_is_told_before_a_question(asked):
    with pytest.raises(RerankerMissing) as caught:
        asked("no-reranker")
    assert "RAG_RERANKER" in two_lines(caught.value)


def test_the_retrieval_function_takes_up_the_reranker_of_the_settings(
    made, docs, index, monkeypatch
):
    rag.build(docs, index)
    assert "reranker" not in rag.retrieve(QUESTION, index=index).hits[0].legs
    monkeypatch.setenv("RAG_RERANKER", str(made["cross"]))
    assert "reranker" in rag.retrieve(QUESTION, index=index).hits[0].legs


def test_the_doctor_looks_at_the_reranker_too(made, index, monkeypatch):
    monkeypatch.setenv("RAG_RERANKER", str(made["bert"]))
    checks = [one for one in examine(index=str(index)) if one.name == "model"]
    assert [one.level for one in checks] == [Level.OK, Level.BAD]
    assert "RAG_RERANKER" in (checks[1].next_step or "")
