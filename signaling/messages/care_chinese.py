"""What the pages of patients, consents and the trace say in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CARE_CHINESE: Final[Mapping[str, str]] = {
    "api.card_number_taken": "这个卡号已经登记给另一位患者，请核对卡号，或按卡号查找",
    "api.patient_under_review": "对这位患者的紧急访问还没有复核，复核后才能删除资料",
    "api.consent_unchanged": "这一项已经是这个选择，没有改动",
    "api.consent_withdraw_instead": "这一项原来同意了；现在不同意，请用“收回同意”",
    "api.consent_emergency_refused": "患者或家属已经答复过这一项，不能再按紧急情况登记",
    "api.consent_not_standing": "这一项没有有效的同意可以收回，或已有更新的答复",
    "api.consent_giver_wrong": "紧急情况下没有人答复，其他情况要写明由谁答复",
    "api.consent_giver_unnamed": "监护人或亲属代为答复时，请填写姓名",
    "api.consent_signature_missing": "屏幕签名同意时，请先签名",
    "api.consent_teaching_emergency": "教学使用不能按紧急情况登记",
    "api.consent_emergency_decline": "紧急情况只能登记为先行同意；拒绝要由患者或家属答复",
    "api.consent_text_unknown": "同意书的版本或内容与系统的不一致，请刷新页面后重新出示",
    "api.consent_purpose_twice": "同一项只能答复一次",
    "api.trace_too_wide": "符合的人太多，请写得更具体",
    "api.trace_range_wrong": "起止要在现有记录之内，起点不能大于终点",
    "api.trace_time_wrong": "开始时间要早于结束时间",
    "api.trace_cursor_wrong": "翻页位置无效，请重新检索",
    "api.trace_purpose_note_missing": "请用一句话写明为什么导出",
    "demo.seeded": "演示数据已写入 {folder}",
    "demo.foreign": "{folder} 里有其他机构的资料，没有写入演示数据",
}
