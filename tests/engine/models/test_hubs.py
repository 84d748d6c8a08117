"""The hubs, against one on loopback: what is listed, who gets the token, and what a person reads when it goes wrong."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import get_args

import httpx2
import pytest

from engine.models.hubs import Hub, HubError, RemoteFile, check_weights, config_of, hub, wanted
from engine.protocol import SourceName
from tests.hub_server import LISTING, MEMBER, STRANGER, HubServer

REPO = "Qwen/Qwen3.5-0.8B"
QWEN = {"model_type": "qwen3_5"}


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for variable in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    (folder / "figures").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(QWEN))
    (folder / "README.md").write_text("# A model\n")
    (folder / "model.safetensors-00001-of-00001.safetensors").write_bytes(bytes(range(256)) * 300)
    (folder / "figures" / "scores.png").write_bytes(b"a picture")
    return folder


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(params=get_args(SourceName))
def source(request: pytest.FixtureRequest, server: HubServer) -> Iterator[Hub]:
    with hub(request.param, server.url) as source:
        yield source


def _bytes(source: Hub, file: RemoteFile, token: str | None = None) -> bytes:
    with httpx2.Client(follow_redirects=True) as client:
        response = client.get(file.url, headers=source.headers(token))
        if not response.is_success:
            raise source.refusal(response, REPO)
        return response.content


def _refused(source: Hub, revision: str = "", token: str | None = None) -> HubError:
    with pytest.raises(HubError) as caught:
        source.snapshot(REPO, revision, token)
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return caught.value


# --- What is listed -------------------------------------------------------------------------------------------------


def test_a_listing_is_pinned_and_tells_what_each_file_must_be(source: Hub, server: HubServer, folder: Path) -> None:
    repo = server.add_repo(REPO, folder)
    snapshot = source.snapshot(REPO, "", None)
    assert (snapshot.source, snapshot.repo, snapshot.revision) == (source.name, REPO, repo.commit)
    files = wanted(snapshot.files)
    assert {file.path for file in files} == {path.name for path in folder.iterdir() if path.is_file()}
    for file in files:
        body = (folder / file.path).read_bytes()
        assert file.size == len(body)
        assert file.sha256 in ("", hashlib.sha256(body).hexdigest())
        assert file.git_sha1 in ("", hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest())
        assert file.sha256 or file.git_sha1
        assert file.url.startswith(server.url)
        assert repo.commit in file.url
        assert _bytes(source, file) == body


def test_a_commit_can_be_asked_for(source: Hub, server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder, revision="c" * 40)
    assert source.snapshot(REPO, "c" * 40, None).revision == "c" * 40


def test_modelscope_keeps_the_branch_where_no_file_tells_the_commit(server: HubServer, folder: Path) -> None:
    """The newest commit is told by eight digits; the rest is known only where it changed a file that is still there."""
    server.add_repo(REPO, folder)
    rows = [{"Path": "config.json", "Size": 24, "Sha256": "", "Type": "blob", "Revision": "a" * 40}]
    data = {"Files": rows, "LatestCommitter": {"Id": "", "ShortId": "bbbbbbbb"}}
    server.fail(LISTING, page=json.dumps({"Code": 200, "Data": data, "Success": True}))
    with hub("modelscope", server.url) as source:
        snapshot = source.snapshot(REPO, "", None)
    assert snapshot.revision == "master"
    assert "Revision=master" in snapshot.files[0].url


def test_only_what_a_model_needs_is_fetched() -> None:
    needed = (
        *(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "vocab.json",
            "merges.txt",
        ),
        *("chat_template.jinja", "preprocessor_config.json", "video_preprocessor_config.json", "model.safetensors"),
        *("model.safetensors-00001-of-00002.safetensors", "model.safetensors.index.json", "LICENSE", "README.md"),
    )
    other = (
        *("pytorch_model.bin", "Qwen3.5-4B-Q4_K_M.gguf", "onnx/model.onnx", "model.onnx", "original/model.safetensors"),
        *(".gitattributes", "banner.png", "config.json.bak", "training_args.bin", "modeling.py"),
    )
    files = [RemoteFile(path, 1, "", "", "") for path in (*needed, *other)]
    assert [file.path for file in wanted(files)] == list(needed)


@pytest.mark.parametrize("path", ["../outside.safetensors", "/etc/passwd", "a/../../b.json", "c:evil.json", "a\\b", ""])
def test_no_file_can_be_named_outside_its_folder(source: Hub, server: HubServer, folder: Path, path: str) -> None:
    files = server.add_repo(REPO, folder).files
    files["x"] = files.pop("config.json")
    files["x"].path = path
    error = _refused(source)
    assert error.code == "internal"
    assert "outside its folder" in str(error)


# --- Where it is asked for ------------------------------------------------------------------------------------------


def test_a_mirror_in_the_environment_is_used(server: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add_repo(REPO, folder)
    monkeypatch.setenv("HF_ENDPOINT", server.url + "/")
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
    monkeypatch.setenv("MODELSCOPE_DOMAIN", "not.this.one")
    for name in get_args(SourceName):
        with hub(name) as source:
            files = source.snapshot(REPO, "", None).files
            assert all(file.url.startswith(f"{server.url}/") for file in files)
            assert source.host == "127.0.0.1"


def test_an_address_given_by_hand_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    monkeypatch.setenv("MODELSCOPE_DOMAIN", "www.modelscope.ai")
    with hub("huggingface", "https://other.example/hub/") as source:
        assert (
            source.file_url(REPO, "main", "config.json") == f"https://other.example/hub/{REPO}/resolve/main/config.json"
        )
    with hub("huggingface") as source:
        assert (
            source.file_url(REPO, "refs/pr/1", "a b.json")
            == f"https://mirror.example/{REPO}/resolve/refs%2Fpr%2F1/a%20b.json"
        )
    with hub("modelscope") as source:
        assert source.endpoint == "https://www.modelscope.ai"


@pytest.mark.parametrize("endpoint", ["ftp://mirror.example", "https://", "http://a b"])
def test_what_is_no_address_is_said(endpoint: str) -> None:
    with pytest.raises(HubError, match="not the address of a hub"):
        hub("huggingface", endpoint)


@pytest.mark.parametrize("repo", ["Qwen3.5-4B", "../..", "Qwen/Qwen3.5-4B/../x", "Qwen/a b", "Qwen/x?y=1", ""])
def test_what_is_no_repository_name_is_not_asked_for(source: Hub, server: HubServer, repo: str) -> None:
    for ask in (lambda: source.snapshot(repo, "", None), lambda: config_of(source, repo, "", None)):
        with pytest.raises(HubError, match="OWNER/NAME") as caught:
            ask()
        assert caught.value.code == "repo_missing"
    assert not server.requests


# --- Tokens ---------------------------------------------------------------------------------------------------------


def test_a_token_opens_a_closed_repository_and_stays_with_the_hub(source: Hub, server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder, private=True)
    for file in source.snapshot(REPO, "", MEMBER).files:
        assert len(_bytes(source, file, MEMBER)) == file.size
    other = [request for request in server.requests if request.host == server.cdn_host]
    assert other
    for request in other:
        assert MEMBER not in str(request.headers)
        assert MEMBER not in request.target
    assert all(f"Bearer {MEMBER}" in str(request.headers) for request in server.requests if request not in other)


def test_without_a_token_nothing_is_sent_that_looks_like_one(source: Hub, server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder)
    source.snapshot(REPO, "", None)
    assert not {"authorization", "cookie"} & {key.lower() for key in server.requests[0].headers}


def test_a_gated_repository_is_told_before_anything_is_fetched(source: Hub, server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder, gated=True)
    error = _refused(source)
    assert error.code == "gated"
    assert "access token" in str(error)
    assert _bytes(source, source.snapshot(REPO, "", MEMBER).files[0], MEMBER)


def test_a_token_that_does_not_open_a_file_is_told(server: HubServer, folder: Path) -> None:
    """On Hugging Face everyone with a token sees the listing."""
    server.add_repo(REPO, folder, gated=True)
    with hub("huggingface", server.url) as source:
        file = source.snapshot(REPO, "", STRANGER).files[0]
        for token in (STRANGER, None):
            with pytest.raises(HubError, match="Ask for access") as caught:
                _bytes(source, file, token)
            assert caught.value.code == "gated"
        error = _refused(source, token="made up")
        assert error.code == "gated"
        assert "another access token" in str(error)


# --- What goes wrong ------------------------------------------------------------------------------------------------


def test_a_repository_that_is_not_there(source: Hub) -> None:
    for token in (None, MEMBER):
        error = _refused(source, token=token)
        assert (error.code, error.host) == ("repo_missing", "127.0.0.1")
        assert f"no repository {REPO}" in str(error)


def test_a_revision_that_is_not_there(source: Hub, server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder)
    error = _refused(source, revision="v9")
    assert error.code == "repo_missing"
    assert "revision" in str(error)


@pytest.mark.parametrize("name", get_args(SourceName))
def test_no_network(name: SourceName) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with hub(name, f"http://127.0.0.1:{taken.getsockname()[1]}") as source:
            error = _refused(source)
    assert (error.code, error.host) == ("unreachable", "127.0.0.1")
    assert "127.0.0.1 can not be reached" in str(error)


def test_a_proxy_that_refuses(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is that of the environment; this one knows nothing of tunnels."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    with hub("huggingface", "https://hub.example") as source:
        assert "proxy" in str(_refused(source))


def test_a_hub_that_hangs(server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder)
    server.fail(LISTING, gate=threading.Event())
    with httpx2.Client(timeout=0.2) as client:
        with hub("huggingface", server.url, client) as source:
            error = _refused(source)
        assert error.code == "unreachable"
        assert "did not answer in time" in str(error)
        assert not client.is_closed, "it is the caller's"


def test_a_connection_that_is_cut(source: Hub, server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder)
    server.fail(LISTING, cut=True)
    assert _refused(source).code == "unreachable"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_overloaded_says_when_to_come_again(
    source: Hub, server: HubServer, folder: Path, status: int
) -> None:
    server.add_repo(REPO, folder)
    server.fail(LISTING, status=status, retry_after="7")
    server.fail(LISTING, status=status, retry_after=formatdate(time.time() + 3600, usegmt=True))
    server.fail(LISTING, status=status)
    errors = [_refused(source) for _ in range(3)]
    assert [error.code for error in errors] == ["unreachable"] * 3
    assert errors[0].retry_after == 7
    assert errors[1].retry_after is not None
    assert 3000 < errors[1].retry_after <= 3600
    assert errors[2].retry_after is None


@pytest.mark.parametrize(
    "page",
    [
        "<html>Sign in</html>",
        "[]",
        "null",
        "{}",
        '{"sha": "x", "siblings": [1]}',
        '{"Code": 200, "Data": {"Files": 1}}',
        "[" * 100_000,
    ],
)
def test_an_answer_that_is_none_of_a_hub(source: Hub, server: HubServer, folder: Path, page: str) -> None:
    """What a network answers that wants one to sign in first; another source may still be reached."""
    server.add_repo(REPO, folder)
    server.fail(LISTING, page=page)
    assert _refused(source).code in ("unreachable", "repo_missing")


def test_an_address_on_the_other_host_that_ran_out_is_worth_another_try(
    source: Hub, server: HubServer, folder: Path
) -> None:
    server.add_repo(REPO, folder)
    (weights,) = (file for file in source.snapshot(REPO, "", None).files if file.path.endswith(".safetensors"))
    server.fail(weights.path, status=403)
    with pytest.raises(HubError) as caught:
        _bytes(source, weights)
    assert (caught.value.code, caught.value.host) == ("unreachable", "localhost")


# --- Whether it is a model that runs here ---------------------------------------------------------------------------


def test_the_configuration_is_read_first(source: Hub, server: HubServer, folder: Path) -> None:
    server.add_repo(REPO, folder)
    assert config_of(source, REPO, "", None) == QWEN
    assert not server.sent("*.safetensors")
    assert not server.asked(LISTING)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "llama"}, "a model of the type llama"),
        ({"architectures": []}, "a model of an unknown type"),
        ([], "a model of an unknown type"),
        ({**QWEN, "quantization_config": {"quant_method": "awq"}}, "quantised with awq"),
    ],
)
def test_another_model_is_refused_with_the_reason(
    source: Hub, server: HubServer, folder: Path, config: object, said: str
) -> None:
    (folder / "config.json").write_text(json.dumps(config))
    server.add_repo(REPO, folder)
    with pytest.raises(HubError, match=said) as caught:
        config_of(source, REPO, "", None)
    assert caught.value.code == "model_unsupported"


def test_weights_for_mlx_are_no_reason_to_refuse(source: Hub, server: HubServer, folder: Path) -> None:
    scheme = {"group_size": 64, "bits": 4}
    (folder / "config.json").write_text(json.dumps({**QWEN, "quantization": scheme, "quantization_config": scheme}))
    server.add_repo(REPO, folder)
    assert config_of(source, REPO, "", None)["quantization"] == scheme


def test_without_a_configuration_the_reason_is_what_is_there_instead(
    source: Hub, server: HubServer, folder: Path
) -> None:
    (folder / "config.json").unlink()
    server.add_repo(REPO, folder)
    with pytest.raises(HubError, match=r"has no config\.json") as caught:
        config_of(source, REPO, "", None)
    assert caught.value.code == "model_unsupported"
    (folder / "model-Q4_K_M.gguf").write_bytes(b"GGUF")
    server.add_repo(REPO, folder)
    with pytest.raises(HubError, match=r"GGUF files\. Fingerpost runs folders of safetensors files"):
        config_of(source, REPO, "", None)


@pytest.mark.parametrize(
    ("name", "said"), [("pytorch_model.bin", r"\.bin files"), ("model.gguf", "GGUF"), ("x.txt", "no safetensors")]
)
def test_weights_in_another_form_are_no_model(
    source: Hub, server: HubServer, folder: Path, name: str, said: str
) -> None:
    server.add_repo(REPO, folder)
    check_weights(source, source.snapshot(REPO, "", None))
    for weights in folder.glob("*.safetensors"):
        weights.unlink()
    (folder / name).write_bytes(b"weights")
    server.add_repo(REPO, folder)
    with pytest.raises(HubError, match=said) as caught:
        check_weights(source, source.snapshot(REPO, "", None))
    assert caught.value.code == "model_unsupported"


def test_a_missing_repository_has_no_configuration_either(source: Hub) -> None:
    with pytest.raises(HubError, match="no repository") as caught:
        config_of(source, REPO, "", None)
    assert caught.value.code == "repo_missing"
