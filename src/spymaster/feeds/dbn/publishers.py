"""The vendor's numbers of publishers: which dataset and venue a record's ``publisher_id`` stands for.

The vendor adds numbers without notice (new option exchanges, new tapes). One that is not here is carried, counted and
named as unknown; nothing is ever rejected for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import PUBLISHER_SHIFT
from spymaster.market.kinds import Kind


class Publisher(NamedTuple):
    """Who publishes: a dataset (``OPRA.PILLAR``) and within it a venue (``XCBO``)."""

    dataset: str
    venue: str


_NUMBERED: Final = """
GLBX.MDP3 1:GLBX
XNAS.ITCH 2:XNAS
XBOS.ITCH 3:XBOS
XPSX.ITCH 4:XPSX
BATS.PITCH 5:BATS
BATY.PITCH 6:BATY
EDGA.PITCH 7:EDGA
EDGX.PITCH 8:EDGX
XNYS.PILLAR 9:XNYS
XCIS.PILLAR 10:XCIS
XASE.PILLAR 11:XASE
XCHI.PILLAR 12:XCHI
XCIS.BBO 13:XCIS
XCIS.TRADES 14:XCIS
MEMX.MEMOIR 15:MEMX
EPRL.DOM 16:EPRL
XNAS.NLS 17:FINN 18:FINC 47:XNAS 86:XBOS 87:XPSX
XNYS.TRADES 19:FINY 45:XNYS 96:EQUS
OPRA.PILLAR 20:AMXO 21:XBOX 22:XCBO 23:EMLD 24:EDGO 25:GMNI 26:XISX 27:MCRY 28:XMIO 29:ARCO 30:OPRA 31:MPRL
OPRA.PILLAR 32:XNDQ 33:XBXO 34:C2OX 35:XPHL 36:BATO 37:MXOP 61:SPHR 108:MXTO 109:IEXO
IEXG.TOPS 38:IEXG
DBEQ.BASIC 39:XCHI 40:XCIS 41:IEXG 42:EPRL 59:DBEQ
ARCX.PILLAR 43:ARCX
XNYS.BBO 44:XNYS
XNAS.QBBO 46:XNAS
EQUS.PLUS 48:XCHI 49:XCIS 50:IEXG 51:EPRL 52:XNAS 53:XNYS 54:FINN 55:FINY 56:FINC 60:EQUS
IFEU.IMPACT 57:IFEU 84:XOFF
NDEX.IMPACT 58:NDEX 85:XOFF
EQUS.ALL 62:XCHI 63:XCIS 64:IEXG 65:EPRL 66:XNAS 67:XNYS 68:FINN 69:FINY 70:FINC 71:BATS 72:BATY 73:EDGA
EQUS.ALL 74:EDGX 75:XBOS 76:XPSX 77:MEMX 78:XASE 79:ARCX 80:LTSE 94:EQUS
XNAS.BASIC 81:XNAS 82:FINN 83:FINC 88:XBOS 89:XPSX 93:EQUS
EQUS.SUMMARY 90:EQUS
XCIS.TRADESBBO 91:XCIS
XNYS.TRADESBBO 92:XNYS
EQUS.MINI 95:EQUS
IFUS.IMPACT 97:IFUS 98:XOFF
IFLL.IMPACT 99:IFLL 100:XOFF
XEUR.EOBI 101:XEUR 103:XOFF
XEEE.EOBI 102:XEEE 104:XOFF
XCBF.PITCH 105:XCBF 106:XOFF
OCEA.MEMOIR 107:OCEA
MAIN.CGIF 110:MAIN 142:CDEF
EQUS.SIP 111:XASE 112:XBOS 113:XCIS 114:TXSE 115:24EQ 116:EPRL 117:XISX 118:EDGA 119:EDGX 120:LTSE 121:XCHI
EQUS.SIP 122:XNYS 123:ARCX 124:XNAS 125:MEMX 126:IEXG 127:XPSX 128:BATY 129:BATS 130:FINN 131:FINY 132:FINC
EQUS.SIP 133:XADF 134:CTA 135:UTP
MSCI.CGIF 136:MSCI
FTSE.CGIF 137:FTSE
INAV.CGIF 138:INAV
MSTAR.CGIF 139:MSTAR
CCCY.CGIF 140:CCCY
CGI.CGIF 141:CGI
XTKS.FLEX 143:XTKS
XTKT.ITCH 144:XTKT
XOSE.ITCH 145:XOSE
DBIX.CORE 146:MAIN 147:MSCI 148:FTSE 149:INAV 150:MSTAR 151:CCCY 152:CGI 153:CDEF
"""
_OWN: Final = 0xF001
"""The number under which records of the vendor of JSON are kept (``feeds.massive_live.instruments``)."""


def _parsed() -> dict[int, Publisher]:
    found: dict[int, Publisher] = {}
    for line in _NUMBERED.split("\n"):
        dataset, _, venues = line.partition(" ")
        for number, venue in (entry.split(":") for entry in venues.split()):
            found[int(number)] = Publisher(dataset, venue)
    return found


PUBLISHERS: Final[Mapping[int, Publisher]] = MappingProxyType(_parsed())
"""Number -> publisher, as the vendor's own package lists them."""

_IS_KNOWN: Final = np.zeros(1 << 16, np.bool_)
_IS_KNOWN[[0, _OWN, *PUBLISHERS]] = True
"""0 is of records that no venue sends: mappings, messages of the system."""


class UnknownPublishers:
    """Counts the records of publishers that are not in the table, used or not."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def on_batch(self, batch: Batch) -> None:
        """Count those of a batch."""
        for kind, records in batch.arrays.items():
            numbers = _publishers(kind, records)
            others = numbers[~_IS_KNOWN[numbers]]
            if len(others):
                self._counts.update(others.tolist())

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each of them, most records first."""
        return tuple(
            f"{count:,} record{'s' if count > 1 else ''} of publisher {number} (unknown): taken like any other's"
            for number, count in sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        )


def _publishers(kind: Kind, records: Records) -> NDArray[np.int64]:
    if kind is Kind.MBP10 and records.dtype.names is None:
        words: NDArray[np.int64] = records[:, 0] >> PUBLISHER_SHIFT & 0xFFFF
        return words
    named: NDArray[np.int64] = records["publisher_id"].astype(np.int64)
    return named
