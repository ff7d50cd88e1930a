"""What attackers send, written for these tests: scripts, addresses that leave, queries, templates, odd text."""

from __future__ import annotations

import itertools
import random

MARK = "zqx"
"""In each script, so that a test sees whether it came to a page at all."""

SCRIPTS = [
    f"<script>{MARK}(1)</script>",
    f'"><img src=x onerror={MARK}(2)>',
    f"' onmouseover='{MARK}(3)",
    f"<svg/onload={MARK}(4)>",
    f"javascript:{MARK}(5)//",
    f"</textarea></title></script><script>{MARK}(6)</script>",
    f"<iframe srcdoc='<script>{MARK}(7)</script>'></iframe>",
    f"{{{{constructor.constructor('{MARK}(8)')()}}}}<b>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={MARK}(9)>",
    f"<a href='data:text/html,{MARK}'>x</a><base href=//evil.example><meta http-equiv=refresh content=0>",
    f"--!><!--<img title='--><img src=1 onerror={MARK}(11)>'>",
    f"\u2028{MARK}<details open ontoggle={MARK}(12)>",
]

MARKDOWN = [
    f"[go](javascript:{MARK}(1))",
    f"[go](JaVaScRiPt&colon;{MARK}(2))",
    f"[go](data:text/html;base64,{MARK})",
    f"<javascript:{MARK}(3)>",
    f"![x](https://evil.example/{MARK}.png)",
    f'[a]: javascript:{MARK}(4) "t"\n\n[a]',
    f'[x](https://a.example "\\" onmouseover={MARK}(5) \\"")',
    f"[x](https://a.example/'onclick='{MARK}(6))",
    f"```html\n<script>{MARK}(7)</script>\n```",
    f"<div style='background:url(//evil.example/{MARK})'>x</div>",
    f"<form action=//evil.example><button>{MARK}</button></form>",
    f"[x](vbscript:{MARK})",
    f"[x](\tjava\tscript:{MARK}(8))",
    *SCRIPTS,
]

REDIRECTS = [
    "https://evil.example", "http:evil.example", "//evil.example", "///evil.example", "////evil.example/%2f..",
    "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
    " //evil.example",
    "javascript:alert(1)", "data:text/html,x", "//evil.example@localhost", "/.//evil.example", "/..//evil.example",
    "//[evil", "/\x85/evil.example", "//localhost@evil.example", "https://localhost.evil.example",
    "https:///evil.example",
    "/%2f%2fevil.example/..;//evil.example", "//evil%E3%80%82example", "http://localhost:80@evil.example",
]  # fmt: skip

QUERIES = [
    "'", '"', "' OR 1=1 --", "1; DROP TABLE leads", "%", "_", "%' AND 1=0 UNION SELECT 1 --", "\\", "\x00", "a\x00b",
    "é" * 300, "A" * 5000, "[]", "{}", "null", "-1", "1e309", "9" * 400, "../../etc/passwd", "$(id)", "`id`", "\ud7ff",
    "💥", "CAST(1 AS INT)", "(SELECT pg_sleep(9))", "created_at; --", "id desc, (select 1)", "2026-13-45", "NaN", "０",
]  # fmt: skip

TEMPLATES = [
    "{{7*191}}", "${7*191}", "#{7*191}", "<%= 7*191 %>", "{{config}}", "{{ self.__init__ }}", "{% for x in y %}",
    "{0.__class__}", "%(name)s", "%s%s%s%n", "{link}{link}", "{{''.__class__.__mro__}}", "{email}", "{{cycler}}",
]  # fmt: skip

SHORT_CODES = ["é", "%00", "a\x00", "💥", "' OR 1=1", "..", "a" * 300, "%2e%2e", "＜", "\u202e", "%ff%fe"]


def _alphabets() -> list[str]:
    """Words of each kind of writing, and letters that programs take for something else."""
    return [
        "Ḽơᶉëᶆ ȋṕšᶙṁ", "שלום עולם", "مرحبا بالعالم", "\u202eevil\u202c", "\u200f\u200e", "田中さん", "社會科學院",
        "안녕하세요", "สวัสดี", "नमस्ते", "Ωμέγα", "Привет", "ﬁ ﬂ ﷺ", "İstanbul ıĞ", "ß ẞ ſ", "ﾊﾛｰ",
        "👩‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇫🇷🇬🇧",
        "1️⃣", "❤️", "\U0001f468\U0001f3fd", "e\u0301e\u0301",
        "Z̷̡̪a̷l̵g̸o̷" * 4, "\u00a0x\u00a0", "\u3000", "\u2028x\u2029", "\ufeffbom",
        "a\u00adb", "\u200bzero\u200b", "\U000e0041", "½ ⅓ ²", "𝐁𝐨𝐥𝐝", "ＡＢＣ", "ꦀ", "\U0001d11e", "￼", "�", "\uffa0",
    ]  # fmt: skip


def naughty(count: int = 550) -> list[str]:
    """So many strings that break programs: alone, in pairs, beside control characters; always the same ones."""
    plain = [
        "", " ", "undefined", "null", "None", "NaN", "true", "0", "-0", "1/0", "1e5", "0x1F", "1,000.00", "١٢٣",
        "\\", "\\\\", "\\n", "\\u0000", "%00", "%n%s", "&amp;", "&lt;b&gt;", "&#0;", "<!--", "]]>", "<?xml?>", "CON",
        "/dev/null", "../../x", "C:\\", "a" * 199, "🦊" * 99, "'", '"', "`", "‘’“”«»", ";", "--", "/*", "#", "=", "+",
        "-", "@", "=1+1", "+33123456789", "@SUM(1)", "-2+3", "＝1", "＋1", "－1", "＠a", "\t=1", "=cmd|' /C calc'!A0",
    ]  # fmt: skip
    single = [*plain, *_alphabets(), *SCRIPTS, *QUERIES[:6], *TEMPLATES]
    # any code point that may be written, among them the ones that no font has
    dice = random.Random(550)
    points = [*range(0x20, 0x7F), *range(0xA0, 0xD800), *range(0xE000, 0xFDD0), *range(0x10000, 0x1F000)]
    drawn = ["".join(chr(dice.choice(points)) for _ in range(dice.randint(1, 30))) for _ in range(count)]
    controls = [f"a{chr(code)}b" for code in (*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0))]
    pairs = [left + right for left, right in itertools.product(_alphabets()[:20], plain[20:30])]
    found = list(dict.fromkeys([*single, *controls, *drawn, *pairs]))
    assert len(found) >= count
    return found[:count]
