"""What of a repository makes a model, and whether it is one that runs here; known before gigabytes are fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from engine.models.description import OTHER_FORMATS
from engine.models.hubs.base import Hub, HubError, RemoteFile, Snapshot

CONFIG_FILE = "config.json"
_WANTED = re.compile(
    r"config\.json|generation_config\.json"
    r"|tokenizer\.json|tokenizer_config\.json|vocab\.json|merges\.txt|added_tokens\.json|special_tokens_map\.json"
    r"|chat_template\.(?:jinja|json)"
    r"|preprocessor_config\.json|video_preprocessor_config\.json|processor_config\.json"
    r"|[^/]+\.safetensors|[^/]+\.safetensors\.index\.json"
    r"|(?:LICEN[CS]E|NOTICE)(?:\.txt|\.md)?|README\.md"
)


def wanted(files: Iterable[RemoteFile]) -> tuple[RemoteFile, ...]:
    """What a model needs: configuration, tokenizer, templates, weights and their index, licence, description. Other
    forms of the weights, pictures and all in sub-folders stay where they are."""
    return tuple(file for file in files if _WANTED.fullmatch(file.path))


def check_weights(hub: Hub, snapshot: Snapshot) -> None:
    """See that a repository holds weights in the one form that runs here. Raises `HubError`: ``model_unsupported``."""
    if not any(file.path.endswith(".safetensors") for file in wanted(snapshot.files)):
        reason = _other_formats(snapshot.repo, snapshot.files) or (
            f"{snapshot.repo} holds no safetensors files, and so no weights for Fingerpost. Choose another repository."
        )
        raise HubError("model_unsupported", reason, hub.host)


def config_of(hub: Hub, repo: str, revision: str, token: str | None) -> dict[str, Any]:
    """``config.json`` of a repository that Fingerpost can run.

    Raises:
        HubError: ``model_unsupported`` for one that it can not, with the reason; else as `Hub.snapshot`.
    """
    hub.checked_repo(repo)
    url = hub.file_url(repo, revision or hub.branch, CONFIG_FILE)
    try:
        config = hub.fetch(url, repo, token)
    except HubError as error:
        if error.code != "repo_missing":
            raise
        # The file may be missing, or all of it: the listing tells, and raises for the latter.
        files = hub.snapshot(repo, revision, token).files
        raise HubError("model_unsupported", _without_config(repo, files), hub.host) from error
    reason = _reason(repo, config)
    if reason:
        raise HubError("model_unsupported", reason, hub.host)
    checked: dict[str, Any] = config
    return checked


def _without_config(repo: str, files: tuple[RemoteFile, ...]) -> str:
    return _other_formats(repo, files) or (
        f"{repo} has no {CONFIG_FILE}, so it is not a model that Fingerpost runs. Choose another repository."
    )


def _other_formats(repo: str, files: tuple[RemoteFile, ...]) -> str:
    """That the weights are in another form, as a sentence; ``""`` where none are."""
    for ending, words in OTHER_FORMATS.items():
        if any(file.path.lower().endswith(ending) for file in files):
            return (
                f"{repo} holds {words}. Fingerpost runs folders of safetensors files: choose the repository that these "
                "were made from."
            )
    return ""


def _reason(repo: str, config: Any) -> str:
    """Why the model does not run here, ``""`` where it does."""
    model_type = config.get("model_type") if isinstance(config, dict) else None
    if model_type != "qwen3_5":
        kind = f"a model of the type {model_type}" if isinstance(model_type, str) else "a model of an unknown type"
        return f"{repo} holds {kind}. Fingerpost runs Qwen3.5 (model type qwen3_5): choose another repository."
    quantisation = config.get("quantization_config")
    if isinstance(quantisation, dict) and "quant_method" in quantisation:
        return (
            f"{repo} holds weights that were quantised with {quantisation['quant_method']}. Fingerpost runs the "
            "published ones and those for MLX: choose another repository."
        )
    return ""
