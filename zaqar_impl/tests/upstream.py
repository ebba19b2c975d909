# SPDX-License-Identifier: Apache-2.0
"""Runs the kit against upstream Zaqar from PyPI and writes the result as a page of the docs.

Each failing MUST has to be a numbered defect of upstream's; anything else is a mistake of ours, in
the spec or in the case, and makes this program fail.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from zaqar_conformance.report import CaseLine, Report, read
from zaqar_conformance.verdict import Verdict, judge_all
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.tests.peer import VERSION, upstream

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conform" / "upstream.rst"

#: Generated findings have no requirement of their own; these defects explain them, by the check or
#: by the check and the operation. That a falsy value of a wrong type is taken for an absent one is
#: what D-30 and D-32 are made of.
GENERATED_DEFECTS = {
    "generated.server-error": "D-1, D-21, D-30 to D-39",
    "generated.bad-data-accepted/message_post": "D-52",
    "generated.bad-data-accepted/queue_create": "D-30, D-39",
    "generated.bad-data-accepted/queue_purge": "D-32",
    "generated.bad-data-accepted/queue_share": "D-15",
    "generated.response-schema/queue_share": "D-15",
    "generated.bad-data-accepted/topic_list": "D-47",
    "generated.bad-data-accepted/topic_create": "D-30, D-39",
    "generated.bad-data-accepted/topic_purge": "D-32",
}


def verified(url: str, directory: Path) -> Report:
    """The report of a run of the kit."""
    report = directory / "report.jsonl"
    main = "from zaqar_conformance.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", main, "run", "--url", url, "--generated", "50", "--seed", "1",
         "--report", str(report)],
        check=False, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return read(report.read_text().splitlines())


def defect_of(case: CaseLine) -> str:
    """The upstream defect that explains a failure; empty if none does."""
    if case.defect:
        return case.defect
    check = case.id.partition("/")[0]
    return GENERATED_DEFECTS.get(case.id) or GENERATED_DEFECTS.get(check, "")


def failures(report: Report) -> dict[Verdict, list[CaseLine]]:
    """The cases that did not pass, by verdict."""
    verdicts = judge_all([case.fact for case in report.cases])
    found: dict[Verdict, list[CaseLine]] = {}
    for case in report.cases:
        if verdicts[case.id] is not Verdict.PASS:
            found.setdefault(verdicts[case.id], []).append(case)
    return found


def page(report: Report) -> str:
    """The result as reStructuredText."""
    title = f"Upstream Zaqar {VERSION}"
    found = failures(report)
    passed = len(report.cases) - sum(map(len, found.values()))
    lines = [
        "=" * len(title), title, "=" * len(title), "",
        f"What the kit says of upstream {VERSION} (MongoDB driver, gunicorn), "
        f"spec {report.header.spec_version}:",
        f"{passed} of {len(report.cases)} cases pass.",
        "Each MUST that fails is a numbered defect of upstream's, or the run that makes this page "
        "fails.", "",
        "``tox -e upstream`` makes it anew.", "",
    ]  # fmt: skip
    for verdict, cases in found.items():
        heading = f"{verdict.value.capitalize()}: {len(cases)}"
        lines += [heading, "=" * len(heading), "", ".. list-table::", "   :header-rows: 1", ""]
        lines += _row("Case", "Level", "Defect", "Expected", "Observed")
        for case in sorted(cases, key=lambda case: case.id):
            lines += _row(
                f"``{case.id}``",
                case.level,
                defect_of(case) or "-",
                _cell(case.expected),
                _cell(case.observed or case.cause),
            )
        lines.append("")
    return "\n".join(lines)


def _row(first: str, *others: str) -> list[str]:
    return [f"   * - {first}", *(f"     - {other}" for other in others)]


def _cell(text: str) -> str:
    """One line of literal text, not too long."""
    flat = " ".join(text.replace("`", "'").split())
    cut = flat[:120].strip()
    return f"``{cut}``" if cut else "-"


def main() -> int:
    """Write the page; 1 if a MUST fails that no known defect explains."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        EmbeddedMongod(Path(scratch) / "db") as mongod,
        upstream(Path(scratch), mongod.uri) as url,
    ):
        report = verified(url, Path(scratch))
    PAGE.write_text(page(report) + "\n")
    found = failures(report)
    unproved = (Verdict.FAIL, Verdict.BLOCKED, Verdict.SETUP_FAILED, Verdict.KIT_ERROR)
    unexplained = [
        case.id
        for verdict in unproved
        for case in found.get(verdict, [])
        if case.level == "MUST" and not defect_of(case)
    ]
    print(f"{len(report.cases)} cases, {sum(map(len, found.values()))} did not pass")
    for case_id in unexplained:
        print(f"no known defect explains {case_id}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
