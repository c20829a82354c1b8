"""The toolkit's own theme made from ours: for the palette, the prompt and the ground behind the panels."""

from __future__ import annotations

from textual.theme import Theme as TextualTheme

from spymaster.tui.themes.library import Theme, luminance


def is_dark(theme: Theme) -> bool:
    """Whether the theme's ground is nearer to black than to white."""
    return luminance(theme.colour("ground")) < 0.18


def textual_theme(theme: Theme) -> TextualTheme:
    """A Textual theme with the same colours, named ``spymaster-NAME``."""
    colour = theme.hex
    return TextualTheme(
        name=f"spymaster-{theme.name}",
        primary=colour("reject"),
        secondary=colour("muted"),
        accent=colour("bright"),
        warning=colour("degraded"),
        error=colour("blind"),
        success=colour("green"),
        foreground=colour("text"),
        background=colour("ground"),
        surface=colour("raised"),
        panel=colour("selected"),
        dark=is_dark(theme),
        variables={"input-cursor-background": colour("bright"), "input-cursor-foreground": colour("ground")},
    )
