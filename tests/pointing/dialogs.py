"""Dialogs: questions, settings, printing, files, search, forms, wizards."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QFrame, QLabel, QTabWidget, QWidget

from tests.pointing.kit import Kit

PAGES = ("general", "appearance", "network", "sound", "keyboard", "privacy", "notifications", "accounts", "advanced")


def dialog(kit: Kit) -> QDialog:
    """One of the dialogs below."""
    window = QDialog()
    window.setWindowTitle(kit.one_app())
    kit.chance.choice(DIALOGS)(kit, window)
    return window


def question(kit: Kit, window: QDialog) -> None:
    buttons = kit.chance.choice(
        (
            ("dont_save", "cancel", "save"),
            ("yes", "no", "cancel"),
            ("retry", "ignore", "cancel"),
            ("cancel", "replace"),
            ("cancel", "delete"),
            ("save_all", "dont_save", "cancel", "save"),
        )
    )
    title = kit.text(kit.voice.ask(kit.voice.one("files")))
    font = title.font()
    font.setBold(True)
    title.setFont(font)
    row = [kit.button(phrase, primary=at == len(buttons) - 1, disabled=False) for at, phrase in enumerate(buttons)]
    window.setLayout(kit.column([title, kit.text(kit.prose(1)[0]), None, kit.row([None, *row])]))
    window.resize(kit.chance.randint(420, 520), kit.chance.randint(140, 180))


def settings_tabs(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("preferences").rstrip("…").rstrip())
    tabs = QTabWidget()
    tabs.setProperty("phrases", ["general", "appearance", "advanced"])
    first = [
        kit.group("general", [kit.check("start_login"), kit.check("auto_save"), kit.check("spell_check")]),
        kit.group("options", [kit.check("word_wrap"), kit.check("line_numbers"), *map(kit.check, kit.voice.extra(2))]),
        kit.form([kit.combo("language", ("English", "Deutsch", "Français")), kit.spin("font_size", 40)]),
        None,
    ]
    second = [
        kit.form(
            [
                kit.combo("theme", ("Light", "Dark")),
                kit.combo("font", kit.voice.some("fonts", 4)),
                kit.slider("contrast"),
            ]
        ),
        kit.check("dark_mode"),
        None,
    ]
    third = [kit.check("proxy"), kit.form([kit.line("server", kit.voice.one("servers")), kit.spin("port", 9999)]), None]
    order = [("general", first), ("appearance", second), ("advanced", third)]
    for phrase, content in order:
        page = QWidget()
        page.setLayout(kit.column(content))
        tabs.addTab(page, kit.label_of(phrase))
    tabs.setCurrentIndex(kit.chance.randrange(3))
    window.setLayout(kit.column([tabs, _buttons(kit, ("defaults", None, "ok", "cancel", "apply"))]))
    window.resize(kit.chance.randint(430, 560), kit.chance.randint(380, 520))


def settings_list(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("preferences").rstrip("…").rstrip())
    phrases = [*PAGES, *kit.voice.extra(2)]
    side = kit.list_of([(phrase, kit.voice(phrase)) for phrase in phrases])
    side.setMaximumWidth(190)
    title = QLabel(side.currentItem().text())
    font = title.font()
    font.setPointSize(font.pointSize() + 4)
    title.setFont(font)
    page = [
        title,
        kit.group(
            "display",
            [
                kit.check("dark_mode"),
                kit.check("full_screen"),
                kit.form([kit.slider("brightness"), kit.slider("volume")]),
            ],
        ),
        kit.group(
            "region",
            kit.form([kit.combo("country", kit.voice.some("places", 4)), kit.combo("language", ("English", "Polski"))]),
        ),
        kit.row([kit.button("check_updates"), kit.button("test_connection"), None]),
        None,
    ]
    right = QWidget()
    right.setLayout(kit.column(page))
    window.setLayout(kit.column([kit.row([side, right]), _buttons(kit, (None, "ok", "cancel"))]))
    window.resize(kit.chance.randint(640, 780), kit.chance.randint(440, 540))


def printing(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("print").rstrip("…").rstrip())
    pages = kit.group("pages", kit.radios(("all_pages", "current_page")))
    paper = kit.group("format", [*kit.radios(("portrait", "landscape")), kit.check("double_sided")])
    fields = kit.form(
        [
            kit.combo("printer", kit.voice.some("printers", 3)),
            kit.spin("copies"),
            kit.combo("paper_size", ("A4", "A5", "Letter")),
            kit.combo("quality", ("300 dpi", "600 dpi")),
        ]
    )
    foot = _buttons(kit, ("print_preview", "properties", None, "cancel", "print"))
    window.setLayout(kit.column([fields, kit.row([pages, paper]), None, foot]))
    window.resize(kit.chance.randint(480, 600), kit.chance.randint(340, 420))


def file_choice(kit: Kit, window: QDialog) -> None:
    opens = kit.chance.random() < 0.5
    window.setWindowTitle(kit.voice("open" if opens else "save_as").rstrip("…").rstrip())
    side = kit.list_of([(p, kit.voice(p)) for p in ("home", "desktop", "documents", "downloads", "pictures", "videos")])
    side.setMaximumWidth(160)
    names = kit.voice.some("files", 9)
    rows = [[name, f"{kit.chance.randint(2, 980)} KB", date] for name, date in zip(names, kit.dates(9), strict=True)]
    table = kit.table(("name", "size", "modified"), rows)
    head = kit.row([kit.tool("back"), kit.tool("move_up"), kit.line("search"), kit.button("new_folder")])
    fields = kit.form([kit.line("file_name", names[0]), kit.combo("file_type", ("*.txt", "*.pdf", "*.*"))], above=False)
    foot = _buttons(kit, (None, "cancel", "open" if opens else "save"))
    window.setLayout(kit.column([head, kit.row([side, table]), fields, foot]))
    window.resize(kit.chance.randint(660, 800), kit.chance.randint(400, 500))


def search(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("replace"))
    fields = kit.form([kit.line("search_for", "margin"), kit.line("replace_with")])
    checks = kit.row([kit.check("match_case"), kit.check("whole_words"), None])
    side = kit.column(
        [
            kit.button("find_next", primary=True),
            kit.button("replace"),
            kit.button("replace_all"),
            None,
            kit.button("close"),
        ]
    )
    window.setLayout(kit.row([kit.column([fields, checks, None]), side]))
    window.resize(kit.chance.randint(470, 580), kit.chance.randint(170, 230))


def person(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("address_book"))
    who = kit.voice.one("people").split(" ", 1)
    fields = [
        kit.line("first_name", who[0]),
        kit.line("last_name", who[1]),
        kit.line("email", f"{who[0].lower()}@example.org"),
        kit.line("phone"),
        kit.line("street"),
        kit.line("zip"),
        kit.line("city", kit.voice.one("places")),
        kit.combo("country", kit.voice.some("places", 3)),
    ]
    kept = fields[: kit.chance.randint(5, 8)]
    window.setLayout(
        kit.column(
            [kit.form(kept), kit.check("notifications"), None, _buttons(kit, ("delete", None, "cancel", "save"))]
        )
    )
    window.resize(kit.chance.randint(380, 500), kit.chance.randint(380, 520))


def login(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("sign_in"))
    fields = kit.form(
        [kit.line("server", kit.voice.one("servers")), kit.line("user_name"), kit.line("password", "secret99")]
    )
    link = QLabel(f'<a href="#">{kit.voice("forgot_password")}</a>')
    link.setProperty("phrase", "forgot_password")
    link.setProperty("link", kit.voice("forgot_password"))
    foot = _buttons(kit, ("sign_up", None, "cancel", "sign_in"))
    window.setLayout(kit.column([fields, kit.check("remember_me"), link, None, foot]))
    window.resize(kit.chance.randint(380, 460), kit.chance.randint(240, 320))


def wizard(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("install"))
    banner = QFrame()
    banner.setFixedWidth(120)
    banner.setStyleSheet(f"background: {kit.dress.accent};")
    steps = kit.column(
        [
            kit.text(kit.prose(1)[0]),
            kit.form([kit.line("file_name", "/opt/" + kit.voice.one("projects"))], above=True),
            kit.row([None, kit.button("browse")]),
            kit.check("create_shortcut"),
            kit.check("accept_license"),
            None,
        ]
    )
    content = QWidget()
    content.setLayout(steps)
    foot = _buttons(kit, ("help", None, "back", kit.chance.choice(("next", "install", "finish")), "cancel"))
    window.setLayout(kit.column([kit.row([banner, content]), foot]))
    window.resize(kit.chance.randint(520, 620), kit.chance.randint(340, 420))


def entries(kit: Kit, window: QDialog) -> None:
    window.setWindowTitle(kit.voice("bookmarks" if kit.voice.held else "accounts"))
    people = kit.list_of([("", name) for name in kit.voice.some("people", 7)])
    side = kit.column(
        [*map(kit.button, ("add", "rename", "remove", "move_up", "move_down", *kit.voice.extra(2))), None]
    )
    window.setLayout(kit.column([kit.row([people, side]), _buttons(kit, ("import", "export", None, "close"))]))
    window.resize(kit.chance.randint(420, 540), kit.chance.randint(320, 420))


def _buttons(kit: Kit, phrases):  # type: ignore[no-untyped-def]
    last = [phrase for phrase in phrases if phrase][-1]
    return kit.row([phrase and kit.button(phrase, primary=phrase in ("ok", last)) for phrase in phrases])


DIALOGS: tuple[Callable[[Kit, QDialog], None], ...] = (
    question,
    question,
    settings_tabs,
    settings_list,
    printing,
    file_choice,
    search,
    person,
    login,
    wizard,
    entries,
)
