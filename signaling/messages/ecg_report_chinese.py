"""What the pages of ECG reports and critical values say in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ECG_REPORT_CHINESE: Final[Mapping[str, str]] = {
    "api.ecg_report_missing": "这份心电图还没有已签名的报告",
    "api.ecg_report_state": "报告现在不能这样操作，请刷新后再试",
    "api.ecg_report_changed": "报告在别处已有更新（第 {revision} 稿），请刷新后再保存或签名",
    "api.ecg_report_altered": "核对发现：报告或心电数据与签名时不一致，不再出具报告；请联系质控人员",
    "api.ecg_report_incomplete": "报告还不能签名，请补全所标的心电段、结论、空格和是否危急值，并等心电补齐",
    "api.ecg_report_strip_wrong": "标记的心电段不对：每段至少 10 秒，最多 50 段",
    "api.ecg_report_statement_unknown": "报告用语不在目录里，或选了两次",
    "api.ecg_report_too_long": "报告太长：所见和结论各最多 8000 字，用语最多 30 条，理由最多 500 字",
    "api.ecg_report_reason_missing": "请写明理由",
    "api.ecg_report_same_person": "报告人不能审核自己的报告，请另一位医生审核",
    "api.ecg_unreadable": "心电数据现在读不出来，请稍后再试",
    "api.critical_value_calling": "这份心电图已经标为危急值，正在呼叫",
    "api.critical_value_ended": "危急值已有人确认知悉，或已撤回",
    "api.critical_value_own": "标记危急值的人不能替申请方确认知悉",
    "api.critical_value_name_missing": "请写明是谁接的电话，最多 64 字",
    "api.critical_value_reason_missing": "撤回危急值请写明理由，最多 500 字",
    "api.critical_value_not_marker": "只有标记的人可以撤回危急值",
}
