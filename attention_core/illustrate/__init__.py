"""Pictures of attention, drawn from the arrays and from nothing else.

Every function returns a `Figure`, which shows itself in a notebook and on a
page, follows the page between light and dark, and says in words what is in it.
Pictures of cells and numbers are plain SVG; `plane` and `plot` need matplotlib.
"""

from .animation import Animation
from .areas import areas
from .backward import backward
from .bank import company
from .clocks import clocks, pairings, stripes
from .dial import Dial, dial
from .editable import Bench, bench
from .elements import Elements, enable
from .every_head import EveryHead, atlas
from .figure import Figure
from .frames import overview, step
from .generated import cached, chances
from .growth import growth
from .hidden import masked
from .listing import Source, source
from .museum import against, caught, wall
from .palette import DARK, LIGHT, ROLES, TEXT
from .pictures import (
    dot_products,
    heatmap,
    lookup,
    matrices,
    matrix,
    product,
    projections,
    softmax_steps,
    spelled,
    vectors,
    weighted_sum,
    weighted_values,
)
from .plots import Arrow, Line, Point, plane, plot
from .receptive import receptive_fields
from .relatives import departures, spending
from .scrubber import Scrubber, scrubber
from .sequences import animate
from .several import heads
from .side_by_side import heatmaps
from .sizes import shapes
from .spread import spread
from .stream import stream
from .strip import Strip, strip
from .survey import survey
from .sweep import sweep
from .words import drift, pieces

__all__ = [
    "DARK",
    "LIGHT",
    "ROLES",
    "TEXT",
    "Animation",
    "Arrow",
    "Bench",
    "Dial",
    "Elements",
    "EveryHead",
    "Figure",
    "Line",
    "Point",
    "Scrubber",
    "Source",
    "Strip",
    "against",
    "animate",
    "areas",
    "atlas",
    "backward",
    "bench",
    "cached",
    "chances",
    "caught",
    "clocks",
    "company",
    "departures",
    "dial",
    "dot_products",
    "drift",
    "enable",
    "growth",
    "heads",
    "heatmap",
    "heatmaps",
    "lookup",
    "masked",
    "matrices",
    "matrix",
    "overview",
    "pairings",
    "pieces",
    "plane",
    "plot",
    "product",
    "projections",
    "receptive_fields",
    "scrubber",
    "shapes",
    "softmax_steps",
    "source",
    "spelled",
    "spending",
    "spread",
    "step",
    "stripes",
    "stream",
    "strip",
    "survey",
    "sweep",
    "vectors",
    "wall",
    "weighted_sum",
    "weighted_values",
]
