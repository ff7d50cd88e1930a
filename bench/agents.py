"""User agents as they come: a few thousand texts, of which some make most requests and a seventh are machines'."""

import random

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {a}_{b} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B{c} "
    "Twitter for iPhone/11.{b}"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android {b}; SM-S9{c}B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1{a}.0.{c}.1 "
    "Mobile Safari/537.36 TwitterAndroid"
)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1{a}.0.{c}.{b} "
    "Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.{b} (KHTML, like Gecko) Version/{a}.{c} "
    "Safari/605.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:1{a}.{b}) Gecko/20100101 Firefox/1{a}.{b}.{c}"
PEOPLE = (PHONE, ANDROID, CHROME, SAFARI, FIREFOX)
MACHINES = (
    "Twitterbot/{a}.{b}", "facebookexternalhit/{a}.{b} (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (compatible; bingbot/{a}.{b}; +http://www.bing.com/bingbot.htm)", "python-requests/2.{a}.{b}",
    "Slackbot-LinkExpanding {a}.{b} (+https://api.slack.com/robots)", "Go-http-client/{a}.{b}", "curl/8.{a}.{b}",
)  # fmt: skip


def agents(count: int, seed: int = 4) -> list[str]:
    """So many different texts; every seventh is a machine's."""
    dice = random.Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < count:
        shapes = MACHINES if len(texts) % 7 == 6 else PEOPLE
        shape = dice.choice(shapes)
        texts[shape.format(a=dice.randrange(12, 45), b=dice.randrange(20), c=dice.randrange(10, 999))] = None
    return list(texts)
