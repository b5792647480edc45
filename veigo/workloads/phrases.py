r"""What people write: real text, in the ways text is hard.

Each kind names what it catches. A stack that normalises, trims, escapes twice, counts bytes for characters or cuts a
grapheme in two changes at least one of these, and `NothingLeaked` compares code point by code point.
"""

import random

CONTENT_CHARACTERS_MAX = 4_000

PHRASES: dict[str, tuple[str, ...]] = {
    "latin": ("Guten Morgen, schöne Grüße aus Köln!", "¿Qué tal? ¡Mañana será otro día!", "Zażółć gęślą jaźń"),
    "cyrillic and greek": ("Съешь же ещё этих мягких французских булок", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"),
    "right to left": ("صباح الخير، كيف حالك اليوم؟", "שלום! מה שלומך?", "قیمت ۱۲۳ تومان است"),
    "both directions": ("The room is called «غرفة الأخبار» — room 42", "abc \u202eevil\u202c xyz", "א1ב2ג3"),
    "east asian": ("今日はいい天気ですね。", "你吃饭了吗？我在路上。", "안녕하세요, 반갑습니다", "𠮷野家で𩸽を食べた"),
    "indic and thai": ("नमस्ते, आप कैसे हैं? क्षत्रिय", "வணக்கம், எப்படி இருக்கிறீர்கள்?", "สวัสดีครับ ที่นี่ไม่มีช่องว่าง"),
    "combining marks": (
        "e\u0301 is not \u00e9, and A\u030a is not \u00c5",
        "Z\u0351\u036b\u0343a\u0363\u0366l\u035cgo\u0321",
    ),
    "emoji": ("👩‍👩‍👧‍👦 at the 🏳️‍🌈 parade", "👍🏽👍🏿", "🇪🇬🇩🇪🇯🇵", "1️⃣ 👨🏾‍💻 ❤️‍🔥", "🫠"),
    "invisible": ("zero\u200bwidth\u200dspace", "soft\u00adhyphen and nbsp\u00a0here", "\ufeffstarts with a BOM"),
    "quoting": ('She said: "it\'s {fine}" \\o/', "Robert'); DROP TABLE messages;--", "<b>&amp;</b> ${jndi} %s %n"),
    "layout": ("first line\nsecond line\r\n\tthird, indented", "  spaces before and after  ", "\n.\n"),
    "json look-alike": ('{"type":"MESSAGE","payload":[{"id":null}]}', "null", "\\u0000 written out, \\n too"),
    "short": ("ok", ".", "0", "?"),
    "long": (),
}


def longest(rng: random.Random) -> str:
    """Return a text of exactly the greatest length allowed, in one script or in four-byte characters throughout."""
    unit = rng.choice(["Lorem ipsum dolor sit amet. ", "Съешь ещё булок. ", "今日は良い天気。", "🦜🌍🚀", "👩‍👩‍👧‍👦 "])
    return (unit * CONTENT_CHARACTERS_MAX)[:CONTENT_CHARACTERS_MAX]


def phrase(rng: random.Random, *, long_share: float = 0.01) -> str:
    """Pick something to say; about one in a hundred is as long as it may be."""
    if rng.random() < long_share:
        return longest(rng)
    kind = rng.choice([kind for kind, phrases in PHRASES.items() if phrases])
    return rng.choice(PHRASES[kind])
