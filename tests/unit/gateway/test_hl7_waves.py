"""HL7 v2 waveform messages: the few segments that are read, and everything that is refused."""

from __future__ import annotations

import pytest

from clients.gateway.errors import SourceFault
from clients.gateway.sources.hl7_waves import (
    MAX_SEGMENTS,
    MAX_WAVE_SAMPLES,
    Hl7Message,
    Stamp,
    WaveCounter,
    acknowledgement,
    control_of,
    descriptor_of,
    read_hl7,
    samples_of,
)
from media_server.ecg.descriptor import Source

HEAD = "MSH|^~\\&|VENDOR BOX^0003B1^EUI-64|ICU|||||ORU^R01^ORU_R01|MSG00042|P|2.6"
PATIENT = "PID|||HO2009001^^^Hospital^PI||张^三|||M"
ORDER = "OBR|1|||69121^MDC_OBS_WAVE_CTS^MDC|||20261122083000.250+0800"
RATE = "OBX|1|NM|0^MDC_ATTR_SAMP_RATE^MDC|1.1.1.1|500|264608^MDC_DIM_PER_SEC^MDC"
STEP = "OBX|2|NM|0^MDC_ATTR_NU_MSMT_RES^MDC|1.1.1.2|2.5|266418^MDC_DIM_MICRO_VOLT^MDC"
LEAD_I = "OBX|3|NA|131329^MDC_ECG_ELEC_POTL_I^MDC|1.1.1.3|2.5^-5^0|266418^MDC_DIM_MICRO_VOLT^MDC"
LEAD_AVR = "OBX|4|NA|131390^MDC_ECG_ELEC_POTL_AVR^MDC|1.1.1.4|0.0025^0.005^1|mV"
PULSE = "OBX|5|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.2.1|72|264864^MDC_DIM_BEAT_PER_MIN^MDC"
WHOLE = (HEAD, PATIENT, ORDER, RATE, STEP, LEAD_I, LEAD_AVR, PULSE)


def read(*segments: str) -> Hl7Message:
    return read_hl7("\r".join(segments).encode())


def refusal(*segments: str) -> tuple[str, object]:
    with pytest.raises(SourceFault) as refused:
        message = read(*segments)
        descriptor = descriptor_of(message)
        assert descriptor is not None
        samples_of(message, descriptor)
    return refused.value.code, refused.value.facts.get("field")


def test_waves_rate_step_time_and_vital_signs_are_read() -> None:
    message = read(*WHOLE)
    assert (message.control, message.model) == ("MSG00042", "VENDOR BOX")
    assert message.began == Stamp(1_795_307_400_250_000, is_whole_second=False)
    descriptor = descriptor_of(message)
    assert descriptor is not None
    assert (descriptor.rate_hz, descriptor.resolution_nv) == (500, 2_500)
    assert (descriptor.leads, descriptor.source) == (("I", "aVR"), Source.DEVICE)
    assert samples_of(message, descriptor).tolist() == [[1, 1], [-2, 2], [0, 400]]
    assert message.vitals == [("MDC_ECG_HEART_RATE", 72.0)]


def test_nothing_of_the_patient_is_read() -> None:
    message = read(*WHOLE)
    assert "张" not in repr(message)
    assert "HO2009001" not in repr(message)


def test_a_message_without_waves_describes_nothing() -> None:
    assert descriptor_of(read(HEAD, PULSE)) is None


def test_without_a_step_whole_microvolts_are_meant_and_without_a_name_it_is_hl7() -> None:
    wave = LEAD_I.replace("2.5^-5^0", "2^-5^0")
    message = read("MSH|^~\\&||||||||M1|P", ORDER, "ZZZ|1", "OBX", RATE, wave)
    descriptor = descriptor_of(message)
    assert descriptor is not None
    assert (descriptor.resolution_nv, descriptor.model) == (1_000, "HL7")
    assert samples_of(message, descriptor).tolist() == [[2], [-5], [0]]


