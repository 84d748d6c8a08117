"""The Markdown that models write: CommonMark without HTML, tables, strikethrough and TeX.

Maths is ``$…$`` and ``\\(…\\)`` in a line, ``$$…$$`` and ``\\[…\\]`` on lines of its own. The dollar rules are those of
Pandoc (no space inside, no digit after), and a sum of money is not a formula.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

from app.render.dollars import closing_dollar
from app.render.unfinished import settle_inline

STREAMING = "streaming"
"""Key of the parser's environment: true while more text may follow the last block."""

_BLOCK_CLOSERS = {"$$": "$$", "\\[": "\\]"}
_INLINE_CLOSERS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}


def markdown() -> MarkdownIt:
    """A parser whose tokens may also be ``maths_inline`` and ``maths_block`` (content: TeX, markup: the delimiter)."""
    parser = _Parser("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.inline.ruler.before("escape", "maths_inline", _maths_inline)
    parser.block.ruler.before(
        "fence", "maths_block", _maths_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.core.ruler.before("inline", "settle", _settle_last)
    return parser


class _Parser(MarkdownIt):
    """Every target makes a link or a picture: nothing is loaded, and who follows a link looks at its scheme."""

    def validateLink(self, url: str) -> bool:
        """Accept any target; refused ones would be shown as raw Markdown."""
        del url
        return True


def _maths_inline(state: StateInline, silent: bool) -> bool:
    source, start = state.src, state.pos
    opener = source[start : start + 2]
    if opener in _INLINE_CLOSERS:
        closer = _INLINE_CLOSERS[opener]
        end = source.find(closer, start + 2)
        if end < 0 or not source[start + 2 : end].strip():
            return False
        content, stop = source[start + 2 : end], end + 2
    elif opener[:1] == "$":
        end = closing_dollar(source, start)
        if end < 0:
            return False
        content, stop, opener = source[start + 1 : end], end + 1, "$"
    else:
        return False
    if stop > state.posMax:
        return False
    if not silent:
        token = state.push("maths_inline", "", 0)
        token.content, token.markup = content.strip(), opener
        token.meta = {"source": source[start:stop]}
    state.pos = stop
    return True


def _maths_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(start_line):
        return False
    first = state.src[state.bMarks[start_line] + state.tShift[start_line] : state.eMarks[start_line]]
    opener = first[:2]
    if opener not in _BLOCK_CLOSERS:
        return False
    closer = _BLOCK_CLOSERS[opener]
    lines = [first[2:]]
    line = start_line
    while closer not in lines[-1]:
        line += 1
        if line >= end_line or state.sCount[line] < state.blkIndent or state.isEmpty(line):
            break
        lines.append(state.getLines(line, line + 1, state.blkIndent, False))
    closed = closer in lines[-1]
    if closed:
        lines[-1], rest = lines[-1].split(closer, 1)
        if rest.strip():
            return False  # Words follow: a paragraph with a formula in it.
    elif not (state.env.get(STREAMING) and line >= state.lineMax):
        return False
    content = "\n".join(lines).strip()
    if closed and not content:
        return False
    if silent:
        return True
    token = state.push("maths_block", "", 0)
    token.block, token.content, token.markup = True, content, opener
    token.map = [start_line, min(line + 1, end_line)]
    token.meta = {"open": not closed, "source": f"{opener}\n{content}\n{closer}"}
    state.line = token.map[1]
    return True


def _settle_last(state: StateCore) -> None:
    """While text streams in, unfinished emphasis, code, links and formulas at its end are read as if closed."""
    if not state.env.get(STREAMING):
        return
    for index in range(len(state.tokens) - 1, -1, -1):
        token = state.tokens[index]
        if token.type == "inline":
            token.content = settle_inline(token.content)
            if not state.tokens[index - 1].type.startswith(("td", "th")):
                return
        elif token.nesting == 0 or token.type == "tr_open":
            # Behind the cell that is being written the row has empty ones: all of the row is looked at.
            return
