"""The colours of the roles, and the one style sheet that every picture carries.

The hues are those of Okabe and Ito, which colour-blind readers can tell apart.
Fills and cell borders take the full colour; text and thin lines take a tone of
it that keeps a contrast of at least 4.5 to 1 against the page.
"""

ROLES = ("input", "query", "key", "value", "score", "output")

LETTERS = {
    "input": "x",
    "query": "q",
    "key": "k",
    "value": "v",
    "score": "s",
    "weight": "a",
    "output": "z",
}

#: Full colours on a light page, and the lightened ones on a dark page.
LIGHT = {
    "input": "#009E73",
    "query": "#D55E00",
    "key": "#E69F00",
    "value": "#CC79A7",
    "score": "#0072B2",
    "output": "#F0E442",
}
DARK = {
    "input": "#2FC79B",
    "query": "#FF8A3D",
    "key": "#F5B83D",
    "value": "#E79CC4",
    "score": "#5DB4EA",
    "output": "#F0E442",
}

#: The tones for text and thin lines on a light page. On a dark page the
#: lightened full colours are legible as they are.
TEXT = {
    "input": "#00775A",
    "query": "#B34F00",
    "key": "#8A5F00",
    "value": "#A3497C",
    "score": "#0068A3",
    "output": "#6F6900",
}

INK_LIGHT = {"ink": "#1F2430", "muted": "#5B6472", "guide": "#B9BFC9", "paper": "#FFFFFF"}
INK_DARK = {"ink": "#F0F2F5", "muted": "#AAB1BD", "guide": "#4F5765", "paper": "#14181E"}


def _variables(fills: dict[str, str], texts: dict[str, str], ink: dict[str, str]) -> str:
    """Write one theme as CSS custom properties."""
    pairs = {f"{role}": colour for role, colour in fills.items()}
    pairs |= {f"{role}-t": colour for role, colour in texts.items()}
    pairs |= ink
    return "".join(f"--{name}:{colour};" for name, colour in pairs.items())


# A yellow border cannot be seen on white, so outputs are outlined in their
# text tone there; on a dark page the yellow itself is the outline.
_LIGHT_RULE = _variables(LIGHT, TEXT, INK_LIGHT) + f"--output-b:{TEXT['output']}"
_DARK_RULE = _variables(DARK, DARK, INK_DARK) + f"--output-b:{DARK['output']}"

_ROLE_RULES = "".join(
    f".at .{role}{{--c:var(--{role});--t:var(--{role}-t);--b:var(--{role})}}" for role in ROLES
)

STYLE = (
    f".at{{{_LIGHT_RULE};"
    'font-family:"Source Sans 3",system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",'
    "Arial,sans-serif;font-variant-numeric:tabular-nums;max-width:100%;height:auto}"
    # The site and JupyterLab say their theme on the page; a picture that is
    # opened by itself asks the system. Print is always light.
    f"@media screen{{html[data-theme=dark] .at,body[data-jp-theme-light=false] .at{{{_DARK_RULE}}}}}"
    f"@media screen and (prefers-color-scheme:dark){{svg.at:root{{{_DARK_RULE};"
    "background:var(--paper)}}" + _ROLE_RULES + ".at .output{--b:var(--output-b)}"
    ".at rect.c{fill:var(--c);fill-opacity:.15;stroke:var(--b);stroke-width:1.4}"
    ".at .output rect.c{fill-opacity:.32}"
    ".at text{font-size:15px;fill:var(--ink)}"
    ".at .n text{font-weight:600;text-anchor:middle}"
    ".at .faint rect.c{stroke-opacity:.4;fill-opacity:.08}.at .faint text{fill-opacity:.55}"
    ".at text.l,.at text.u{fill:var(--muted);font-size:14px}.at text.u{font-size:13px}"
    ".at text.h{font-size:15px;font-weight:600}"
    ".at .r{font-weight:700;font-style:italic;fill:var(--t)}.at .b{font-size:11px;fill:var(--muted)}"
    ".at .g{stroke:var(--guide);stroke-width:1.4;fill:none}.at .d{stroke-dasharray:2 4}"
    ".at .k{stroke:var(--muted);stroke-width:1.4;fill:none}"
    # Names in a plot keep clear of the lines behind them.
    ".at .p text{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}"
    ".at .bar{fill:var(--c);stroke:var(--paper);stroke-width:1.5}"
    ".at .off{fill:var(--guide);fill-opacity:.5}.at .on{fill:var(--ink)}.at .past{fill:var(--muted)}"
    ".attention-drawing.lm-Widget.lm-mod-hidden{display:block!important}.attention-unrun{display:none}"
)
