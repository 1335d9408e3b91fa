"""What the pages of ECGs say in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ECG_CHINESE: Final[Mapping[str, str]] = {
    "api.ecg_gateway_unknown": "本机构没有这台心电网关",
    "api.ecg_gateway_away": "心电网关没有连上；请检查网关电源和网络",
    "api.ecg_gateway_unclear": "有几台心电网关已连上，请选一台",
    "api.ecg_gateway_busy": "这台心电网关正在做另一份心电图，请先停止",
    "api.ecg_not_a_gateway": "这台设备不是心电网关",
    "api.ecg_case_unfit": "这份心电图不能归入这次会诊：患者或机构不同，或会诊已结束",
    "api.ecg_state": "这份心电图已经停止",
    "api.ecg_not_missing": "这份心电图没有要等的数据：已经齐全，或已声明缺失",
    "api.ecg_gateway_recent": "网关还可能补传这份心电图：失去联系满 {minutes} 分钟后才能声明缺失",
    "api.ecg_range_wrong": "一次最多取 {limit_s} 秒的心电图",
}
