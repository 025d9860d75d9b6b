"""Export files as they come: encodings, separators, quotes, and where a damaged one is broken."""

from pathlib import Path

import pytest

from tracking.reconciliation.reading import ReadError, open_export

TEXT = "Bestellung{s}Betrag{s}Größe\r\n1001{s}49.99{s}“M”\r\n"


def opened(path: Path, content: bytes, **options: str) -> list[list[str]]:
    path.write_bytes(content)
    export = open_export(path, **options)  # type: ignore[arg-type]
    return [list(export.header), *(list(row.cells) for row in export.rows())]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "export.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_found_out(file: Path, encoding: str, separator: str) -> None:
    found = opened(file, TEXT.format(s=separator).encode(encoding))
    assert found == [["Bestellung", "Betrag", "Größe"], ["1001", "49.99", "“M”"]]


def test_they_can_be_named(file: Path) -> None:
    content = "Order;Ж\n1;й\n".encode("cp1251")
    assert opened(file, content, encoding="cp1251", separator=";") == [["Order", "Ж"], ["1", "й"]]


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13", "idna", "undefined"])
def test_an_encoding_that_is_none_is_told(file: Path, name: str) -> None:
    with pytest.raises(ReadError, match=f"no encoding “{name}”"):
        opened(file, b"a,b\n", encoding=name)


def test_a_cell_may_have_line_breaks_and_separators_in_it(file: Path) -> None:
    assert opened(file, b'Order,Note\n1,"one\ntwo, ""three"""\n2,x\n')[1:] == [["1", 'one\ntwo, "three"'], ["2", "x"]]


def test_a_row_that_names_the_separator_is_no_header(file: Path) -> None:
    assert opened(file, b"sep=;\r\nOrder;Amount\r\n1;2,50\r\n") == [["Order", "Amount"], ["1", "2,50"]]


def test_blank_rows_and_cells_behind_the_last_column_are_passed_over(file: Path) -> None:
    assert opened(file, b"Order,Amount,,\n\n1,2,,\n,,,\n") == [["Order", "Amount"], ["1", "2"]]


def test_one_column_is_enough(file: Path) -> None:
    assert opened(file, b"Order\n1001\n") == [["Order"], ["1001"]]


def test_rows_are_counted_as_a_spreadsheet_does(file: Path) -> None:
    file.write_bytes(b'Order,Note\n1,"a\nb"\n\n2,x\n')
    assert [row.number for row in open_export(file).rows()] == [2, 4]


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        (b"Order,Amount\n1,2\n2", 3, "Amount"),
        (b'Order,Amount\n1,2\n2,"3', 3, ""),
        (b'Order,Amount\n1,"2"x\n', 2, ""),
        (b"Order,Amount\n1,2,3\n", 2, "Amount"),
        (b"Order,Amount\n1,2\n2,\x00\n", 3, ""),
    ],
)
def test_damage_is_told_by_row_and_column(file: Path, content: bytes, row: int, column: str) -> None:
    with pytest.raises(ReadError) as caught:
        opened(file, content)
    assert (caught.value.row, caught.value.column) == (row, column)


def test_bytes_that_the_encoding_does_not_have_are_told(file: Path) -> None:
    with pytest.raises(ReadError, match="this is not utf-8"):
        opened(file, b"Order,Amount\n" + b"1,2\n" * 20_000 + b"1,\xff\n", encoding="utf-8")


def test_a_file_that_is_too_large_is_not_read(file: Path) -> None:
    file.write_bytes(b"Order\n" + b"1\n" * 1_000_000)
    with pytest.raises(ReadError, match="2 MB, and 1 MB are read at most"):
        open_export(file, most_bytes=1_000_000)


def test_the_hash_is_that_of_the_file(file: Path) -> None:
    import hashlib

    content = b"Order\n1001"
    file.write_bytes(content)
    export = open_export(file)
    assert (export.sha256, export.ends_whole) == (hashlib.sha256(content).hexdigest(), False)
