"""Main windows of programs that might be: an editor, mail, pictures, music, files, a spreadsheet, a bookshop's till."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QMainWindow,
    QPlainTextEdit,
    QProgressBar,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from tests.pointing.kit import Kit

FILE = ("new", "open", "open_recent", "-", "save", "save_as", "save_all", "-", "export", "print", "-", "close", "quit")
EDIT = ("undo", "redo", "-", "cut", "copy", "paste", "paste_special", "delete", "-", "select_all", "find", "replace")
VIEW = ("zoom_in", "zoom_out", "full_screen", "-", "~sidebar", "~status_bar", "~line_numbers")
HELP = ("help", "check_updates", "-", "about")


def program(kit: Kit) -> QMainWindow:
    """One of the windows below."""
    window = QMainWindow()
    window.setWindowTitle(kit.one_app())
    kit.chance.choice(PROGRAMS)(kit, window)
    return window


def editor(kit: Kit, window: QMainWindow) -> None:
    tools = ("preferences", *kit.voice.extra(2), "spell_check", "go_to_line")
    kit.menus(window, [("file", FILE), ("edit", EDIT), ("view", VIEW), ("tools", tools), ("help", HELP)])
    kit.tool_bar(window, ("new", "open", "save", "print", "undo", "redo", "cut", "copy", "paste", "find"))
    tabs = QTabWidget()
    for name in kit.voice.some("files", 3):
        page = QPlainTextEdit("\n".join(kit.prose(kit.chance.randint(5, 16))))
        tabs.addTab(page, name)
    tabs.setTabsClosable(False)
    window.setCentralWidget(tabs)
    window.statusBar().addWidget(kit.text(f"{kit.chance.randint(1, 90)}:{kit.chance.randint(1, 60)}  UTF-8"))
    window.resize(kit.chance.randint(640, 900), kit.chance.randint(420, 620))


def mail(kit: Kit, window: QMainWindow) -> None:
    message = ("reply", "reply_all", "forward", "-", "archive", "junk", *kit.voice.extra(2), "delete")
    kit.menus(window, [("file", FILE), ("edit", EDIT), ("view", VIEW), ("message", message), ("help", HELP)])
    kit.tool_bar(window, ("compose", "reply", "reply_all", "forward", "archive", "junk", "delete", "search"))
    folders = QTreeWidget()
    folders.setHeaderHidden(True)
    for account in kit.voice.some("people", 2):
        root = QTreeWidgetItem(folders, [account])
        for phrase in ("inbox", "drafts", "sent", "archive", "junk", "trash"):
            child = QTreeWidgetItem(root, [kit.voice(phrase)])
            child.setData(0, Qt.ItemDataRole.UserRole, phrase)
        root.setExpanded(True)
    mails = zip(kit.voice.some("subjects", 10), kit.voice.some("people", 10), kit.dates(10), strict=True)
    table = kit.table(("subject", "sender", "date"), [list(row) for row in mails])
    body = QPlainTextEdit("\n\n".join(kit.prose(4)))
    right = kit.split(Qt.Orientation.Vertical, (table, 3), (body, 2))
    window.setCentralWidget(kit.split(Qt.Orientation.Horizontal, (folders, 1), (right, 4)))
    window.statusBar().addWidget(kit.text(f"{kit.chance.randint(2, 400)} / {kit.chance.randint(400, 900)}"))
    window.resize(kit.chance.randint(860, 1150), kit.chance.randint(520, 680))


def pictures(kit: Kit, window: QMainWindow) -> None:
    image = ("crop", "rotate_left", "rotate_right", "-", "brightness", "contrast", *kit.voice.extra(2))
    kit.menus(window, [("file", FILE), ("edit", EDIT), ("view", VIEW), ("tools", image), ("help", HELP)])
    kit.tool_bar(window, ("open", "save", "undo", "redo", "crop", "rotate_left", "rotate_right", "zoom_in", "zoom_out"))
    side = QWidget()
    side.setLayout(
        kit.column(
            [
                kit.group(
                    "layers",
                    kit.column(
                        [
                            kit.list_of([("background", kit.voice("background")), ("", "Layer 1"), ("", "Layer 2")]),
                            kit.row(
                                [kit.tool("add"), kit.tool("remove"), kit.tool("move_up"), kit.tool("move_down"), None]
                            ),
                        ]
                    ),
                ),
                kit.group(
                    "options",
                    kit.form(
                        [
                            kit.slider("brightness"),
                            kit.slider("contrast"),
                            kit.spin("width", 4000),
                            kit.spin("height", 4000),
                        ]
                    ),
                ),
                kit.row([None, kit.button("reset"), kit.button("apply", primary=True)]),
            ]
        )
    )
    window.setCentralWidget(kit.split(Qt.Orientation.Horizontal, (kit.canvas(), 3), (side, 1)))
    window.statusBar().addWidget(kit.text("1280 × 800 px   100 %"))
    window.resize(kit.chance.randint(820, 1050), kit.chance.randint(580, 700))


def music(kit: Kit, window: QMainWindow) -> None:
    kit.menus(window, [("file", FILE), ("edit", EDIT), ("view", VIEW), ("help", HELP)])
    kit.tool_bar(window, ("back", "play", "pause", "next", "stop", "shuffle", *kit.voice.extra(2)))
    side = kit.list_of([(p, kit.voice(p)) for p in ("home", "music", "artist", "album", "downloads", "trash")])
    rows = [
        [track, kit.voice.one("bands"), f"{kit.chance.randint(2, 6)}:{kit.chance.randint(10, 59)}"]
        for track in kit.voice.some("tracks", 12)
    ]
    table = kit.table(("title", "artist", "duration"), rows)
    window.setCentralWidget(kit.split(Qt.Orientation.Horizontal, (side, 1), (table, 3)))
    window.statusBar().addPermanentWidget(kit.slider("volume"))
    window.resize(kit.chance.randint(700, 950), kit.chance.randint(440, 600))


def files(kit: Kit, window: QMainWindow) -> None:
    kit.menus(
        window,
        [
            ("file", ("new_window", "new_folder", "-", "rename", "delete", "properties", "-", "close")),
            ("edit", EDIT),
            ("view", VIEW),
            ("help", HELP),
        ],
    )
    kit.tool_bar(window, ("back", "next", "home", "refresh", "search", "new_folder"))
    side = kit.list_of(
        [
            (p, kit.voice(p))
            for p in ("home", "desktop", "documents", "downloads", "pictures", "music", "videos", "trash")
        ]
    )
    names = kit.voice.some("files", 14)
    rows = [[name, f"{kit.chance.randint(2, 980)} KB", date] for name, date in zip(names, kit.dates(14), strict=True)]
    table = kit.table(("name", "size", "modified"), rows)
    window.setCentralWidget(kit.split(Qt.Orientation.Horizontal, (side, 1), (table, 4)))
    window.statusBar().addWidget(kit.text(f"{len(rows)} / {len(rows)}"))
    window.resize(kit.chance.randint(760, 1000), kit.chance.randint(440, 620))


def sheet(kit: Kit, window: QMainWindow) -> None:
    kit.menus(
        window,
        [
            ("file", FILE),
            ("edit", EDIT),
            ("insert", ("new", "pictures", "date")),
            ("format", ("bold", "italic", "underline", "-", "font", "color")),
            ("tools", ("options", *kit.voice.extra(2))),
            ("help", HELP),
        ],
    )
    kit.tool_bar(window, ("new", "open", "save", "print", "undo", "redo", "bold", "italic", "underline"), text=False)
    rows = [
        [
            name,
            kit.voice.one("places"),
            str(kit.chance.randint(12, 9800)),
            f"{kit.chance.randint(1, 400)}.{kit.chance.randint(10, 99)}",
        ]
        for name in kit.voice.some("people", 12)
    ]
    table = kit.table(("name", "city", "zip", "prices"), rows)
    table.setShowGrid(True)
    tabs = QTabWidget()
    tabs.setTabPosition(QTabWidget.TabPosition.South)
    for name in ("2022", "2023", "2024"):
        tabs.addTab(table if name == "2022" else QWidget(), name)
    window.setCentralWidget(tabs)
    window.resize(kit.chance.randint(700, 980), kit.chance.randint(460, 620))


def project(kit: Kit, window: QMainWindow) -> None:
    kit.menus(
        window,
        [
            ("file", FILE),
            ("edit", EDIT),
            ("view", VIEW),
            ("tools", ("options", "check_updates", *kit.voice.extra(2))),
            ("window", ("new_window", "close_all")),
            ("help", HELP),
        ],
    )
    kit.tool_bar(window, ("new", "open", "save", "save_all", "undo", "redo", "find", "replace", "stop", "play"))
    tree = QTreeWidget()
    tree.setHeaderHidden(True)
    for name in kit.voice.some("projects", 2):
        root = QTreeWidgetItem(tree, [name])
        for file in kit.voice.some("files", 5):
            QTreeWidgetItem(root, [file])
        root.setExpanded(True)
    tabs = QTabWidget()
    for name in kit.voice.some("files", 2):
        tabs.addTab(QPlainTextEdit("\n".join(kit.code(24))), name)
    bar = QProgressBar()
    bar.setValue(kit.chance.randint(5, 95))
    bar.setMaximumWidth(140)
    window.setCentralWidget(kit.split(Qt.Orientation.Horizontal, (tree, 1), (tabs, 3)))
    window.statusBar().addPermanentWidget(bar)
    window.resize(kit.chance.randint(820, 1080), kit.chance.randint(520, 680))


PROGRAMS: tuple[Callable[[Kit, QMainWindow], None], ...] = (editor, mail, pictures, music, files, sheet, project)
