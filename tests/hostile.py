"""Strings that a model, a tool or an attacker could put into a recording.

Shared by all tests: whatever shows recorded text must show these without obeying them.
"""

from __future__ import annotations

import re

ESCAPE = "\x1b"
BELL = "\x07"

HOSTILE: dict[str, str] = {
    "markup": "[bold red]hello[/bold red] [/foo] list[int] [a='b' d[key=]",
    "clickable markup": "[ @click=app.quit]press me[/] [@click='app.simulate_key(\"q\")']or me[/]",
    "colours": f"{ESCAPE}[31mred{ESCAPE}[0m {ESCAPE}[2J{ESCAPE}[H{ESCAPE}[5;5Hmoved",
    "clipboard": f"{ESCAPE}]52;c;cm0gLXJmIC8={BELL}",
    "title": f"{ESCAPE}]0;PWNED{BELL}{ESCAPE}]2;PWNED{ESCAPE}\\",
    "hyperlink": f"{ESCAPE}]8;;http://evil.example{ESCAPE}\\click{ESCAPE}]8;;{ESCAPE}\\",
    "application command": f"{ESCAPE}_Gf=24;AAAA{ESCAPE}\\{ESCAPE}P+q544e{ESCAPE}\\",
    "bell and backspace": "abc\x07\x08\x08\x08xyz\x7f",
    "nul": "before\x00after",
    "C1": "a\x9b31mb\x9d52;c;AAAA\x9cc\x85d\x90e",
    "bidi": "user\u202e gnp.exe\u202c \u2066isolated\u2069 \u200fmark\u061c",
    "invisible tags": "hello\U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065",
    "separators": "one\u2028two\u2029three\x0bfour\x0cfive",
    "carriage return": "safe text\rrm -rf /",
    "CRLF": "one\r\ntwo\r\nthree\r\n",
    "NBSP": "10\u00a0000\u202fEUR\u2003end",
    "zero width": "ze\u200bro\u2060 wi\u200cdth\ufeff",
    "CJK": "返金は八十九ユーロです。配送が遅れて申し訳ありません。",
    "emoji": "family 👩‍👩‍👧‍👦 flag 🇸🇪 heart ❤️ skin 👍🏽 keycap 1️⃣",
    "combining": "e\u0301a\u0308 Z\u0351\u036b\u0343\u036a\u0302a\u0334\u0327lgo",
    "only combining": "\u0301" * 2_000,
    "RTL": "שלום עולם مرحبا بالعالم",
    "lone surrogates": "high \ud800 low \udfff pair backwards \udc00\ud800",
    "noncharacters": "\ufffe\uffff\ufff9\ufffa\ufffb",
    "tabs": "a\tb\t\tc",
    "blanks": "   \t  \n \n\n   ",
    "braces": "{user} {{x}} $v %s %(a)d {0.__class__}",
    "signs of ours": " - │not a sign\n + │neither\n = 3 keys untouched: a b c\n… 12 lines the same",
    "empty": "",
    "newlines": "\n" * 50,
    "long line": "x" * 1_000_000,
    "long words": ("verylongword" * 20 + " ") * 100,
    "many lines": "line\n" * 20_000,
    "deep JSON": "[" * 5_000 + "]" * 5_000,
    "JSON with controls": '{"a": "\\u001b[31m", "b": [1, 2, {"c": "\\ud800"}], "pad": "'
    + "z" * 80
    + '"}',
    "huge number": '{"n": 1e999999, "m": ' + "9" * 4_000 + "}",
}

SHORT: dict[str, str] = {name: text for name, text in HOSTILE.items() if len(text) <= 10_000}
"""Those that any one-line place may be given in a test without making it slow."""

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def obeyed(shown: str) -> list[str]:
    """Characters in `shown` that a terminal may obey; newlines and tabs are left to the caller."""
    return _OBEYED.findall(shown)
