"""``vmha policy``: what this controller's policy says, told to the others."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from vmha_ocf.cloud.policy.everywhere import ATTRIBUTE, FAULTY, differs, word_of
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cluster.controllers import controllers
from vmha_ocf.errors import VmhaError
from vmha_ocf.operator.answer import Answer, Level, Table
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.options import add_resource
from vmha_ocf.operator.site import Site


def run(args: Namespace, connect: Connect) -> Answer:
    site = connect()
    configuration = site.configuration()
    path = site.worker(configuration, args.resource).values["policy"]
    me = site.machine.node()
    if not path:
        _say(site, "")
        return Answer(Level.OK, "no policy is set", ["docs/policy.rst says what one is for"])
    try:
        found = site.machine.read_policy(path)
    except VmhaError:
        _say(site, FAULTY)
        raise
    word = word_of(found)
    _say(site, word)
    told = differs(
        me, word, site.notes.read(ATTRIBUTE), controllers(site.cluster.nodes(), configuration)
    )
    data = {"path": path, "policy": word, "same_everywhere": not told}
    if found.faults:
        rows = [(str(one.line), one.key, _what(one.what, one.hint)) for one in found.faults]
        headline = f"{path} is not understood: {len(rows)} faults"
        table = Table("Faults", ("line", "key", "what is wrong -> what to do"), rows)
        return Answer(Level.ERROR, headline, [told] if told else [], [table], data)
    headline = told or f"{path} ({word}) is the policy of all controllers"
    return Answer(Level.ERROR if told else Level.OK, headline, [], list(_tables(found)), data)


def _say(site: Site, word: str) -> None:
    """Raises FlagsUnavailable, FlagNotWritten."""
    me = site.machine.node()
    said = site.notes.read(ATTRIBUTE).get(me, "")
    if word and said != word:
        site.notes.write(me, ATTRIBUTE, word)
    if said and not word:
        site.notes.remove(me, ATTRIBUTE, said)


def _what(what: str, hint: str) -> str:
    return f"{what}\n-> {hint}" if hint else what


def _tables(found: Understood) -> Iterator[Table]:
    excluded = [(str(one.line), ", ".join(one.out_of), one.why) for one in found.policy.exclusions]
    if excluded:
        yield Table("Left alone", ("line", "by", "why"), excluded)
    default = found.policy.default_class
    classes = [
        (one.name, "default" if one.name == default else "") for one in found.policy.classes
    ]
    if classes:
        yield Table("Classes", ("class", ""), classes)


def _configure(parser: ArgumentParser) -> None:
    add_resource(parser)


COMMAND = Command(
    "policy",
    "What this controller's policy says, told to the others",
    run,
    _configure,
    "Reads the file that NovaEvacuate's parameter policy names, as this controller has it, and notes its "
    "digest for the other controllers: as long as they differ, nothing new is begun by it. Run it on each "
    "controller when the file has changed.",
)
