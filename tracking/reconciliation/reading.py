"""Reading a CSV file as it comes: encoding, separator, header, rows. What is damaged is told by row and column.

Plain rules on a file; what the columns mean is for `columns`, what their cells mean for `values`.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 256 * 1024 * 1024
SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
ENCODINGS: Final = ("utf-8", "utf-16", "cp1252")

_BLOCK: Final = 64 * 1024  # bytes
_SAMPLE: Final = 20  # rows by which the separator is found
_NAMED_SEPARATOR = re.compile(r"\s*\"?sep=(?P<separator>.)\"?\s*", re.IGNORECASE)
_SHEETS: Final = {b"PK\x03\x04": "an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook", b"%PDF": "a PDF"}


class ReadError(Exception):
    """The file cannot be read; the message says where, as row and column, and what to do."""

    def __init__(self, problem: str, *, row: int = 0, column: str = "") -> None:
        where = f"Row {row}" + (f", column “{column}”" if column else "") + ": " if row else ""
        super().__init__(f"{where}{problem}")
        self.row, self.column = row, column


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header: its number in the file, as a spreadsheet counts, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was found readable as far as its header goes."""

    path: Path
    sha256: str
    encoding: str
    separator: str
    header: tuple[str, ...]
    skipped: int
    """Rows above the header: the one in which a spreadsheet names the separator."""
    ends_whole: bool
    """The last row has its line break; a file without one may have been cut off."""

    def rows(self) -> Iterator[Row]:
        """Read the rows, one after the other. Raises ReadError."""
        width = len(self.header)
        rows = _cells(self.path, self.encoding, self.separator)
        for number, cells in enumerate(rows, 1):
            if number <= self.skipped + 1 or not any(cell.strip() for cell in cells):
                continue
            if len(cells) < width:
                raise ReadError(
                    f"it ends here; the header has {width} columns, this row {len(cells)}. The file looks cut off or "
                    "damaged: export it again.",
                    row=number,
                    column=self.header[len(cells)],
                )
            if any(cell.strip() for cell in cells[width:]):
                raise ReadError(
                    f"there are {len(cells)} cells below {width} headings. A cell with the separator in it is not "
                    "quoted, or the file is damaged: export it again.",
                    row=number,
                    column=self.header[-1],
                )
            yield Row(number, tuple(cells[:width]))


def open_export(path: Path, *, encoding: str = "", separator: str = "", most_bytes: int = MOST_BYTES) -> Export:
    """Look at a file: what it is written in, what separates its cells, what its header says. Raises ReadError.

    `encoding` and `separator` (a character) are found out unless they are given.
    """
    digest, encoding, last = _look_through(path, encoding, most_bytes)
    separator, skipped = (separator, 0) if separator else _separator(path, encoding)
    rows = _cells(path, encoding, separator)
    for _ in range(skipped):
        next(rows, None)
    header = tuple(cell.strip() for cell in next(rows, []))
    while header and not header[-1]:
        header = header[:-1]
    if not header:
        raise ReadError("The file has no header: its first row has to name the columns.")
    return Export(path, digest, encoding, separator, header, skipped, ends_whole=last in {"\n", "\r"})


def _look_through(path: Path, encoding: str, most_bytes: int) -> tuple[str, str, str]:
    """The file's SHA-256, its encoding, and its last character. One pass, in bounded memory."""
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise ReadError(
                f"The file has {size / 1e6:.0f} MB, and {most_bytes / 1e6:.0f} MB are read at most: export a shorter "
                "period."
            )
        if size == 0:
            raise ReadError("The file is empty.")
        with path.open("rb") as file:
            beginning = file.read(4096)
            _refuse_other_kinds(beginning)
            encoding = _canonical(encoding) if encoding else _encoding_of(beginning)
            file.seek(0)
            return _digest_and_last(file, encoding)
    except OSError as error:
        raise ReadError(f"The file cannot be opened: {error.strerror or error}.") from error


def _digest_and_last(file: "codecs._ReadableStream", encoding: str) -> tuple[str, str, str]:
    digest, tail = hashlib.sha256(), b""
    # Without a mark at its beginning a file is UTF-8, unless it cannot be.
    decoder = codecs.getincrementaldecoder("utf-8")() if encoding == "utf-8-sig?" else None
    while block := file.read(_BLOCK):
        digest.update(block)
        tail = (tail + block)[-8:]
        if decoder:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                decoder, encoding = None, "cp1252"
    if decoder or encoding == "utf-8-sig?":
        try:
            if decoder:
                decoder.decode(b"", final=True)
            encoding = "utf-8-sig"
        except UnicodeDecodeError:
            encoding = "cp1252"
    last = tail.replace(b"\x00", b"")[-1:].decode("latin-1")
    return digest.hexdigest(), encoding, last


def _refuse_other_kinds(beginning: bytes) -> None:
    for signature, kind in _SHEETS.items():
        if beginning.startswith(signature):
            raise ReadError(f"This is {kind}, not a CSV file: save or export it as CSV.")


def _canonical(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        b"a".decode(name, "replace")  # some are of bytes alone
    except (LookupError, UnicodeError):
        raise ReadError(f"There is no encoding “{encoding}”: give one such as {', '.join(ENCODINGS)}.") from None
    return "utf-8-sig" if name == "utf-8" else name


def _encoding_of(beginning: bytes) -> str:
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if not beginning.startswith(codecs.BOM_UTF8) and (nulls := beginning.count(0)) > len(beginning) // 4:
        return "utf-16-be" if beginning[::2].count(0) > nulls // 2 else "utf-16-le"
    return "utf-8-sig?"


def _separator(path: Path, encoding: str) -> tuple[str, int]:
    """What separates the cells, and how many rows stand above the header."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        first = file.readline(_BLOCK)
    if named := _NAMED_SEPARATOR.fullmatch(first):
        return named["separator"], 1
    return max(SEPARATORS.values(), key=lambda separator: _fit(path, encoding, separator)), 0


def _fit(path: Path, encoding: str, separator: str) -> tuple[int, int]:
    """How well a separator fits: how many of the first rows are as wide as the header, and how wide that is."""
    try:
        sample = [len(cells) for cells, _ in zip(_cells(path, encoding, separator), range(_SAMPLE), strict=False)]
    except ReadError:
        return 0, 0
    if not sample or sample[0] < 2:
        return 0, 0
    return sample.count(sample[0]), sample[0]


def _cells(path: Path, encoding: str, separator: str) -> Iterator[list[str]]:
    number, line = 0, 0
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            for cells in reader:
                number, line = number + 1, reader.line_num
                if any("\x00" in cell for cell in cells):
                    raise ReadError("there is a NUL character: the file is damaged, export it again.", row=number)
                yield cells
    except UnicodeError as error:
        raise ReadError(
            f"this is not {encoding} ({getattr(error, 'reason', error)}): the file is damaged, or written in another "
            "encoding: name it (--encoding).",
            row=number + 1,
        ) from error
    except csv.Error as error:
        raise ReadError(f"line {line + 1} cannot be read ({error}): export the file again.", row=number + 1) from error
    except OSError as error:
        raise ReadError(f"The file cannot be read: {error.strerror or error}.") from error
