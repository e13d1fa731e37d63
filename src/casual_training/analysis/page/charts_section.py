"""The charts on the page, each with the table behind it, by the section that it belongs to."""

from markupsafe import Markup

from casual_training.analysis import parts
from casual_training.analysis.page.headings import view
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.wording import titled

NOTHING = "no run to draw yet"
# Those that the template draws charts in.
SECTIONS = ("comparison", "parts", "scaling", "losses", "diagnostics", "code")


def charts_by_section(study: StudyFolder) -> dict[str, list[dict]]:
    """Return the charts of each section, in the order of the page.

    A chart that is empty says what it waits for (its literal EMPTY, or else NOTHING); if that is "", it is left out.

    Raises:
        ValueError: a chart is of a section that has no charts; one sentence with its name.
    """
    sections: dict[str, list[dict]] = {}
    for name in parts.literals("charts"):
        section = parts.chart(name).SECTION
        if section not in SECTIONS:
            raise ValueError(f"chart {name} has SECTION {section!r}; choose from: {', '.join(SECTIONS)}")
        shown = _shown(study, name)
        if shown["data"]["rows"] or shown["nothing"]:
            sections.setdefault(section, []).append(shown)
    return sections


def _shown(study: StudyFolder, name: str) -> dict:
    chart, behind = parts.chart(name), study.chart_table(name)
    if hasattr(chart, "summary"):
        behind = chart.summary(behind, study)
    svg = study.figure(name).read_text(encoding="utf-8")
    return {
        "name": name,
        "title": titled(chart.TITLE, behind),
        # Our own file, so not escaped; the page is HTML and begins at its root element.
        "svg": Markup(svg[svg.index("<svg") :].replace("<svg ", '<svg role="img" ', 1)),
        "caption": chart.CAPTION,
        "data": view(behind, [column for column in behind.columns if column != "metric"]),  # its heading says it
        "nothing": getattr(chart, "EMPTY", NOTHING),
    }