@pytest.mark.parametrize(
    ("segments", "refused"),
    [
        (("PID|1",), ("hl7_malformed", "MSH")),
        (("MSH|",), ("hl7_malformed", "MSH")),
        ((HEAD, *["NTE|1"] * MAX_SEGMENTS), ("hl7_malformed", "MSH")),
        ((HEAD, ORDER.replace("20261122083000", "2026112208")), ("hl7_malformed", "OBR-7")),
        ((HEAD, ORDER.replace("20261122083000", "20261322083000")), ("hl7_malformed", "OBR-7")),
        ((HEAD, ORDER.replace("+0800", "+9900")), ("hl7_malformed", "OBR-7")),
        ((HEAD, RATE.replace("|500|", "|499.5|")), ("hl7_malformed", "MDC_ATTR_SAMP_RATE")),
        ((HEAD, RATE.replace("|500|", "|5|")), ("hl7_malformed", "MDC_ATTR_SAMP_RATE")),
        ((HEAD, RATE.replace("|500|", "|many|")), ("hl7_malformed", "MDC_ATTR_SAMP_RATE")),
        ((HEAD, STEP.replace("2.5", "0.0000001")), ("hl7_malformed", "MDC_ATTR_NU_MSMT_RES")),
        ((HEAD, STEP.replace("MICRO_VOLT", "KELVIN")), ("hl7_malformed", "OBX-6")),
        ((HEAD, LEAD_I), ("hl7_malformed", "MDC_ATTR_SAMP_RATE")),
        ((HEAD, RATE, LEAD_I.replace("-5", "NaN")), ("hl7_malformed", "NA")),
        ((HEAD, RATE, LEAD_I.replace("-5", "1e999999")), ("hl7_malformed", "NA")),
        ((HEAD, RATE, LEAD_I.replace("-5", "1" * 21)), ("hl7_malformed", "NA")),
        ((HEAD, RATE, LEAD_I.replace("-5", "9999999999")), ("sample_out_of_range", None)),
        ((HEAD, RATE, LEAD_I.replace("-5", "^".join("0" * MAX_WAVE_SAMPLES))), ("hl7_malformed", "NA")),
        ((HEAD, RATE, LEAD_I), ("hl7_malformed", "MDC_ATTR_NU_MSMT_RES")),
        ((HEAD, RATE, STEP, LEAD_I, LEAD_AVR.replace("^1|", "|")), ("hl7_malformed", "NA")),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    segments: tuple[str, ...], refused: tuple[str, object]
) -> None:
    assert refusal(*segments) == refused


def test_another_set_of_leads_is_another_device() -> None:
    descriptor = descriptor_of(read(*WHOLE))
    assert descriptor is not None
    with pytest.raises(SourceFault):
        samples_of(read(HEAD, RATE, STEP, LEAD_I), descriptor)


SECOND = 1_000_000


def whole(second: int) -> Stamp:
    return Stamp(second * SECOND, is_whole_second=True)


def fine(milliseconds: int) -> Stamp:
    return Stamp(milliseconds * 1_000, is_whole_second=False)


def test_without_time_stamps_messages_follow_each_other() -> None:
    counter = WaveCounter(500)
    assert [counter.number(None, 250) for _ in range(3)] == [0, 250, 500]
    # The first stamp is where it is; what follows is told from there.
    assert counter.number(whole(1_000), 250) == 750
    assert counter.number(None, 250) == 1_000


def test_one_lost_message_is_a_gap() -> None:
    counter = WaveCounter(500)
    assert [counter.number(fine(at), 250) for at in (0, 500, 1_000)] == [0, 250, 500]
    assert counter.number(fine(2_000), 250) == 1_000
    assert counter.number(fine(2_500), 250) == 1_250
    # Shorter messages than stamps jitter: even so.
    counter = WaveCounter(500)
    assert [counter.number(fine(at), 20) for at in (0, 39, 83, 160)] == [0, 20, 40, 80]


def test_stamps_that_jitter_and_drift_make_no_gap() -> None:
    counter = WaveCounter(500)
    for number in range(5_000):
        # 200 ppm is 500 ms in so many messages, five times what one may be off.
        stamp = Stamp(number * 500_100 + (number % 7) * 10_000, is_whole_second=False)
        assert counter.number(stamp, 250) == number * 250
    assert counter.runs == 0


def test_stamps_of_whole_seconds_may_be_off_by_one_and_a_lasting_lag_is_a_gap() -> None:
    counter = WaveCounter(500)
    stamps = (0, 0, 1, 2, 2, 2)
    assert [counter.number(whole(at), 250) for at in stamps] == [0, 250, 500, 750, 1_000, 1_250]
    counter = WaveCounter(500)
    # A message crosses the full second and falls back: nothing was lost.
    assert [counter.number(whole(at), 500) for at in (0, 1, 3, 3, 5, 5)] == [500 * n for n in range(6)]
    counter = WaveCounter(500)
    # One was lost between 1 and 3: the third that says so makes it sure.
    assert [counter.number(whole(at), 500) for at in (0, 1, 3, 4, 5, 6)] == [
        0,
        500,
        1_000,
        1_500,
        2_500,
        3_000,
    ]
    # More than a message is not the stamps' own.
    assert counter.number(whole(10), 500) == 5_000
    assert counter.runs == 0


def test_a_clock_that_is_set_back_loses_no_sample() -> None:
    counter = WaveCounter(500)
    assert [counter.number(fine(at), 250) for at in (10_000, 10_500)] == [0, 250]
    assert (counter.number(fine(9_500), 250), counter.runs) == (0, 1)
    assert (counter.number(fine(10_000), 250), counter.runs) == (250, 1)
    assert (counter.number(fine(0), 250), counter.runs) == (0, 2)
    counter = WaveCounter(500)
    assert [counter.number(whole(at), 500) for at in (100, 101, 40)] == [0, 500, 0]
    assert counter.runs == 1


def test_time_stamps_have_a_zone_or_are_chinas() -> None:
    stamps = ("20261122083000", "20261122083000+0800", "20261121193000-0500", "")
    began = [read(HEAD, f"OBR|1||||||{stamp}").began for stamp in stamps]
    assert began == [Stamp(1_795_307_400_000_000, is_whole_second=True)] * 3 + [None]
    fraction = read(HEAD, "OBR|1||||||20261122083000.25+0800").began
    assert fraction == Stamp(1_795_307_400_250_000, is_whole_second=False)


def test_acknowledgements_name_the_message() -> None:
    assert acknowledgement("M1", is_taken=True).endswith(b"\rMSA|AA|M1\r")
    assert acknowledgement("M1", is_taken=False).endswith(b"\rMSA|AE|M1\r")
    assert control_of("\r".join(WHOLE).encode()) == "MSG00042"
    assert [control_of(b""), control_of(b"\x00\xff")] == ["", ""]
