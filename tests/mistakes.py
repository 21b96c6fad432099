# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Small mistakes in C sources, found in the words of the text alone: what the compiler makes of
one shows only when it is compiled. Expects the format of .clang-format."""

import dataclasses
import re
from collections.abc import Iterator

TOKEN = re.compile(r"""
    (?P<skip> /\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | \s+ )
  | (?P<directive> (?<![^\n])\#(?:\\\n|[^\n])* )
  | (?P<name> [A-Za-z_]\w* )
  | (?P<number> 0[xX][0-9a-fA-F]+[uUlL]* | (?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?[uUlLfF]* )
  | (?P<sign> <<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|. )
""", re.VERBOSE | re.DOTALL)

# what stands between two blanks, and what it may have been
OPERATORS = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"],
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"],
    "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="], "|=": ["&="], "&=": ["|="],
    "&": ["|"], "|": ["&"], "<<": [">>"], ">>": ["<<"],
}
WORDS = {"TRUE": "FALSE", "FALSE": "TRUE", "MIN": "MAX", "MAX": "MIN",
         "G_SOURCE_REMOVE": "G_SOURCE_CONTINUE", "G_SOURCE_CONTINUE": "G_SOURCE_REMOVE"}
# what is no fault of a result: whoever forgets to free is found by the address sanitizer, and what
# may never happen is not tested
RELEASES = re.compile(r"\w*(?:free|unref|destroy)|close|g_clear_(?:pointer|object|list|slist)|"
                      r"(?:g_|G_STATIC_|static_)?assert\w*|G_STATIC_ASSERT|g_return\w*|g_test\w*")
DECLARES = {"g_autoptr", "g_autofree", "g_auto", "static", "const", "struct", "enum", "union",
            "unsigned", "int", "char", "long", "goto", "case", "default", "if", "for", "while",
            "do", "else", "switch", "typedef", "sizeof"}
# what does not care which of its arguments is which
SYMMETRIC = {"g_str_equal", "g_strcmp0", "strcmp", "MIN", "MAX"}
CALLED = re.compile(r"[*&]?\w+(?:(?:->|\.)\w+)*")


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclasses.dataclass(frozen=True)
class Mistake:
    """The characters from start to end, and what stands there instead."""
    start: int
    end: int
    instead: str
    what: str

    def in_text(self, text: str) -> str:
        return text[:self.start] + self.instead + text[self.end:]

    def line(self, text: str) -> int:
        return text.count("\n", 0, self.start) + 1


def tokens_of(text: str) -> list[Token]:
    return [Token(match.lastgroup or "", match.group(), match.start())
            for match in TOKEN.finditer(text) if match.lastgroup != "skip"]


def number_near(number: str) -> str:
    """Another value of the same type, next to that of number."""
    digits = re.fullmatch(r"(.*?)([uUlL]*|[fF])", number)
    if number.lower().startswith("0x"):
        return f"({number} + 1)"
    if re.search(r"[.eE]", number):
        return "1.0" if float(number.rstrip("fFlL")) == 0 else f"({number} * 2)"
    return ("0" if digits[1] == "1" else str(int(digits[1]) + 1)) + digits[2]


class Finder:
    """Finds the mistakes that one text can have."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.closing = self._match()
        self.bodies = self._bodies()

    def _match(self) -> dict[int, int]:
        """Where what each bracket opens is closed, by number of the token."""
        closing, opened = {}, []
        for at, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in "([{":
                opened.append(at)
            elif token.kind == "sign" and token.text in ")]}" and opened:
                closing[opened.pop()] = at
        return closing

    def _bodies(self) -> list[tuple[int, int]]:
        """The functions: their first brace is the first character of its line."""
        return [(first, last) for first, last in sorted(self.closing.items())
                if self.tokens[first].text == "{" and self.text[self.tokens[first].start - 1] == "\n"]

    def all(self) -> list[Mistake]:
        found = {}
        for mistake in (*self.wrong_words(), *self.wrong_limits(), *self.wrong_bodies()):
            found.setdefault(mistake.in_text(self.text), mistake)
        return sorted(found.values(), key=lambda mistake: (mistake.start, mistake.instead))

    def wrong_words(self) -> Iterator[Mistake]:
        for at, token in enumerate(self.tokens):
            before = self.tokens[at - 1] if at else None
            if token.kind == "sign":
                yield from self.wrong_sign(token)
            elif token.kind == "name" and token.text in WORDS:
                yield self.replaced(token, WORDS[token.text])
            elif token.kind == "number":
                size = before and before.text == "[" and not token.text.strip("0123456789") and \
                    int(token.text) > 8
                if not size:
                    yield self.replaced(token, number_near(token.text))

    def wrong_sign(self, token: Token) -> Iterator[Mistake]:
        if self.text[token.start - 1] in " \t" and self.text[token.end:token.end + 1] in (" ", "\n"):
            for other in OPERATORS.get(token.text, []):
                yield self.replaced(token, other)
            if token.text == "?":
                yield Mistake(token.start, token.start, "== 0 ", "condition of ? negated")
        elif token.text in ("++", "--"):
            yield self.replaced(token, "--" if token.text == "++" else "++")
        elif token.text == "!":
            yield self.replaced(token, "")

    def replaced(self, token: Token, instead: str) -> Mistake:
        return Mistake(token.start, token.end, instead, f"{token.text} -> {instead or 'nothing'}")

    def wrong_limits(self) -> Iterator[Mistake]:
        """The numbers that have names."""
        for token in self.tokens:
            define = re.match(r"#define\s+\w+\s+(?=[^\n]*\d)", token.text)
            if token.kind != "directive" or not define:
                continue
            for part in tokens_of(token.text[define.end():]):
                if part.kind == "number":
                    start = token.start + define.end() + part.start
                    yield self.replaced(Token("number", part.text, start), number_near(part.text))

    def wrong_bodies(self) -> Iterator[Mistake]:
        for first, last in self.bodies:
            for at in range(first + 1, last):
                token = self.tokens[at]
                if token.text in ("if", "while") and at + 1 in self.closing:
                    yield from self.wrong_condition(at)
                if token.text == "(" and self.tokens[at - 1].kind == "name" and \
                        self.tokens[at - 1].text not in SYMMETRIC:
                    yield from self.swapped(at)
                if self.begins_statement(at):
                    yield from self.dropped(at, last)

    def wrong_condition(self, at: int) -> Iterator[Mistake]:
        start = self.tokens[at + 1].end
        end = self.tokens[self.closing[at + 1]].start
        condition = self.text[start:end]
        yield Mistake(start, end, f"!({condition})", f"{self.tokens[at].text}: condition negated")
        if self.tokens[at].text == "if":
            yield Mistake(start, end, f"0 && ({condition})", "if: never")

    def swapped(self, at: int) -> Iterator[Mistake]:
        """Two arguments side by side that are plain enough to be mistaken for one another."""
        start, end = self.tokens[at].end, self.tokens[self.closing[at]].start
        parts = [*re.finditer(r"[^,]+", self.text[start:end])]
        for one, other in zip(parts, parts[1:]):
            first, second = one[0].strip(), other[0].strip()
            if first != second and CALLED.fullmatch(first) and CALLED.fullmatch(second):
                yield Mistake(start + one.start(), start + other.end(),
                              one[0].replace(first, second) + "," + other[0].replace(second, first),
                              f"arguments swapped: {first}, {second}")

    def begins_statement(self, at: int) -> bool:
        before = self.tokens[at - 1]
        if before.text in ("{", "}", ";", "else") or before.kind == "directive":
            return True
        if before.text == ":":
            return "\n" in self.text[before.end:self.tokens[at].start]
        return before.text == ")" and "\n" in self.text[before.end:self.tokens[at].start] and \
            any(self.closing.get(opening) == at - 1 and
                self.tokens[opening - 1].text in ("if", "for", "while")
                for opening in range(max(at - 200, 1), at))

    def dropped(self, at: int, last: int) -> Iterator[Mistake]:
        first, second = self.tokens[at], self.tokens[at + 1]
        if first.kind == "name":
            plain = second.kind == "sign" and not (
                second.text == "*" and self.text[second.end] not in " \n")
            if first.text in DECLARES or RELEASES.fullmatch(first.text):
                return
            if not plain and first.text not in ("return", "break", "continue"):
                return
        elif first.text not in ("*", "++", "--"):
            return
        end = at
        while end < last and self.tokens[end].text != ";":
            if self.tokens[end].text == "{":
                return
            end = self.closing.get(end, end) + 1
        if end < last:
            text = self.text[first.start:self.tokens[end].start]
            yield Mistake(first.start, self.tokens[end].end, "{}" + "\n" * text.count("\n"),
                          "dropped: " + " ".join(text.split()))


def find_mistakes(text: str) -> list[Mistake]:
    return Finder(text).all()
