"""What a list of pairs may hold, and how each fault is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from visavis.errors import FileError, TableError
from visavis.evaluation import pairs as pairs_module
from visavis.evaluation.pairs import identities, linked_groups, read_pairs

Write = Callable[[str | bytes], Path]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    for name in ("ann/1.jpg", "ann/2.jpg", "bob/1.jpg", "bob/2.jpg", "cleo.jpg"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Write:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "pairs.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


GOOD = "file_a,file_b,same\nann/1.jpg,ann/2.jpg,1\nann/1.jpg,bob/1.jpg,0\n"


def test_a_good_list(table: Write, images: Path) -> None:
    result = read_pairs(table(GOOD), images)
    assert [(pair.file_a, pair.file_b, pair.same) for pair in result.pairs] == [
        ("ann/1.jpg", "ann/2.jpg", True),
        ("ann/1.jpg", "bob/1.jpg", False),
    ]
    assert result.files == ("ann/1.jpg", "ann/2.jpg", "bob/1.jpg")
    assert not result.has_folds
    assert not result.has_groups


def test_columns_come_in_any_order_with_a_mark_and_other_line_ends(table: Write, images: Path) -> None:
    text = "\ufeffgroup,same,fold,file_b,file_a\r\nwomen,1,3,ann/2.jpg,ann/1.jpg\r\n\r\n"
    result = read_pairs(table(text), images)
    assert (result.pairs[0].fold, result.pairs[0].group, result.pairs[0].same) == ("3", "women", True)
    assert result.has_folds
    assert result.has_groups


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "pairs_empty"),
        ("file_a,file_b,same\n", "pairs_empty"),
        ("ann/1.jpg,ann/2.jpg,1\n", "pairs_header"),
        ("file_a,file_b\nann/1.jpg,ann/2.jpg\n", "pairs_header"),
        ("file_a,file_b,same,gruop\nann/1.jpg,ann/2.jpg,1,x\n", "pairs_header"),
        ("file_a,file_b,same,same\nann/1.jpg,ann/2.jpg,1,1\n", "pairs_header"),
        ("file_a,file_b,same,identity_a\nann/1.jpg,ann/2.jpg,1,ann\n", "pairs_header"),
        ("file_a,file_b,same\nann/1.jpg,ann/2.jpg\n", "pairs_row"),
        ("file_a,file_b,same\nann/1.jpg,ann/2.jpg,1,1\n", "pairs_row"),
        ("file_a,file_b,same\nann/1.jpg,ann/2.jpg,yes\n", "pairs_row"),
        ("file_a,file_b,same\nann/1.jpg,ann/1.jpg,1\n", "pairs_row"),
        ("file_a,file_b,same\n,ann/1.jpg,1\n", "pairs_row"),
        ('file_a,file_b,same\n"ann/1.jpg,ann/1.jpg,1\n', "pairs_row"),
        ("file_a,file_b,same\n" + "a" * 2000 + ",ann/1.jpg,1\n", "pairs_row"),
        ("file_a,file_b,same\nann/1.jpg\0,ann/2.jpg,1\n", "pairs_row"),
        ("file_a,file_b,same,fold\nann/1.jpg,ann/2.jpg,1,\n", "pairs_row"),
        ("file_a,file_b,same\n../secret.jpg,ann/2.jpg,1\n", "pairs_outside"),
        ("file_a,file_b,same\nann/../../secret.jpg,ann/2.jpg,1\n", "pairs_outside"),
        ("file_a,file_b,same\n/etc/passwd,ann/2.jpg,1\n", "pairs_outside"),
        ("file_a,file_b,same\n..\\secret.jpg,ann/2.jpg,1\n", "pairs_outside"),
        ("file_a,file_b,same\nann/9.jpg,ann/2.jpg,1\n", "pairs_missing_pictures"),
        ("file_a,file_b,same\nann,ann/2.jpg,1\n", "pairs_missing_pictures"),
        (GOOD + "ann/2.jpg,ann/1.jpg,0\n", "pairs_contradict"),
        ("file_a,file_b,same,identity_a,identity_b\nann/1.jpg,ann/2.jpg,0,ann,ann\n", "pairs_contradict"),
        (
            "file_a,file_b,same,identity_a,identity_b\nann/1.jpg,ann/2.jpg,1,ann,ann\nann/1.jpg,bob/1.jpg,0,eve,bob\n",
            "pairs_contradict",
        ),
        (b"file_a,file_b,same\n\xff\xfe,ann/2.jpg,1\n", "pairs_unreadable"),
    ],
)
def test_faults_are_refused_by_code(table: Write, images: Path, text: str | bytes, code: str) -> None:
    with pytest.raises(TableError) as caught:
        read_pairs(table(text), images)
    assert caught.value.code == code


def test_missing_pictures_are_named_by_the_first_few(table: Write, images: Path) -> None:
    rows = "".join(f"ann/{number}.jpg,bob/1.jpg,0\n" for number in range(3, 9))
    with pytest.raises(TableError, match=r"3\.jpg, 4\.jpg, 5\.jpg and 3 more") as caught:
        read_pairs(table("file_a,file_b,same\n" + rows), images)
    assert str(images) not in str(caught.value)


def test_a_link_out_of_the_folder_is_outside(table: Write, images: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (images / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(TableError) as caught:
        read_pairs(table("file_a,file_b,same\nlink.jpg,ann/2.jpg,1\n"), images)
    assert caught.value.code == "pairs_outside"


def test_limits(table: Write, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs_module, "MAX_ROWS", 1)
    with pytest.raises(TableError) as caught:
        read_pairs(table(GOOD), images)
    assert caught.value.code == "pairs_too_large"
    monkeypatch.setattr(pairs_module, "MAX_BYTES", 10)
    with pytest.raises(FileError, match="file_too_large"):
        read_pairs(table(GOOD), images)


def test_a_missing_table_and_a_missing_folder(tmp_path: Path, images: Path, table: Write) -> None:
    with pytest.raises(FileError, match="file_missing"):
        read_pairs(tmp_path / "none.csv", images)
    with pytest.raises(FileError, match="is_a_directory"):
        read_pairs(tmp_path, images)
    with pytest.raises(TableError) as caught:
        read_pairs(table(GOOD), tmp_path / "none")
    assert caught.value.code == "images_missing"


def test_people_by_folder_and_by_column(table: Write, images: Path) -> None:
    by_folder = read_pairs(table(GOOD), images)
    assert identities(by_folder, "folder") == {"ann/1.jpg": "ann", "ann/2.jpg": "ann", "bob/1.jpg": "bob"}
    with pytest.raises(TableError) as caught:
        identities(by_folder, "column")
    assert caught.value.code == "identity_unknown"
    text = "file_a,file_b,same,identity_a,identity_b\nann/1.jpg,cleo.jpg,1,ann,ann\n"
    by_column = read_pairs(table(text), images)
    assert identities(by_column, "column") == {"ann/1.jpg": "ann", "cleo.jpg": "ann"}
    with pytest.raises(TableError) as caught:
        identities(by_column, "folder")
    assert caught.value.code == "identity_unknown"


def test_folders_that_contradict_the_labels(table: Write, images: Path) -> None:
    wrong = read_pairs(table("file_a,file_b,same\nann/1.jpg,bob/1.jpg,1\n"), images)
    with pytest.raises(TableError) as caught:
        identities(wrong, "folder")
    assert caught.value.code == "pairs_contradict"


def test_groups_are_linked_through_others(table: Write, images: Path) -> None:
    rows = "file_a,file_b,same\nann/1.jpg,ann/2.jpg,1\nann/2.jpg,cleo.jpg,1\nbob/1.jpg,bob/2.jpg,1\n"
    groups = linked_groups(read_pairs(table(rows), images))
    assert groups["cleo.jpg"] == groups["ann/1.jpg"] == "ann/1.jpg"
    assert groups["bob/2.jpg"] == "bob/1.jpg"
