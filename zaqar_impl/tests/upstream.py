# SPDX-License-Identifier: Apache-2.0
"""Runs the kit against upstream Zaqar from PyPI and writes the result as a page of the docs.

Each failing MUST has to be a numbered defect of upstream's; anything else is a mistake of ours, in
the spec or in the case, and makes this program fail.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from zaqar_conformance.report import CaseLine, Report, read
from zaqar_conformance.specdoc import load
from zaqar_conformance.verdict import Verdict, judge_all
from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.tests.peer import VERSION, direct, upstream, upstream_websocket

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conform" / "upstream.rst"

#: Profiles that only a deployment with pools has.
OF_ADMINISTRATORS = ("admin",)
#: What goes beyond v2.
EXTENSIONS = ("queue-moves", "websocket-extensions")
#: Those of the WebSocket, which are looked at on a server of their own.
OF_WEBSOCKET = ("websocket", "websocket-pre-signed")

#: What the kit finds over the WebSocket beyond the defects that its requirements name. The record
#: was made of the REST API for the most part, so not all has a number.
WEBSOCKET_DEFECTS = {
    "websocket-frames.invalid-text": "drops the connection without a close code",
    "websocket-frames.too-large": "has no largest message",
    "websocket-frames.endless-fragments": "has no largest message",
    "websocket-request.member-types": "D-30",
    "websocket-request.action-missing": "D-70",
    "websocket-request.extension-types": "takes what JSON can't say, and gives it back",
    "websocket-request.binary-values": "takes what JSON can't say, and gives it back",
    "websocket-request.duplicate-keys": "takes the last of two members",
    "websocket-request.project-length": "does not look at the project",
    "websocket-message.same-over-both": "D-35",
    "websocket-message.big-integers": "has no integers beyond 64 bits",
    "websocket-push.own-post": "notifies nobody where it is installed as here, webhooks neither",
    "websocket-push.other-connection": "notifies nobody where it is installed as here",
    "websocket-push.over-rest": "notifies nobody where it is installed as here",
    "websocket-signed.lists": "judges no signature where nobody is authenticated",
    "websocket-signed.other-method": "judges no signature where nobody is authenticated",
    "websocket-signed.other-action": "judges no signature where nobody is authenticated",
    "websocket-signed.changed": "judges no signature where nobody is authenticated",
    "websocket-signed.expired": "judges no signature where nobody is authenticated",
}

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


def of_rest() -> dict[str, Report]:
    """What the kit says of upstream over REST, by what was looked at."""
    with tempfile.TemporaryDirectory() as scratch, EmbeddedMongod(Path(scratch) / "db") as mongod:
        with upstream(Path(scratch), mongod.uri) as url:
            profiles = sorted(
                load().profiles.keys() - {*OF_ADMINISTRATORS, *EXTENSIONS, *OF_WEBSOCKET}
            )
            chosen = [word for profile in profiles for word in ("--profile", profile)]
            plain = verified(url, Path(scratch), "--generated", "50", *chosen)
        # two names of one mongod are two pools, as far as upstream can tell
        pools = [direct(mongod.uri), direct(mongod.uri).replace("127.0.0.1", "localhost")]
        with upstream(Path(scratch), mongod.uri, pooled=True) as url:
            chosen = [word for profile in OF_ADMINISTRATORS for word in ("--profile", profile)]
            chosen += [word for uri in pools for word in ("--pool-uri", uri)]
            pooled = verified(url, Path(scratch), "--header", "X-Roles: admin", *chosen)
    return {"With one store": plain, "With pools": pooled}


def of_websocket() -> dict[str, Report]:
    """The same over the WebSocket, with REST beside it on the same store."""
    chosen = [word for profile in OF_WEBSOCKET for word in ("--profile", profile)]
    with (
        tempfile.TemporaryDirectory() as scratch,
        EmbeddedMongod(Path(scratch) / "db") as mongod,
        upstream(Path(scratch), mongod.uri) as url,
        upstream_websocket(Path(scratch), mongod.uri) as websocket,
    ):
        options = ("--websocket-url", websocket, "--no-generated", *chosen)
        return {"Over the WebSocket": verified(url, Path(scratch), *options)}


def defect_of(case: CaseLine) -> str:
    """The upstream defect that explains a failure; empty if none does."""
    if case.defect:
        return case.defect
    check = case.id.partition("/")[0]
    known = {**GENERATED_DEFECTS, **WEBSOCKET_DEFECTS}
    return known.get(case.id) or known.get(check, "")


def failures(report: Report) -> dict[Verdict, list[CaseLine]]:
    """The cases that did not pass, by verdict."""
    verdicts = judge_all([case.fact for case in report.cases])
    found: dict[Verdict, list[CaseLine]] = {}
    for case in report.cases:
        if verdicts[case.id] is not Verdict.PASS:
            found.setdefault(verdicts[case.id], []).append(case)
    return found


def page(sections: Mapping[str, str]) -> str:
    """The results as reStructuredText."""
    title = f"Upstream Zaqar {VERSION}"
    lines = [
        "=" * len(title), title, "=" * len(title), "",
        f"What the kit says of upstream {VERSION} (MongoDB driver, gunicorn).",
        "Each MUST that fails is a numbered defect of upstream's, or one of the WebSocket that is",
        "told in words, or the run that makes this page fails.",
        "Moving queues, and what the WebSocket has beyond v2, are extensions; upstream has none.",
        "",
        "``tox -e upstream`` makes it anew, ``tox -e upstream -- websocket`` its last part.", "",
    ]  # fmt: skip
    for name, text in sections.items():
        lines += [name, "=" * len(name), "", text]
    return "\n".join(lines)


def stored() -> dict[str, str]:
    """The sections of the page as it is."""
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^(\w[^\n]*)\n=+\n\n", text, flags=re.MULTILINE)
    return {
        name: text.rstrip("\n") + "\n" for name, text in zip(parts[3::2], parts[4::2], strict=True)
    }


def _section(report: Report) -> list[str]:
    found = failures(report)
    passed = len(report.cases) - sum(map(len, found.values()))
    lines = [
        f"Spec {report.header.spec_version}: {passed} of {len(report.cases)} cases pass.", "",
    ]  # fmt: skip
    for verdict, cases in found.items():
        # no heading: two parts may have the same one, and a label is made of each
        lines += [f".. rubric:: {verdict.value.capitalize()}: {len(cases)}", ""]
        lines += [".. list-table::", "   :header-rows: 1", ""]
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


def unexplained(report: Report) -> list[str]:
    """The MUSTs that are not proved and that no known defect explains."""
    unproved = (Verdict.FAIL, Verdict.SETUP_FAILED, Verdict.KIT_ERROR, Verdict.BLOCKED)
    return [
        case.id
        for verdict, cases in failures(report).items()
        if verdict in unproved
        for case in cases
        if case.level == "MUST" and not defect_of(case) and not _is_explained_by_need(case, report)
    ]


def _is_explained_by_need(case: CaseLine, report: Report) -> bool:
    """Whether a case of the WebSocket is blocked by one that a known defect explains."""
    by_id = {one.id: one for one in report.cases}
    needs = [by_id[need] for need in case.needs if need in by_id]
    return case.id.startswith("websocket-") and any(
        defect_of(need) or _is_explained_by_need(need, report) for need in needs
    )


def main(arguments: Sequence[str]) -> int:
    """Write the page; 1 if a MUST fails that no known defect explains."""
    looked_at = {} if "websocket" in arguments else of_rest()
    looked_at |= of_websocket()
    known = stored() if "websocket" in arguments else {}
    sections = {name: "\n".join(_section(report)) for name, report in looked_at.items()}
    PAGE.write_text(page({**known, **sections}) + "\n")
    for name, report in looked_at.items():
        short = sum(map(len, failures(report).values()))
        print(f"{name}: {len(report.cases)} cases, {short} did not pass")
    strange = [case_id for report in looked_at.values() for case_id in unexplained(report)]
    for case_id in strange:
        print(f"no known defect explains {case_id}")
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
