"""click, speaking the language of the settings: usage, help and what is wrong with a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from rag.terminal.texts import Texts

Check = Callable[[click.Context, click.Parameter, Any], Any]
"""What click calls with an option's value, to be given the one to use."""


class Command(click.Command):
    """A command whose usage and help are put together from ``words``.

    Args:
        words: the texts.
        summary: what it is for, in a line.
        more: what else its help says; line ends are kept.
        keywords: what :class:`click.Command` takes.
    """

    def __init__(self, words: Texts, summary: str, more: str = "", **keywords: Any) -> None:
        # \b: click would otherwise wrap the lines, counting a Chinese character as one cell
        paragraphs = "".join(f"\b\n{text}\n\n" for text in (summary, more) if text)
        super().__init__(
            help=paragraphs,
            short_help=summary.partition("\n")[0],
            add_help_option=False,
            options_metavar=words.options_metavar,
            **keywords,
        )
        self.words = words
        self.params.append(
            click.Option(
                ["--help"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_help,
                help=words.help,
            )
        )

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line of usage."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=self.words.usage)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [option.get_help_record(ctx) for option in options]
        with formatter.section(self.words.options):
            formatter.write_dl([record for record in records if record])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, and refuse what is left over."""
        ctx.allow_extra_args = True
        try:
            rest = super().parse_args(ctx, args)
        except click.BadOptionUsage as error:
            error.ctx = ctx  # click leaves it out
            raise
        if rest and not isinstance(self, click.Group):
            raise click.UsageError(self.words.surplus.format(names=" ".join(rest)), ctx)
        return rest


class Group(Command, click.Group):
    """A group of commands, the same way."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        with formatter.section(self.words.commands):
            formatter.write_dl(
                [(name, command.short_help or "") for name, command in self.commands.items()]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that ``args`` begin with."""
        if args[0] not in self.commands:
            raise click.UsageError(self.words.no_such_command.format(name=args[0]), ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of their use."""
        return list(self.commands)


def whole(words: Texts) -> Check:
    """A check that an option's value is a whole number."""

    def check(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
        try:
            return None if value is None else int(value)
        except ValueError:
            problem = words.not_whole.format(name=param.opts[0], value=value)
            raise click.UsageError(problem, ctx) from None

    return check


def text(words: Texts) -> Check:
    """A check that an argument's bytes were text in the encoding of the system."""

    def check(ctx: click.Context, param: click.Parameter, value: str) -> str:
        if not any("\ud800" <= char <= "\udfff" for char in value):
            return value
        problem = words.not_text.format(name=param.human_readable_name)
        raise click.UsageError(problem, ctx)

    return check


def one_of(words: Texts, choices: Sequence[str]) -> Check:
    """A check that an option's value is one of ``choices``."""

    def check(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
        if value is None or value in choices:
            return value
        names = " ".join(choices)
        problem = words.not_one_of.format(name=param.opts[0], names=names, value=value)
        raise click.UsageError(problem, ctx)

    return check


def describe(error: click.UsageError, words: Texts) -> str:
    """What is wrong with a call, and where to look, on one line."""
    command = error.ctx.command_path if error.ctx else "rag"
    return words.see_help.format(problem=_problem(error, words), command=command)


def _problem(error: click.UsageError, words: Texts) -> str:
    if isinstance(error, click.NoSuchOption):
        problem = words.no_such_option.format(name=error.option_name)
        if error.possibilities:
            names = " ".join(sorted(error.possibilities))
            problem = words.perhaps.format(problem=problem, names=names)
        return problem
    if isinstance(error, click.BadOptionUsage):
        options = error.ctx.command.params if error.ctx else []
        flags = {name for option in options if _is_flag(option) for name in option.opts}
        template = words.takes_no_value if error.option_name in flags else words.needs_value
        return template.format(name=error.option_name)
    if isinstance(error, click.MissingParameter):
        return words.missing.format(name=error.param.human_readable_name if error.param else "")
    if type(error) is click.UsageError:  # one of ours, in the language already
        return error.message
    return words.bad_usage


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help())
        ctx.exit()


def _is_flag(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and option.is_flag
