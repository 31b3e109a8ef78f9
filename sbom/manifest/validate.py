"""Texts of the manifest that have a grammar of their own, and names in it that lead nowhere."""

from __future__ import annotations

import re

from sbom.binaries import rules as rule
from sbom.manifest.channels import DEFAULT, file_fault
from sbom.manifest.component_spec import Inclusion
from sbom.manifest.fields import Report
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import validate_line_range, validate_version_range
from sbom.manifest.version_source import VersionSource
from sbom.script.externals import split_tag


def check_texts(manifest: Manifest, report: Report) -> None:
    """Report texts that have a grammar of their own: ranges, patterns, tags under their name."""
    _check_pins(manifest, report)
    _check_platforms(manifest, report)
    _check_channels(manifest, report)
    _check_lists(manifest, report)
    platforms = {platform.name for platform in manifest.platforms}
    for key, names in _TEMPLATES.items():
        if fault := _template_fault(getattr(manifest.cpython, key), names):
            report(f"cpython.{key.replace('_', '-')}", fault)
    for identity in manifest.components:
        place = f"component.{identity.key}"
        if fault := validate_line_range(identity.lines):
            report(f"{place}.lines", fault)
        if fault := _pattern_fault(identity.revision_pattern):
            report(f"{place}.revision-pattern", fault)
        for n, override in enumerate(identity.when):
            if fault := validate_version_range(override.versions):
                report(f"{place}.when[{n}].versions", fault)
        for n, row in enumerate(identity.ships):
            _check_row(row, f"{place}.ships[{n}]", platforms, report)
        for n, evidence in enumerate(identity.evidence):
            for fault in rule.validate_evidence_rule(evidence):
                report(f"{place}.evidence[{n}]", fault)


def _check_pins(manifest: Manifest, report: Report) -> None:
    """Report tags that are not of their table's name, and conditions that contradict themselves."""
    for pin in manifest.pins:
        if split_tag(pin.tag)[0] not in ("", pin.name):
            report(f"{pin.key}.tag", f"'{pin.tag}' is no tag of '{pin.name}'")
        if pin.default and pin.enabled_by:
            report(f"{pin.key}.enabled-by", "is for externals with 'default = false'")
        if pin.disabled_by and not pin.default:
            report(f"{pin.key}.disabled-by", "is for externals that are fetched by default")


def _check_lists(manifest: Manifest, report: Report) -> None:
    """Report version sources and exemptions whose texts are not of their grammar."""
    for n, stated in enumerate(manifest.version_sources):
        if fault := validate_line_range(stated.lines):
            report(f"version-source[{n}].lines", fault)
        if fault := _place_fault(stated):
            report(f"version-source[{n}]", fault)
    ranges = {"export.script-order-versions": manifest.upstream.script_order_versions}
    ranges |= {
        f"exported[{n}].cpython-versions": one.cpython_versions
        for n, one in enumerate(manifest.upstream_entries)
    }
    for place, text in ranges.items():
        if fault := validate_version_range(text):
            report(place, fault)
    for n, one in enumerate(manifest.exemptions):
        if fault := validate_line_range(one.lines):
            report(f"exemption[{n}].lines", fault)


def _check_platforms(manifest: Manifest, report: Report) -> None:
    """Report platforms whose name cannot be part of a file's, or that no line can have."""
    for platform in manifest.platforms:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", platform.name):
            report(f"platform.{platform.name}", "is no name of letters, digits, '-' and '_'")
        if fault := validate_line_range(platform.lines):
            report(f"platform.{platform.name}.lines", fault)


def _check_row(row: Inclusion, place: str, platforms: set[str], report: Report) -> None:
    if fault := validate_version_range(row.revisions):
        report(f"{place}.revisions", fault)
    if fault := validate_line_range(row.lines):
        report(f"{place}.lines", fault)
    for unknown in sorted(row.files_on.keys() - platforms):
        report(f"{place}.files-on.{unknown}", "is no platform of this manifest")


def _check_channels(manifest: Manifest, report: Report) -> None:
    """Report variants and channels that name what there is not, or files that cannot be."""
    for variant in manifest.variants:
        if fault := validate_line_range(variant.lines):
            report(f"variant.{variant.name}.lines", fault)
    platforms = {platform.name for platform in manifest.platforms}
    variants = {DEFAULT, *(variant.name for variant in manifest.variants)}
    channels = {channel.name: channel for channel in manifest.channels}
    for channel in manifest.channels:
        place = f"channel.{channel.name}"
        lines = {"lines": channel.lines, "optional-lines": channel.optional_lines}
        lines |= {f"lines-on.{name}": text for name, text in channel.lines_on.items()}
        for key, text in lines.items():
            if fault := validate_line_range(text):
                report(f"{place}.{key}", fault)
        if channel.variant not in variants:
            report(f"{place}.variant", f"there is no [variant.{channel.variant}]")
        if channel.embeds_channel and channel.embeds_channel not in channels:
            report(f"{place}.embeds-channel", f"there is no [channel.{channel.embeds_channel}]")
        for name, template in channel.files.items():
            if fault := file_fault(template):
                report(f"{place}.files.{name}", fault)
        for key in ("files", "lines_on", "package_ids", "purls"):
            for unknown in sorted(getattr(channel, key).keys() - platforms):
                named = key.replace("_", "-")
                report(f"{place}.{named}.{unknown}", "is no platform of this manifest")
        if fault := _braces_fault(
            channel.download_location, {"file", "id", "nuget", "release", "version"}
        ):
            report(f"{place}.download-location", fault)


def _braces_fault(template: str, names: set[str]) -> str:
    found = re.findall(r"\{([^{}]*)\}", template)
    if set(found) <= names and template.count("{") == template.count("}") == len(found):
        return ""
    return f"has braces round something else than {', '.join(sorted(names))}"


#: The names that an address in ``[cpython]`` has in braces.
_TEMPLATES = {
    "source_url": {"release", "version"},
    "archive_url": {"organization", "repository", "tag"},
    "branch_url": {"organization", "repository", "tag"},
    "file_url": {"organization", "path", "ref"},
}


def _template_fault(template: str, names: set[str]) -> str:
    found = set(re.findall(r"\{([^{}]*)\}", template))
    if found == names and template.count("{") == template.count("}") == len(names):
        return ""
    wanted = " and ".join(f"{{{name}}}" for name in sorted(names))
    return f"does not have {wanted}, each once and no other braces"


def _place_fault(place: VersionSource) -> str:
    if sum(map(bool, (place.pattern, place.property, place.package))) != 1:
        return "has not one of 'pattern', 'property' and 'package'"
    if not place.pattern:
        return ""
    try:
        groups = set(re.compile(place.pattern).groupindex)
    except re.error as error:
        return f"has a 'pattern' that is no regular expression: {error}"
    if "version" in groups or "major" in groups:
        return ""
    return "has a 'pattern' without a group named 'version'"


def _pattern_fault(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        return f"is no regular expression: {error}"
    if pattern and "version" not in groups:
        return "has no group named 'version'"
    return ""
