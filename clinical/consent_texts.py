"""The texts that a patient is shown and read before an answer: a catalogue with versions, Chinese first.

An answer names the version and the SHA-256 of the text shown, so a text that was once in use stays here
unchanged for as long as an answer to it is kept; new wording is a new version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from clinical.consent import ConsentPurpose, sha256_of

CURRENT_ISSUE: Final = "2026-11"
"""The issue that is shown now."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One text in one language."""

    purpose: ConsentPurpose
    issue: str
    language: Literal["zh", "en"]
    title: str
    text: str

    @property
    def version(self) -> str:
        """Issue and language, such as "2026-11/zh"."""
        return f"{self.issue}/{self.language}"

    @property
    def sha256(self) -> str:
        """The hash of the text as shown, in hexadecimal."""
        return sha256_of(self.text)


def current_texts() -> tuple[ConsentText, ...]:
    """Returns the texts that are shown now, by purpose in the order of asking, Chinese before English."""
    return tuple(text for text in _TEXTS if text.issue == CURRENT_ISSUE)


def find_text(purpose: ConsentPurpose, version: str) -> ConsentText | None:
    """Returns a text of any issue, also of one no longer shown; None where there is none."""
    return next((text for text in _TEXTS if text.purpose is purpose and text.version == version), None)


_TEXTS: Final = (
    ConsentText(
        ConsentPurpose.CONSULTATION,
        "2026-11",
        "zh",
        "远程会诊",
        "您的医生建议通过视频请上级医院的医生一起为您看病。会诊医生会看到您，听到您说话，并查看与本次"
        "病情有关的病历和检查。诊断和治疗仍由在您身边的医生负责。您可以不同意，也可以随时要求停止；不"
        "同意时，医生会用其他办法继续为您看病。",
    ),
    ConsentText(
        ConsentPurpose.CONSULTATION,
        "2026-11",
        "en",
        "Remote consultation",
        "Your doctor suggests asking a doctor of a larger hospital to see you together by video. "
        "That doctor will see you, hear you, and read the records and examinations that concern "
        "this illness. The doctor beside you stays responsible for diagnosis and treatment. You may"
        " say no, and you may ask to stop at any time; your doctor will then care for you in "
        "another way.",
    ),
    ConsentText(
        ConsentPurpose.RECORDING,
        "2026-11",
        "zh",
        "录音录像",
        "本次会诊可以录音录像，作为病历资料保存，供核对医嘱、质量检查和处理争议时查看。音像资料至少保"
        "存三年，查看的人和原因都会留下记录。您可以不同意录音录像，会诊照常进行；同意后也可以随时要求"
        "停止，停止前已录的部分按规定保存。",
    ),
    ConsentText(
        ConsentPurpose.RECORDING,
        "2026-11",
        "en",
        "Sound and picture recording",
        "This consultation can be recorded. The recording is kept with your records, to check "
        "advice, to review quality and to settle disputes. It is kept for at least three years; who"
        " looks at it and why is written down. You may say no, and the consultation takes place all"
        " the same; after a yes you may stop the recording at any time, and what was recorded until"
        " then is kept as the law says.",
    ),
    ConsentText(
        ConsentPurpose.SHARING,
        "2026-11",
        "zh",
        "向第三方机构提供",
        "如果病情需要，您本次会诊的资料可以提供给参加会诊之外的医疗机构，例如您将转往的医院。只提供与"
        "本次病情有关的内容，提供给谁、何时提供都会留下记录。您可以不同意，也可以随时收回同意；不同意"
        "不影响本次会诊。",
    ),
    ConsentText(
        ConsentPurpose.SHARING,
        "2026-11",
        "en",
        "Giving data to another institution",
        "If your illness makes it necessary, what belongs to this consultation can be given to an "
        "institution that does not take part in it, such as a hospital you are moved to. Only what "
        "concerns this illness is given; to whom and when is written down. You may say no, and you "
        "may withdraw a yes at any time; this consultation does not depend on it.",
    ),
    ConsentText(
        ConsentPurpose.TEACHING,
        "2026-11",
        "zh",
        "教学使用",
        "去除姓名、面容等能认出您的信息后，本次会诊的资料可以用于医务人员的教学。您可以不同意，也可以"
        "随时收回同意；是否同意都不影响您看病。",
    ),
    ConsentText(
        ConsentPurpose.TEACHING,
        "2026-11",
        "en",
        "Use in teaching",
        "After name, face and whatever else could tell who you are has been removed, what belongs "
        "to this consultation can be used to teach medical staff. You may say no, and you may "
        "withdraw a yes at any time; your care does not depend on it.",
    ),
)
