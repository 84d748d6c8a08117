"""Pages as web programs have them: a shop, forms, settings, a table, an article; with banners and dialogs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.pointing.phrases import Voice

COLOURS = {
    "light": ("#ffffff", "#f4f5f7", "#1c1e21", "#d4d7dc"),
    "grey": ("#eceff1", "#ffffff", "#263238", "#b0bec5"),
    "dark": ("#15181d", "#20252c", "#e4e7eb", "#3a424d"),
    "cream": ("#fbf6ea", "#fffdf7", "#3a2f22", "#d9ccb4"),
}
"""Page, surface, text and line."""
HELD_COLOURS = ("cream", "dark")
FONTS = ("Noto Sans", "DejaVu Sans", "Liberation Sans", "Noto Serif")
HELD_FONTS = ("URW Gothic", "Liberation Serif", "Noto Sans")
SCRIPT = Path(__file__).with_name("data") / "page_parts.js"


@dataclass(frozen=True, slots=True)
class Page:
    """A page and how it is shown: `width` and `height` in its own pixels, of which each is `scale` of the picture's."""

    html: str
    width: int
    height: int
    scale: float
    style: str


class Markup:
    """Parts of a page in the language of its picture. ``data-p`` names the phrase."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.chance = voice.chance

    def words(self, phrase: str) -> str:
        return escape(self.voice(phrase).rstrip("…").strip(" <>"))

    def button(self, phrase: str, kind: str = "") -> str:
        disabled = " disabled" if self.chance.random() < 0.05 else ""
        return f'<button class="{kind}" data-p="{phrase}"{disabled}>{self.words(phrase)}</button>'

    def icon_button(self, phrase: str, sign: str) -> str:
        return f'<button class="icon" data-p="{phrase}" aria-label="{self.words(phrase)}">{sign}</button>'

    def link(self, phrase: str) -> str:
        return f'<a href="#" data-p="{phrase}">{self.words(phrase)}</a>'

    def field(self, phrase: str, kind: str = "text", value: str = "") -> str:
        words = self.words(phrase)
        return (
            f'<div class="field"><label for="{phrase}">{words}</label>'
            f'<input id="{phrase}" type="{kind}" data-p="{phrase}" value="{escape(value)}"></div>'
        )

    def choice(self, phrase: str, entries: Sequence[str]) -> str:
        inner = "".join(f"<option>{escape(entry)}</option>" for entry in entries)
        return (
            f'<div class="field"><label for="{phrase}">{self.words(phrase)}</label>'
            f'<select id="{phrase}" data-p="{phrase}">{inner}</select></div>'
        )

    def check(self, phrase: str) -> str:
        on = " checked" if self.chance.random() < 0.5 else ""
        return f'<label class="check"><input type="checkbox" data-p="{phrase}"{on}> {self.words(phrase)}</label>'

    def switch(self, phrase: str) -> str:
        on = "true" if self.chance.random() < 0.5 else "false"
        return (
            f'<div class="switch"><span id="l-{phrase}">{self.words(phrase)}</span>'
            f'<span role="switch" data-p="{phrase}"'
            f' aria-checked="{on}" aria-labelledby="l-{phrase}" class="knob {on}"></span></div>'
        )

    def prose(self, lines: int) -> str:
        names = ("save", "cancel", "sign_in", "download", "help", "share", "apply", "contact")
        return " ".join(
            escape(self.voice.sentence(*(self.voice(phrase) for phrase in self.chance.sample(names, 2))))
            for _ in range(lines)
        )

    def nav(self) -> str:
        app = escape(self.voice.one("held_apps" if self.voice.held else "apps"))
        links = "".join(map(self.link, ("products", "prices", "blog", "contact", "help")))
        return (
            f'<nav><b>{app}</b>{links}<span class="room"></span>{self.icon_button("search", "⌕")}'
            f"{self.icon_button('cart', '▤')}{self.button('sign_in')}{self.button('sign_up', 'primary')}</nav>"
        )


def shop(make: Markup) -> str:
    cards = "".join(
        f"<article><div class=photo></div><h3>{escape(name)}</h3><p>{make.chance.randint(5, 90)}.99 €</p>"
        f"{make.button('add_to_cart', 'primary')} {make.link('learn_more')}</article>"
        for name in make.voice.some("tracks", 6)
    )
    return f"{make.nav()}<main><h1>{make.words('products')}</h1><div class=cards>{cards}</div></main>"


def form(make: Markup) -> str:
    fields = "".join((
        make.field("first_name", value=make.voice.one("people").split()[0]), make.field("last_name"),
        make.field("email", "email"), make.field("street"), make.field("zip"), make.field("city"),
        make.choice("country", make.voice.some("places", 4)),
    ))  # fmt: skip
    foot = f"{make.button('cancel')} {make.button(make.chance.choice(('send', 'save', 'next')), 'primary')}"
    checks = make.check("notifications") + make.check("accept_license")
    return (
        f"{make.nav()}<main class=narrow><h1>{make.words('contact')}</h1>{fields}{checks}"
        f"<div class=foot>{foot}</div></main>"
    )


def login(make: Markup) -> str:
    return (
        f"{make.nav()}<main class=narrow><h1>{make.words('sign_in')}</h1>{make.field('user_name')}"
        f"{make.field('password', 'password', 'secret99')}{make.check('remember_me')}"
        f"<p>{make.link('forgot_password')}</p>"
        f"<div class=foot>{make.button('sign_in', 'primary')} {make.button('sign_up')}</div></main>"
    )


def settings(make: Markup) -> str:
    phrases = ("general", "appearance", "notifications", "privacy", "security", "accounts", *make.voice.extra(2))
    side = "".join(f"<li>{make.link(phrase)}</li>" for phrase in phrases)
    rows = "".join(map(make.switch, ("dark_mode", "auto_save", "spell_check", "start_login")))
    fields = make.choice("language", ("English", "Deutsch", "Polski")) + make.choice("theme", ("Light", "Dark"))
    foot = f"{make.button('reset')} {make.button('cancel')} {make.button('save', 'primary')}"
    return (
        f"{make.nav()}<main class=two><ul>{side}</ul><section><h1>{make.words('preferences')}</h1>{rows}{fields}"
        f"<div class=foot>{foot}</div></section></main>"
    )


def table(make: Markup) -> str:
    head = "".join(f'<th data-p="{phrase}">{make.words(phrase)}</th>' for phrase in ("name", "city", "date"))
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(make.voice.one('places'))}</td>"
        f"<td>2024-{make.chance.randint(1, 12):02}-{make.chance.randint(1, 28):02}</td>"
        f"<td>{make.button('edit')} {make.button('delete')}</td></tr>"
        for name in make.voice.some("people", 7)
    )
    tools = "".join(map(make.button, ("add", "import", "export", *make.voice.extra(2)))) + make.button("refresh")
    return (
        f"{make.nav()}<main><h1>{make.words('accounts')}</h1><div class=bar>{tools}{make.field('search')}</div>"
        f"<table><tr>{head}<th></th></tr>{rows}</table></main>"
    )


def article(make: Markup) -> str:
    phrases = ("learn_more", "download", "history" if make.voice.held else "updates")
    parts = "".join(
        f"<h2>{escape(title)}</h2><p>{make.prose(4)} {make.link(phrase)}</p>"
        for title, phrase in zip(make.voice.some("subjects", 3), phrases, strict=True)
    )
    foot = "".join(map(make.button, ("share", "print", "subscribe")))
    head = f"{make.nav()}<main class=wide><h1>{escape(make.voice.one('subjects'))}</h1>"
    return f"{head}{parts}<div class=foot>{foot}</div></main>"


PAGES: tuple[Callable[[Markup], str], ...] = (shop, form, login, settings, table, article)


def page(chance: random.Random, voice: Voice) -> Page:
    """A page of some kind, perhaps with a banner about cookies or a dialog before it."""
    make = Markup(voice)
    content = chance.choice(PAGES)(make)
    over = chance.random()
    if over < 0.3:
        buttons = make.button("cookie_settings") + make.button("reject_all") + make.button("accept_all", "primary")
        content += f"<div class=banner><p>{make.prose(1)}</p>{buttons}</div>"
    elif over < 0.5:
        buttons = "".join(map(make.button, ("cancel", "dont_save"))) + make.button("save", "primary")
        question = escape(voice.ask(voice.one("files")))
        content += (
            f'<div class=veil></div><div class=dialog role="dialog" aria-modal="true"><p>{question}</p>{buttons}</div>'
        )
    style = chance.choice(HELD_COLOURS if voice.held else ("light", "light", "grey", "dark"))
    scale = chance.choice((1.0, 1.0, 1.25, 1.5, 2.0))
    width, height = chance.choice(((1280, 720), (1366, 768), (1536, 864), (1100, 800)))
    if scale == 1.0:
        width, height = chance.choice(((1920, 1080), (1600, 900), (1366, 768)))
    family = chance.choice(HELD_FONTS if voice.held else FONTS)
    sheet = _sheet(style, family, chance, width, height)
    script = SCRIPT.read_text("utf-8")
    html = (
        f'<!doctype html><html lang="{voice.language}"><head><meta charset="utf-8"><style>{sheet}</style></head>'
        f"<body><div id=page>{content}</div><script>{script}</script></body></html>"
    )
    return Page(html, width, height, scale, f"page {style}")


def _sheet(style: str, family: str, chance: random.Random, width: int, height: int) -> str:
    ground, surface, text, line = COLOURS[style]
    accent = chance.choice(("#2563eb", "#0f766e", "#b91c1c", "#7c3aed", "#c2410c"))
    radius, size, pad = chance.choice((0, 4, 8, 20)), chance.choice((13, 14, 15, 16, 18)), chance.choice((5, 8, 11))
    return f"""
