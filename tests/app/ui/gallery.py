"""Draws the window in its states: `python tests/app/ui/gallery.py FOLDER` saves them as pictures, light and dark."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent.parent.parent.parent))

from PySide6.QtCore import QEventLoop, QRect, QTimer
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea

from app.domain.conversation import Answer
from app.domain.models import Download, Work
from app.domain.status import Status
from app.jobs import Jobs
from app.render.view import AnswerView
from app.ui.main_window import MainWindow
from engine.protocol import Found, Offer, Surveyed, TextPlace
from tests.app.ui import document_samples, mark_samples, model_samples, samples

SIZES = {"wide": (1240, 820), "middle": (900, 640), "narrow": (420, 700)}


def settle(milliseconds: int = 400) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def show_answer(window: MainWindow, folder: Path) -> None:
    picture = samples.attachment(folder / "screenshot.png")
    window.set_conversation(
        samples.conversation(
            samples.turn(
                "t1",
                "Where do I change the page margins in this window?",
                samples.finished(image_tokens=1222, reasoning="The dialog has tabs.", reasoning_seconds=12.0),
                picture,
                siblings=("t0", "t1", "t2"),
            )
        )
    )
    window.composer.set_attachments((picture,))
    window.set_status(Status("idle", "Ready. Qwen3.5-4B answers on this computer."))


def show_streaming(window: MainWindow, folder: Path) -> None:
    window.set_conversation(
        samples.conversation(
            samples.turn("t1", "Where do I change the page margins in this window?", samples.finished()),
            samples.turn("t2", "And only for the first page?", Answer("waiting")),
        )
    )
    window.page.extend_answer("t2", "reasoning", "They want a first page style.")
    window.page.extend_answer("t2", "answer", "Give the first page a style of its own: open **Styles**, then")
    window.composer.set_attachments(())
    window.composer.set_text("One more thing, while you write that")
    window.set_status(Status("generating", "Writing, 14 tokens a second"))


def show_reading(window: MainWindow, folder: Path) -> None:
    picture = samples.attachment(folder / "screenshot.png")
    window.composer.set_text("")
    window.set_conversation(
        samples.conversation(samples.turn("t1", "What does this dialog do?", Answer("waiting"), picture))
    )
    window.set_status(Status("generating", "Reading 1,204 of 2,040 tokens", 0.59))


def show_looking(window: MainWindow, folder: Path) -> None:
    picture = samples.attachment(folder / "screenshot.png")
    window.composer.set_attachments(())
    window.set_conversation(
        samples.conversation(
            samples.turn(
                "t1",
                "How wide are the margins?",
                Answer("streaming", looks=(samples.closer_look(picture),)),
                picture,
            )
        )
    )
    window.composer.tools.set_look_closer(True)
    window.set_status(Status("generating", "Looking closer at part of the picture", 0.7))


def show_looked(window: MainWindow, folder: Path) -> None:
    picture = samples.attachment(folder / "screenshot.png")
    begin = "The values are too small to be read with certainty."
    answer = samples.finished(
        f"{begin}\n\n**Left**, **Right**, **Top** and **Bottom** are all set to 2.00 cm.",
        looks=(samples.closer_look(picture, len(begin)),),
    )
    window.set_conversation(samples.conversation(samples.turn("t1", "How wide are the margins?", answer, picture)))
    window.composer.tools.set_look_closer(False)
    window.set_status(Status("idle", "Ready"))


def show_part(window: MainWindow, folder: Path) -> None:
    show_looked(window, folder)
    window.viewer.show_look(samples.closer_look(samples.attachment(folder / "screenshot.png")))


def show_failure(window: MainWindow, folder: Path) -> None:
    offers = (Offer("image_budget", "fast", 9_100), Offer("drop_turns", "4", 21_400))
    window.set_conversation(
        samples.conversation(
            samples.turn(
                "t1",
                "Compare these pages with the first one and list what is different, line by line, with page numbers.",
                samples.finished(
                    "The first three pages agree.", notices=("The model went in circles and began again.",)
                ),
            ),
            samples.turn(
                "t2",
                "And the rest?",
                Answer(
                    "failed",
                    error="The conversation is too long for the memory: it has 40,211 tokens and 32,768 fit.",
                    offers=offers,
                ),
            ),
        )
    )
    window.set_status(Status("idle", ""))
    window.sidebar.delete_wanted.emit("c4")


def show_welcome(window: MainWindow, folder: Path) -> None:
    window.set_conversation(None)
    window.empty.set_model_folder("/models/Qwen3.5-4B")
    window.set_status(Status("idle", "Ready"))


def show_first_run(window: MainWindow, survey: Surveyed | None, *downloads: Download, sizes: bool = False) -> None:
    window.set_conversation(None)
    window.empty.set_model_folder("")
    window.set_model(None)
    window.set_status(Status("stopped", ""))
    window.first_run.set_survey(survey)
    window.first_run.set_downloads(downloads)
    window.sidebar.foot.set_downloads(downloads)
    (another,) = (
        each for each in window.first_run.findChildren(QPushButton) if each.text() in ("Another size…", "All sizes…")
    )
    another.setChecked(sizes)


def show_looking_around(window: MainWindow, folder: Path) -> None:
    show_first_run(window, None)


def show_choose(window: MainWindow, folder: Path) -> None:
    show_first_run(window, model_samples.surveyed(machine=model_samples.GRAPHICS))


def show_choose_size(window: MainWindow, folder: Path) -> None:
    found = Found("/home/ada/.cache/huggingface/hub/models--Qwen--Qwen3.5-4B", "Qwen3.5-4B", 9_330_000_000)
    show_first_run(window, model_samples.surveyed(found=(found,)), sizes=True)


def show_nothing_fits(window: MainWindow, folder: Path) -> None:
    show_first_run(window, model_samples.surveyed(model_samples.too_small()))


def show_fetching(window: MainWindow, folder: Path) -> None:
    show_first_run(window, model_samples.surveyed(), model_samples.running())


def show_paused(window: MainWindow, folder: Path) -> None:
    show_first_run(window, model_samples.surveyed(), model_samples.paused())


def show_fetch_failed(window: MainWindow, folder: Path) -> None:
    show_first_run(window, model_samples.surveyed(), model_samples.failed())


def show_gated(window: MainWindow, folder: Path) -> None:
    show_first_run(window, model_samples.surveyed(), model_samples.gated())


def show_loading(window: MainWindow, folder: Path) -> None:
    window.set_conversation(None)
    window.empty.set_model_folder("/models/Qwen3.5-4B")
    window.set_status(Status("loading", "Loading Qwen3.5-4B, 3.1 of 9.3 GB", 0.33))


def show_load_error(window: MainWindow, folder: Path) -> None:
    window.set_conversation(None)
    window.empty.set_model_folder("/models/Qwen3.5-4B")
    window.set_status(Status("stopped", "config.json in Qwen3.5-4B can not be read. Fetch it again."))


def show_model(window: MainWindow, folder: Path) -> None:
    show_answer(window, folder)
    window.set_model(samples.MODEL)
    here = (
        model_samples.installed(),
        model_samples.installed("Qwen3.5-4B-int8", "int8", used=0.0),
        model_samples.installed(
            "Qwen3.5-2B",
            linked=True,
            used=time.time() - 40 * 86_400,
            problem="model.safetensors-00002-of-00002.safetensors is missing. Get the model again.",
        ),
    )
    sheet = window.models
    sheet.set_survey(model_samples.surveyed(here=here))
    sheet.set_choices(here[0].folder, (here[0].folder, "/home/ada/models/Qwen3.5-9B"), "auto", "auto")
    sheet.set_downloads((model_samples.running(name="qwen3.5-9b", title="Qwen3.5-9B"),))
    sheet.set_work(Work("converting", here[0].folder, 4_000_000_000, 9_330_000_000))
    sheet.open_over()


def show_offers(window: MainWindow, folder: Path) -> None:
    window.models.set_downloads(())
    window.models.set_work(None)
    window.models.offers.fold.setChecked(True)
    settle(50)
    (scroll,) = window.models.findChildren(QScrollArea)
    scroll.verticalScrollBar().setValue(scroll.verticalScrollBar().maximum())


def show_viewer(window: MainWindow, folder: Path) -> None:
    window.models.close_over()
    show_answer(window, folder)
    window.viewer.show_picture(samples.attachment(folder / "screenshot.png"))


def show_sidebar(window: MainWindow, folder: Path) -> None:
    window.viewer.close_over()
    show_answer(window, folder)
    window.header.sidebar_wanted.emit()


def show_document(window: MainWindow, folder: Path) -> None:
    window.set_conversation(samples.conversation(document_samples.turn(), title="When can I cancel the lease"))
    window.composer.set_attachments(())
    window.composer.set_documents(())
    viewer = window.documents.viewer
    if not viewer.property("served"):
        document_samples.serve(viewer)
        viewer.setProperty("served", True)
    window.show_citation(document_samples.lease(), "t1", document_samples.citations()[0])
    window.set_status(Status("idle", "Ready"))


def show_pointing(window: MainWindow, folder: Path) -> None:
    show_document(window, folder)
    settle(300)
    (view, *_) = window.findChildren(AnswerView)
    box = view.widgets[0].sheet.box(view.widgets[0].sheet.links()[0])
    corner = view.mapToGlobal(box.topLeft().toPoint())
    view.citation_pointed.emit(1, QRect(corner, box.size().toSize()))


def show_contents(window: MainWindow, folder: Path) -> None:
    show_document(window, folder)
    window.documents.viewer._header.contents.click()


def show_finding(window: MainWindow, folder: Path) -> None:
    show_document(window, folder)
    viewer = window.documents.viewer
    viewer.open_find()
    viewer._find._field.setText("Tenant")
    settle()
    boxes = [
        box
        for span in document_samples.page_text(7).spans
        for word, box in zip(span.words, span.boxes, strict=True)
        if word == "Tenant"
    ]
    viewer.set_found(document_samples.LEASE, "Tenant", [TextPlace(7, (box,), "", "Tenant", "") for box in boxes])


def show_flowing(window: MainWindow, folder: Path) -> None:
    show_document(window, folder)
    window.documents.viewer.escape()
    found = document_samples.passage(2, document_samples.QUOTE)
    window.documents.show_passage(document_samples.notes_document(), found)


def show_passages(window: MainWindow, folder: Path) -> None:
    show_document(window, folder)
    window.documents.show_passages()
    window.documents.passages.set_names(("lease.pdf",))
    window.documents.passages.ask("When can the tenant leave?")
    window.documents.passages.set_passages([each.passage for each in document_samples.citations()])


def show_document_tiles(window: MainWindow, folder: Path) -> None:
    window.documents.close_side()
    window.set_conversation(samples.conversation(document_samples.turn(), title="When can I cancel the lease"))
    window.composer.set_attachments((samples.attachment(folder / "screenshot.png"),))
    window.composer.set_documents(document_samples.documents())


def show_sources(window: MainWindow, folder: Path) -> None:
    show_document_tiles(window, folder)
    window.composer.set_documents(())
    window.sources.open_for(document_samples.answer(), {})


def show_dropping(window: MainWindow, folder: Path) -> None:
    show_answer(window, folder)
    window._drop_veil.open_over()


def show_marks(window: MainWindow, folder: Path) -> None:
    window.viewer.close_over()
    window.set_conversation(samples.conversation(mark_samples.turn(folder / "screenshot.png")))
    window.composer.set_attachments(())
    window.set_status(Status("idle", "Ready. Qwen3.5-4B answers on this computer."))


def show_lit_mark(window: MainWindow, folder: Path) -> None:
    show_marks(window, folder)
    view = window.findChildren(AnswerView)[-1]
    view.mark_pointed.emit(1)


def show_marks_large(window: MainWindow, folder: Path) -> None:
    show_marks(window, folder)
    window.viewer.show_marks(mark_samples.picture(folder / "screenshot.png"), mark_samples.marks(), 2)


STATES = {
    "marks": show_marks,
    "lit-mark": show_lit_mark,
    "marks-large": show_marks_large,
    "answer": show_answer,
    "streaming": show_streaming,
    "reading": show_reading,
    "looking": show_looking,
    "looked": show_looked,
    "failure": show_failure,
    "welcome": show_welcome,
    "looking-around": show_looking_around,
    "choose": show_choose,
    "choose-size": show_choose_size,
    "nothing-fits": show_nothing_fits,
    "fetching": show_fetching,
    "paused": show_paused,
    "fetch-failed": show_fetch_failed,
    "gated": show_gated,
    "loading": show_loading,
    "load-error": show_load_error,
    "model": show_model,
    "offers": show_offers,
    "viewer": show_viewer,
    "part": show_part,
    "sidebar": show_sidebar,
    "document": show_document,
    "pointing": show_pointing,
    "contents": show_contents,
    "finding": show_finding,
    "flowing": show_flowing,
    "passages": show_passages,
    "document-tiles": show_document_tiles,
    "sources": show_sources,
    "dropping": show_dropping,
}


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0])
    chosen = arguments[1:] or list(STATES)
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    for font in (samples.RESOURCES / "fonts").glob("*.ttf"):
        QFontDatabase.addApplicationFont(str(font))
    application.setFont(QFont("Noto Sans"))
    jobs = Jobs()
    samples.draw_screenshot(folder / "screenshot.png")
    for theme in ("light", "dark"):
        window = samples.make_window(samples.look_of("light"), jobs)
        window.set_look(samples.look_of(theme))
        window.set_model(samples.MODEL)
        window.sidebar.set_summaries(samples.summaries(samples.attachment(folder / "screenshot.png")))
        window.show()
        for state in chosen:
            for name, (width, height) in SIZES.items():
                window.resize(width, height)
                STATES[state](window, folder)
                settle()
                window.grab().save(str(folder / f"{state}-{name}-{theme}.png"))
        window.close()
        window.deleteLater()
        settle(1)
    jobs.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
