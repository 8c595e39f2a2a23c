"""Both laws agree with the ITU's reference in every value."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from softswitch.media.codecs.g711 import (
    A_LAW,
    A_TO_MU,
    G711,
    LAWS,
    MAX_OCTETS,
    MU_LAW,
    MU_TO_A,
    Law,
)
from tests.support.audio import ulaw_values
from tests.support.corpora import corpora
from tests.support.sound import sine

both_laws = pytest.mark.parametrize(("law", "ending"), [(MU_LAW, "u"), (A_LAW, "a")])


def words(path: Path) -> npt.NDArray[np.int16]:
    return np.fromfile(path, "<i2").astype(np.int16)


@both_laws
def test_all_samples_and_codes_are_those_of_the_itu(law: Law, ending: str) -> None:
    """G20: 65,536 of 65,536 values, each way."""
    folder = corpora("g711-itu")
    samples = words(folder / "sweep.src")
    codes = words(folder / f"sweep-r.{ending}").astype(np.uint8)
    assert len(samples) == len(set(samples.tolist())) == 65536
    assert np.array_equal(law.encode(samples), codes)
    assert law.payload_of(samples) == codes.tobytes()
    assert np.array_equal(law.decode(codes), words(folder / f"sweep-r.{ending}-{ending}"))
    there_and_back = law.decode(law.encode(samples))
    assert np.array_equal(there_and_back, words(folder / f"sweep-r.re{ending}"))


def test_the_mu_law_is_that_of_table_2a() -> None:
    assert np.array_equal(MU_LAW.decode(np.arange(256, dtype=np.uint8)), ulaw_values())


@both_laws
def test_every_code_stands_for_itself(law: Law, ending: str) -> None:
    codes = np.arange(256, dtype=np.uint8)
    again = law.encode(law.decode(codes))
    if ending == "u":
        codes[0x7F] = 0xFF  # both are nought
    assert np.array_equal(again, codes)


@both_laws
def test_batches_of_any_shape_keep_it(law: Law, ending: str) -> None:
    codes = np.random.default_rng(2).integers(0, 256, (3, 5, 160), dtype=np.uint8)
    samples = law.decode(codes)
    assert samples.shape == codes.shape
    assert samples.dtype == np.int16
    assert law.encode(samples).shape == codes.shape
    assert np.array_equal(law.samples_of(codes[1, 2].tobytes()), samples[1, 2])
    assert law.payload_of(samples[1, 2]) == law.encode(samples)[1, 2].tobytes()


@pytest.mark.parametrize(
    ("source", "target", "table"), [(MU_LAW, A_LAW, MU_TO_A), (A_LAW, MU_LAW, A_TO_MU)]
)
def test_translation_is_decoding_and_encoding(source: Law, target: Law, table: bytes) -> None:
    every = bytes(range(256))
    assert every.translate(table) == target.payload_of(source.samples_of(every))


def test_the_codes_of_silence() -> None:
    assert (MU_LAW.silence, A_LAW.silence) == (0xFF, 0xD5)
    assert G711(LAWS["PCMA"]).silence(3) == b"\xd5\xd5\xd5"


@both_laws
def test_a_lost_frame_goes_on_where_the_sound_broke_off(law: Law, ending: str) -> None:
    codec = G711(law)
    encoder, decoder = codec.encoder(), codec.decoder()
    sound = sine(400, 8000, 0.08)
    heard = decoder.decode(encoder.encode(sound))
    assert np.array_equal(heard, law.samples_of(law.payload_of(sound)))
    lost = decoder.conceal(160)
    assert np.abs(lost[:80].astype(int) - sine(400, 8000, 0.09)[640:]).max() < 600


def test_a_payload_without_end_is_cut_off() -> None:
    assert len(MU_LAW.samples_of(bytes(60_000))) == MAX_OCTETS == 960
