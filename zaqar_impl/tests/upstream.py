# SPDX-License-Identifier: Apache-2.0
"""Runs the kit against upstream Zaqar from PyPI and writes the result as a page of the docs.

Each failing MUST has to be a numbered defect of upstream's; anything else is a mistake of ours, in
the spec or in the case, and makes this program fail.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from zaqar_conformance.report import CaseLine, Report, read
from zaqar_conformance.specdoc import load
from zaqar_conformance.verdict import Verdict, judge_all
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.tests.peer import VERSION, direct, upstream

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conform" / "upstream.rst"

#: Profiles that only a deployment with pools has.
OF_ADMINISTRATORS = ("admin",)
#: What goes beyond v2.
EXTENSIONS = ("queue-moves",)

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
    "generated.bad-data-accepted/flavor_delete": "D-75",
    "generated.bad-data-accepted/pool_delete": "D-75",
    "generated.response-schema/subscription_get": "D-41",
    "generated.response-schema/subscription_list": "D-41",
    "generated.bad-data-accepted/topic_list": "D-47",
    "generated.bad-data-accepted/topic_create": "D-30, D-39",
    "generated.bad-data-accepted/topic_purge": "D-32",
}


def verified(url: str, directory: Path, *options: str) -> Report:
    """The report of a run of the kit."""
    report = directory / "report.jsonl"
    main = "from zaqar_conformance.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", main, "run", "--url", url, "--seed", "1", "--report", str(report),
         *options],
        check=False, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return read(report.read_text().splitlines())


def reports() -> dict[str, Report]:
    """What the kit says of upstream, by what was looked at."""
    with tempfile.TemporaryDirectory() as scratch, EmbeddedMongod(Path(scratch) / "db") as mongod:
        with upstream(Path(scratch), mongod.uri) as url:
            profiles = sorted(load().profiles.keys() - {*OF_ADMINISTRATORS, *EXTENSIONS})
            chosen = [word for profile in profiles for word in ("--profile", profile)]
            plain = verified(url, Path(scratch), "--generated", "50", *chosen)
        # two names of one mongod are two pools, as far as upstream can tell
        pools = [direct(mongod.uri), direct(mongod.uri).replace("127.0.0.1", "localhost")]
        with upstream(Path(scratch), mongod.uri, pooled=True) as url:
            chosen = [word for profile in OF_ADMINISTRATORS for word in ("--profile", profile)]
            chosen += [word for uri in pools for word in ("--pool-uri", uri)]
            pooled = verified(url, Path(scratch), "--header", "X-Roles: admin", *chosen)
    return {"With one store": plain, "With pools": pooled}


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


def page(looked_at: Mapping[str, Report]) -> str:
    """The results as reStructuredText."""
    title = f"Upstream Zaqar {VERSION}"
    lines = [
        "=" * len(title), title, "=" * len(title), "",
        f"What the kit says of upstream {VERSION} (MongoDB driver, gunicorn).",
        "Each MUST that fails is a numbered defect of upstream's, or the run that makes this page "
        "fails.",
        "Moving queues is an extension that upstream can't have.", "",
        "``tox -e upstream`` makes it anew.", "",
    ]  # fmt: skip
    for name, report in looked_at.items():
        lines += [name, "=" * len(name), "", *_section(report)]
    return "\n".join(lines)


def _section(report: Report) -> list[str]:
    found = failures(report)
    passed = len(report.cases) - sum(map(len, found.values()))
    lines = [
        f"Spec {report.header.spec_version}: {passed} of {len(report.cases)} cases pass.", "",
    ]  # fmt: skip
    for verdict, cases in found.items():
        heading = f"{verdict.value.capitalize()}: {len(cases)}"
        lines += [heading, "-" * len(heading), "", ".. list-table::", "   :header-rows: 1", ""]
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
    return lines


def _row(first: str, *others: str) -> list[str]:
    return [f"   * - {first}", *(f"     - {other}" for other in others)]


def _cell(text: str) -> str:
    """One line of literal text, not too long."""
    flat = " ".join(text.replace("`", "'").split())
    cut = flat[:120].strip()
    return f"``{cut}``" if cut else "-"


def main() -> int:
    """Write the page; 1 if a MUST fails that no known defect explains."""
    looked_at = reports()
    PAGE.write_text(page(looked_at) + "\n")
    unproved = (Verdict.FAIL, Verdict.BLOCKED, Verdict.SETUP_FAILED, Verdict.KIT_ERROR)
    unexplained = [
        case.id
        for report in looked_at.values()
        for verdict, cases in failures(report).items()
        if verdict in unproved
        for case in cases
        if case.level == "MUST" and not defect_of(case)
    ]
    for name, report in looked_at.items():
        short = sum(map(len, failures(report).values()))
        print(f"{name}: {len(report.cases)} cases, {short} did not pass")
    for case_id in unexplained:
        print(f"no known defect explains {case_id}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
