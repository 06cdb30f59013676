"""What is read back is data: nothing in the tree runs code that a file holds, or hands a line to a shell."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("harness/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])

ALLOWED = {
    ("harness/spec/yaml_text.py", "yaml.load"),  # with a loader made from SafeLoader, below
    ("harness/worker/snapshot.py", "torch.load"),  # of files whose digests our own manifest holds (worker/resume.py)
}
CALLS = {
    "torch.load",
    "yaml.load",
    "yaml.load_all",
    "yaml.full_load",
    "yaml.unsafe_load",
    "eval",
    "exec",
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "numpy.load",
    "np.load",
    "pandas.read_pickle",
    "joblib.load",
    "transformers.pipeline",
}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(tree: ast.AST) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_runs_what_it_reads(path: Path) -> None:
    name, tree = str(path.relative_to(ROOT)), ast.parse(path.read_text())
    found = {called for called, _ in calls(tree) if called in CALLS and (name, called) not in ALLOWED}
    assert not found, f"{name} calls {found}"
    assert not {module.partition(".")[0] for module in imported(tree)} & MODULES, f"{name} imports what runs code"
    for called, node in calls(tree):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        assert given.get("shell", "False") == "False", f"{name}: {called} hands a line to a shell"
        for risk in ("allow_pickle", "trust_remote_code"):
            assert given.get(risk, "False") == "False", f"{name}: {called} has {risk}"


def test_the_one_yaml_loader_is_a_safe_one() -> None:
    text = (ROOT / "harness/spec/yaml_text.py").read_text()
    assert text.count("yaml.load(") == text.count("yaml.load(text, Loader=_Loader)") == 1
    assert "class _Loader(yaml.SafeLoader)" in text


def test_the_list_is_looked_for_where_it_could_be() -> None:
    """The test itself sees what it is to see."""
    tree = ast.parse("import pickle\ntorch.load(x)\nsubprocess.run(y, shell=True)")
    assert {called for called, _ in calls(tree)} == {"torch.load", "subprocess.run"}
    assert imported(tree) == {"pickle"}
    assert len(FILES) > 300