* {{ box-sizing: border-box }} body {{ margin: 0; font: {size}px '{family}', sans-serif; color: {text} }}
#page {{ position: relative; width: {width}px; height: {height}px; overflow: hidden; background: {ground} }}
nav {{ display: flex; gap: 18px; align-items: center; padding: 10px 28px; background: {surface}; border-bottom: 1px solid {line} }}
.room {{ flex: 1 }} a {{ color: {accent}; filter: brightness({1.6 if style == "dark" else 1}) }} nav a {{ text-decoration: none }}
main {{ padding: 18px 36px }} .narrow {{ width: 460px; margin: 10px auto }} .wide {{ width: 720px; margin: 0 auto; line-height: 1.5 }}
h1 {{ font-size: 1.6em; margin: 8px 0 14px }} button {{ font: inherit; padding: {pad}px {2 * pad}px; border: 1px solid {line};
  border-radius: {radius}px; background: {surface}; color: {text}; margin-right: 6px }} button:disabled {{ opacity: .45 }}
.primary {{ background: {accent}; color: #fff; border-color: {accent} }} .icon {{ border: none; background: none; font-size: 1.3em; padding: 2px 8px }}
.field {{ margin: 6px 0 10px }} .field label {{ display: block; margin-bottom: 3px }} input:not([type=checkbox]), select {{ font: inherit; width: 100%;
  padding: {pad}px; border: 1px solid {line}; border-radius: {min(radius, 8)}px; background: {surface}; color: {text} }}
.check {{ display: table; margin: 8px 0 }} .foot {{ margin-top: 16px }} .bar {{ display: flex; align-items: end; gap: 4px; margin-bottom: 12px }}
.cards {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 20px }} article {{ background: {surface}; border: 1px solid {line};
  border-radius: {radius}px; padding: 14px }} .photo {{ height: 90px; background: linear-gradient(120deg, {accent}, {line}) }} h3 {{ margin: 10px 0 0 }}
.two {{ display: flex; gap: 40px }} .two ul {{ list-style: none; padding: 0; width: 190px }} .two li {{ padding: 8px 0 }} section {{ width: 520px }}
.switch {{ display: flex; justify-content: space-between; padding: 8px 0; border-bottom: 1px solid {line} }}
.knob {{ width: 38px; height: 20px; border-radius: 10px; background: {line}; position: relative }} .knob.true {{ background: {accent} }}
.knob::after {{ content: ""; position: absolute; width: 16px; height: 16px; top: 2px; left: 2px; border-radius: 8px; background: #fff }}
.knob.true::after {{ left: 20px }} table {{ border-collapse: collapse; width: 100% }} td, th {{ text-align: left; padding: 8px 10px; border-bottom: 1px solid {line} }}
.banner {{ position: absolute; left: 0; right: 0; bottom: 0; padding: 16px 36px; background: {surface}; border-top: 2px solid {accent} }}
.veil {{ position: absolute; inset: 0; background: #0008 }} .dialog {{ position: absolute; left: 50%; top: 34%; width: 430px; margin-left: -215px;
  padding: 22px; background: {surface}; border-radius: {radius}px; box-shadow: 0 8px 40px #0007 }}
"""  # noqa: E501
