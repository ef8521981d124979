"""What `banks.toml` must have within itself (switch/config): groups, classes of line, the centre.

A wrong group would send a transaction to the wrong host or price it wrongly, so nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

from switch.config.faults import Location
from switch.config.files import BanksFile
from switch.config.reading import Source


def check_institutions(source: Source[BanksFile], banks: BanksFile) -> None:
    """Check the groups, registered classes and links of all institutions; add faults."""
    source.check_unique("group", "id", (entry.id for entry in banks.group))
    _check_groups(source, banks)
    for index, acquirer in enumerate(banks.acquirer):
        if acquirer.alternate == acquirer.access:
            reason = f"is the access itself, {acquirer.access}: an alternate is another class"
            source.fault(("acquirer", index, "alternate"), reason)
    for index, issuer in enumerate(banks.issuer):
        _check_links(source, banks, ("issuer", index, "links"), issuer.links)
    _check_social(source, banks)
    _check_products(source, banks)
    clearing = banks.clearing
    _check_links(source, banks, ("clearing", "links"), clearing.links)
    if clearing.profile == "member" and not clearing.links:
        source.fault(("clearing", "profile"), "member needs links to the centre")
    elif clearing.profile == "direct":
        if clearing.links:
            reason = "direct has no centre to lead to: the switch itself is it"
            source.fault(("clearing", "links"), reason)
        for index, issuer in enumerate(banks.issuer):
            if not issuer.links:
                source.fault(("issuer", index, "links"), "no link leads there")


def _check_social(source: Source[BanksFile], banks: BanksFile) -> None:
    social, classes = banks.social, {link.name: link.link_class for link in banks.link}
    if social is None:
        return
    _check_links(source, banks, ("social", "links"), social.links)
    for name in social.links:
        if classes.get(name, "jinbao") != "jinbao":
            reason = f"{name} is of class {classes[name]}: social services go over 金保专网 only"
            source.fault(("social", "links"), reason)
    if social.id in {entry.id for entry in banks.issuer}:
        source.fault(("social", "id"), f"{social.id} is an issuer too")


def _check_products(source: Source[BanksFile], banks: BanksFile) -> None:
    products, social = banks.products, banks.social
    if products is None:
        return
    _check_links(source, banks, ("products", "links"), products.links)
    others = {entry.id: "an issuer" for entry in banks.issuer}
    if social is not None:
        others[social.id] = "the social-security host"
    if products.id in others:
        source.fault(("products", "id"), f"{products.id} is {others[products.id]} too")


def _check_groups(source: Source[BanksFile], banks: BanksFile) -> None:
    known = {entry.id for entry in banks.group}
    group_of = {entry.id: entry.group for entry in banks.acquirer}
    groups_of = {
        "acquirer": [entry.group for entry in banks.acquirer],
        "issuer": [entry.group for entry in banks.issuer],
    }
    for table, groups in groups_of.items():
        for index, group in enumerate(groups):
            if group is not None and group not in known:
                reason = f"no group {group} in {source.place('group')}"
                source.fault((table, index, "group"), reason)
    for index, issuer in enumerate(banks.issuer):
        is_both = issuer.id in group_of
        if is_both and (issuer.group is None or group_of[issuer.id] != issuer.group):
            reason = f"{issuer.id} is an acquirer too: both need the same group"
            source.fault(("issuer", index, "group"), reason)


def _check_links(
    source: Source[BanksFile], banks: BanksFile, where: Location, names: Sequence[str]
) -> None:
    classes = {link.name: link.link_class for link in banks.link}
    seen: dict[str, str] = {}
    for name in names:
        if name not in classes:
            source.fault(where, f"no link {name} in {source.place('link')}")
        elif (other := seen.setdefault(classes[name], name)) != name:
            source.fault(where, f"{other} and {name} are both of class {classes[name]}")
        elif list(names).count(name) > 1:
            source.fault(where, f"{name} is named twice")
