"""Secrets in sentences: taken out in every form in which they have been seen, and ordinary words left alone."""

import pytest

from harness.spec.redact import redacted


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("API request to https://user:pa55w0rd@host:5000/api failed", "pa55w0rd"),
        ("cloning https://ghp_abcdefghij0123456789@github.com/a/b", "ghp_abcdefghij0123456789"),
        ("postgresql://me:se/cret?!@db/mlflow does not answer", "cret?!"),
        ("postgresql://me:se@cret!@db/mlflow does not answer", "cret!"),
        ("GET https://s3/x?X-Amz-Signature=0123abcd&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/eu", "0123abcd"),
        ("GET https://s3/x?X-Amz-Signature=0123abcd&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/eu", "AKIAIOSFODNN7EXAMPLE"),
        ("https://host/?token=abcdef", "abcdef"),
        ("{'Authorization': 'Bearer abcdef0123456789'}", "abcdef0123456789"),
        ("HF_TOKEN=hf_abcdefghijklmnopqrstuv", "hf_abcdefghijklmnopqrstuv"),
        ("MLFLOW_TRACKING_PASSWORD: hunter22", "hunter22"),
        ('{"password": "hunter22"}', "hunter22"),
        ("key AKIAIOSFODNN7EXAMPLE is not allowed", "AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redacted(text)
    assert "***" in redacted(text)


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_PASSWORD", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "my_api_key"])
def test_what_the_environment_calls_secret_is_taken_out_in_any_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "correct horse")
    assert redacted("the server said: 'correct horse' is wrong") == "the server said: '***' is wrong"


@pytest.mark.parametrize(
    "text",
    [
        "runs/0123-target/weights/tokenizer.json: cannot be read (No such file or directory); expected the tokenizer",
        "'<mask>' is no special token: expected one within the vocabulary",
        "5000 tokens: shorter windows take less",
        "MLflow at sqlite:////home/me/runs/mlflow.db: database is locked",
        "MLflow at http://127.0.0.1:5000/a@b: no such page",
        "MLflow at http://127.0.0.1:5000: API request to /api/2.0/mlflow/runs/create failed with 500",
        "FacebookAI/xlm-roberta-base@e73636d4: cannot be fetched",
        "key 'batch' is unknown; did you mean 'batch_size'?",
        "tokens/real=12 tokens/padded=14",
    ],
)
def test_ordinary_sentences_stay_as_they_are(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "special")
    assert redacted(text) == text
