"""Where the columns of a published level stand in its row, for kernels: names become numbers once."""

from __future__ import annotations

from typing import Final

from spymaster.market.rows import LEVEL_ROW

_NAMES: Final = LEVEL_ROW.names or ()

KIND: Final = _NAMES.index("kind")
USER_INDEX: Final = _NAMES.index("user_index")
PRICE: Final = _NAMES.index("price")
RATIO: Final = _NAMES.index("ratio")
DIRECTION: Final = _NAMES.index("direction")
STRONG: Final = _NAMES.index("strong")
VALID_FROM: Final = _NAMES.index("valid_from_s")
IN_BAND: Final = _NAMES.index("in_band")
ARRIVAL: Final = _NAMES.index("arrival_s")
ADDED: Final = _NAMES.index("bucket_added")
PULLED: Final = _NAMES.index("bucket_pulled")
FILLED: Final = _NAMES.index("bucket_filled")
DEPTH: Final = _NAMES.index("depth_in_zone")
HEDGE: Final = _NAMES.index("hedge")
OFI_1S: Final = _NAMES.index("ofi_1s")
