"""How a child grows and an adult stays: lengths and weights along one child's own line between the reference curves.

LMS: value = M (1 + L S z)^(1/L) (Cole and Green 1992, doi:10.1002/sim.4780111005); reference points in
`growth_table`. A child keeps its z but for a slow drift, so that its points make a smooth line.
"""

from bisect import bisect_right
from collections.abc import Sequence
from math import exp

from carewright.project.simulator.growth_table import Row

DAYS_PER_MONTH = 30.4375


def reference(rows: Sequence[Row], *, age_days: float, z: float) -> float:
    """The measurement at `age_days` of somebody `z` standard deviations from the median; ends are held."""
    months = min(max(age_days / DAYS_PER_MONTH, rows[0][0]), rows[-1][0])
    after = min(max(bisect_right(rows, months, key=lambda row: row[0]), 1), len(rows) - 1)
    low, high = rows[after - 1], rows[after]
    share = (months - low[0]) / (high[0] - low[0])
    bend, median, spread = (low[i] + share * (high[i] - low[i]) for i in (1, 2, 3))
    if abs(bend) < 0.01:
        return median * exp(spread * z)
    # Far from the median the power may lose its base; the floor keeps such a child at the reference's edge.
    return float(median * max(1 + bend * spread * z, 0.2) ** (1 / bend))


def newborn_share(age_days: float) -> float:
    """Weight as a share of the birth line: a term newborn loses about 7 % by day 3 and is back by about day 12.

    Source: Flaherman et al. 2015, Pediatrics 135(1):e16 (median loss at 72 h, vaginal birth 4.9 to 7 %); Macdonald et
    al. 2003, Arch Dis Child 88:F472 (median loss 6.6 %, regained at 8.3 days, 95 % by day 19).
    """
    if age_days >= 12:
        return 1.0
    return 1 - 0.066 * (age_days / 3 if age_days < 3 else (12 - age_days) / 9)
