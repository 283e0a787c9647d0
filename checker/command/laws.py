"""`pagelaw laws`: what is judged, in one sentence each, with its source."""

from __future__ import annotations

import json

import click

from .options import CONTRACTS, chosen_laws, law_option


@click.command()
@click.option("--contract", type=click.Choice(CONTRACTS), default="frames", show_default=True, help="Whose laws.")
@law_option
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
def laws(contract: str, law_keys: tuple[str, ...], as_json: bool) -> None:
    """List the laws, with what they say and where they are known from."""
    chosen = chosen_laws(law_keys, contract)
    if as_json:
        keys = ("id", "name", "contract", "statement", "source")
        entries = [{key: getattr(law, key) for key in keys} | {"scope": law.scope.name.lower()} for law in chosen]
        click.echo(json.dumps(entries, indent=2))
        return
    for law in chosen:
        click.echo(f"{law.id:<13} {law.name}")
        click.echo(f"    {law.statement}")
        click.echo(f"    holds for: {law.scope.value}")
        click.echo(f"    source: {law.source}")
