#!/usr/bin/env bash
# Expected: read in any steps, zstandard's stream_reader gives all that a frame holds that was flushed and not ended, as a
# recording under way is. Instead it takes the end of its input for the end of its output and drops what it had
# decompressed and not handed over, up to a block of 128 KiB, without an error; how much hangs on the steps of the reader.
# decompressobj gives all. Whoever tails a compressed recording loses the newest records, or finds its header cut.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check zstandard==0.25.0
"$work/venv/bin/python" - <<'PY'
import io
import random

import zstandard

BLOCK = 128 * 1024


def read(packed: bytes, step: int) -> bytes:
    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed), read_across_frames=True)
    return b"".join(iter(lambda: reader.read(step), b""))


print("zstandard", zstandard.__version__, zstandard.backend)
lost_somewhere = False
for name, content in (("36,000 bytes", random.Random(1).randbytes(36_000)), ("10 MB of a few words", b"bid ask " * 1_250_000)):
    compressor = zstandard.ZstdCompressor().compressobj()
    flushed = compressor.compress(content) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    ended = flushed + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)
    assert zstandard.ZstdDecompressor().decompressobj().decompress(flushed) == content
    for step in (8, 1_000, BLOCK, 2**20):
        got, whole = read(flushed, step), read(ended, step)
        print(f"{name}, read in steps of {step:>9,}: flushed {len(got):>10,} of {len(content):,}, ended {len(whole):,}")
        assert whole == content
        assert content.startswith(got) and len(content) - len(got) <= BLOCK
        lost_somewhere |= len(got) < len(content)
    assert len(read(flushed, 8)) < len(content)
assert lost_somewhere
PY
