"""A lease as people have them: the document of the end-to-end tests and of the pictures."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer

NAME = "lease.pdf"
QUESTION = "When can I cancel, and where does it say so?"
CLAUSE = (
    "The Tenant may terminate after the first twelve months by giving two months' notice in writing, to the end of a "
    "calendar month."
)
SECTIONS = (
    (
        "1. Parties and rooms",
        "This lease is made between Harbour Homes Ltd, the Landlord, and the person on the last page, the Tenant.",
        "The rooms are on the second floor of 14 Quay Street: three rooms, a kitchen, a bath, and a cellar.",
        "The Tenant receives three keys to the house and two to the cellar.",
    ),
    (
        "2. Rent and costs",
        "The rent is 940 pounds a month and is due on the third working day of each month.",
        "Heating and water are paid in advance with 110 pounds a month and settled once a year, by the end of March.",
        "The rent may be raised once a year, by not more than 5 %, with three months' notice in writing.",
    ),
    (
        "3. Repairs",
        "Small repairs up to 80 pounds each, and 300 pounds in a year, are paid by the Tenant.",
        "Damage is reported at once; the Landlord begins repairs within two weeks.",
        "The Tenant may paint the walls in light colours without asking.",
    ),
    (
        "4. Use of the rooms",
        "The rooms are let for living only. A desk for one's own work is allowed, customers are not.",
        "Small animals in cages are allowed; dogs and cats need the Landlord's consent.",
        "Music is played at room volume between ten in the evening and seven in the morning.",
    ),
    (
        "5. Term and termination",
        "The lease begins on 1 April, for an indefinite time. The first twelve months are fixed for both parties.",
        CLAUSE,
        "The Landlord may terminate for own use by giving six months' notice, stating the reasons.",
        "On termination the Tenant returns all keys and leaves the rooms swept. Small holes are filled.",
    ),
    (
        "6. Deposit",
        "The deposit is two months' rent. It is kept apart from the Landlord's own money.",
        "It is paid back within six weeks after the keys were returned, less what is still owed.",
    ),
)


def write_lease(folder: Path) -> Path:
    """A page for each section."""
    styles = getSampleStyleSheet()
    story = []
    for title, *clauses in SECTIONS:
        number = title.split(".")[0]
        story += [Paragraph(title, styles["Heading2"]), Spacer(1, 8)]
        for index, clause in enumerate(clauses, 1):
            story += [Paragraph(f"{number}.{index} {clause}", styles["BodyText"]), Spacer(1, 10)]
        story.append(PageBreak())
    path = folder / NAME
    SimpleDocTemplate(str(path), title="Lease, 14 Quay Street", author="", invariant=1).build(story)
    return path
