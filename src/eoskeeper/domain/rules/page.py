"""The page of the health rules: what operators read, told from what the program judges by.

Titles and remedies come from the declarations, limits and their meanings from the limits' own
docstrings; so the page cannot say anything else than the rules do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec
from msgspec import inspect
from msgspec.structs import FieldInfo

from eoskeeper.domain.findings import Severity
from eoskeeper.domain.policy import Role
from eoskeeper.domain.rules.catalogue import CATALOGUE, Rules
from eoskeeper.domain.rules.rule import Declaration, Limits

__all__ = ["meanings_of", "page_of", "rules_page"]

_HEAD = """\
# Health rules

Made by `scripts/rules-page` from the rules themselves; do not edit.

Every second each rule judges one thing and grades it: *ok*, *degraded*, *failed*, or *unknown* when
there is nothing to judge by. Unknown raises no alarm and ends none. Something bad becomes an alarm
when it lasted for `hold_s`, and is over when it has been good for `clear_s`. While a rule is bad,
the rules that it explains are muted: of a dead node one alarm tells. How urgently people are told
depends on this host's role, A, B, C or F; "-" is never. Where both grades are told, the overview
has how urgent *failed* is.

Each limit can be set in the configuration, for example:

```toml
[rules.{example}]
hold_s = 30
```

`enabled = false` switches a rule off.
"""

_ATTRIBUTE = re.compile(r"^    (\w+): (.*)$")
_ROLES = " | ".join(Role)


def rules_page() -> str:
    """``docs/rules.md`` as it should be."""
    rules = Rules()
    return page_of({name: type(getattr(rules, name)) for name in CATALOGUE}, CATALOGUE)


def page_of(limits: Mapping[str, type[Limits]], catalogue: Mapping[str, Declaration]) -> str:
    """The page in Markdown.

    Args:
        limits: the Struct of each rule.
        catalogue: the declaration of each rule, in the order of the page.
    """
    example = next(iter(catalogue))
    lines = [_HEAD.replace("{example}", example), *_overview(catalogue)]
    for name, declaration in catalogue.items():
        lines += ["", *_section(declaration, limits[name])]
    return "\n".join(lines) + "\n"


def _overview(catalogue: Mapping[str, Declaration]) -> Iterator[str]:
    yield f"| rule | alarm | 告警 | {_ROLES} |"
    yield "|---|---|---|" + "---|" * len(Role)
    for name, declaration in catalogue.items():
        title = declaration.title
        urgency = (_both(declaration, role) for role in Role)
        yield f"| [`{name}`](#{name}) | {title.en} | {title.zh} | {' | '.join(urgency)} |"


def _both(declaration: Declaration, role: Role) -> str:
    """How urgent failed is, or else degraded."""
    return _word(declaration.failed.get(role) or declaration.degraded.get(role))


def _word(severity: Severity | None) -> str:
    return "-" if severity is None else str(severity)


def _section(declaration: Declaration, limits: type[Limits]) -> Iterator[str]:
    title = declaration.title
    yield from (f"## {declaration.name}", "", f"**{title.en}** ({title.zh})", "")
    yield from (_reasoning(limits), "")
    yield from _limits_table(limits)
    yield from ("", f"| grade | {_ROLES} |", "|---|" + "---|" * len(Role))
    for grade, severities in (("failed", declaration.failed), ("degraded", declaration.degraded)):
        if severities:
            yield f"| {grade} | {' | '.join(_word(severities.get(role)) for role in Role)} |"
    if declaration.depends_on:
        causes = ", ".join(f"[`{name}`](#{name})" for name in declaration.depends_on)
        yield from ("", f"Muted while one of these is bad: {causes}.")
    yield from ("", *_remedies(declaration))


def _remedies(declaration: Declaration) -> Iterator[str]:
    yield from ("What to do:", "")
    yield f"* {declaration.remedy.en}"
    yield f"* {declaration.remedy.zh}"
    for code, remedy in declaration.remedies.items():
        yield f"* `{code}`: {remedy.en}"
        yield f"* `{code}`: {remedy.zh}"


def _limits_table(limits: type[Limits]) -> Iterator[str]:
    meanings = meanings_of(Limits) | meanings_of(limits)
    fields = msgspec.structs.fields(limits)
    own = [field for field in fields if field.name not in Limits.__struct_fields__]
    common = [field for field in fields if field.name in {"hold_s", "clear_s"}]
    yield from ("| key | default | allowed | meaning |", "|---|---|---|---|")
    for field in (*own, *common):
        allowed = _allowed(inspect.type_info(field.type))
        meaning = _in_cell(meanings.get(field.name, ""))
        yield f"| `{field.name}` | `{_default(field)}` | {allowed} | {meaning} |"


def _reasoning(limits: type[Limits]) -> str:
    """What stands above the attributes in the docstring, a line for each paragraph."""
    text = (limits.__doc__ or "").partition("Attributes:")[0]
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join(_plain(part) for part in paragraphs if part)


def meanings_of(limits: type[Limits]) -> dict[str, str]:
    """What the docstring says of each attribute, each on one line."""
    meanings: dict[str, str] = {}
    name = ""
    for line in (limits.__doc__ or "").partition("Attributes:")[2].splitlines():
        begins = _ATTRIBUTE.match(line.removeprefix("    "))
        if begins is not None:
            name = begins[1]
            meanings[name] = begins[2]
        elif name and line.strip():
            meanings[name] += " " + line.strip()
    return {key: _plain(text) for key, text in meanings.items()}


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    """As a TOML file would have it; long fractions are cut."""
    match field.default:
        case bool(flag):
            return str(flag).lower()
        case float(number):
            return str(round(number, 4))
        case tuple(items):
            return f"[{', '.join(map(repr, items))}]"
        case other:
            return str(other)


def _allowed(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType():
            return f"whole number, {_span(kind)}"
        case inspect.FloatType():
            return f"number, {_span(kind)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.VarTupleType():
            return "list of texts"
        case _:
            message = f"no word for what may stand there: {kind}"
            raise TypeError(message)


def _span(kind: inspect.IntType | inspect.FloatType) -> str:
    assert kind.ge is not None, "a limit has bounds"
    assert kind.le is not None, "a limit has bounds"
    return f"{kind.ge:.10g} to {kind.le:.10g}"
