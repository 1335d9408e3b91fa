"""What the pages of ECGs in files of other systems say in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ECG_FILE_CHINESE: Final[Mapping[str, str]] = {
    "ecg.info": "导联 {leads}；每秒 {rate_hz} 次，每级 {resolution_uv} µV，共 {seconds} 秒",
    "ecg.monitoring_only": "仅供监护：采样率低于 500 Hz 或分辨率粗于 5 µV",
    "ecg.simulated": "模拟数据，并非测量所得：导入后不能签发",
    "ecg.began": "开始于 {began}",
    "ecg.missing": "缺 {count} 段，共 {seconds} 秒",
    "ecg.left_out": "没有读的信号：{signals}",
    "ecg.measured": "设备测量 {name} {value} {unit}（{source}）",
    "ecg.annotations": "注释 {count} 条",
    "ecg.exists": "{file} 已经有了，不会覆盖",
    "ecg.no_file": "打不开 {file}：{reason}",
    "api.ecg_import_busy": "同时导入的心电文件太多，这个文件没有存入；请过 {retry_after_s} 秒再试",
    "api.ecg_file_kind_unknown": "这不是所选格式的心电文件；可以读 WFDB、EDF+、DICOM 和 SCP-ECG",
    "api.ecg_file_part_missing": "心电文件不齐，或给多了文件；WFDB 记录要连同头文件和信号文件一起给",
    "api.ecg_file_too_large": "心电文件太大",
    "api.ecg_file_truncated": "心电文件不完整，后面缺了一截",
    "api.ecg_file_malformed": "心电文件的内容读不懂（{field}）",
    "api.ecg_file_unsupported": "心电文件用了这里不读的写法（{field}）",
    "api.ecg_file_checksum_wrong": "心电文件的校验和不对，文件可能已损坏",
    "api.ecg_file_rate_unsuitable": "心电文件的采样率不合适：要每秒 25 至 32000 次的整数，各导联相同",
    "api.ecg_file_resolution_unsuitable": "心电文件的分辨率不合适：不是电压、太粗，或各导联不能统一",
    "api.ecg_file_value_unsuitable": "心电文件里有不是数字或超出范围的值",
    "api.ecg_file_no_leads": "文件里没有心电导联，或没有数据",
    "api.ecg_file_too_many_leads": "文件里的导联太多，最多 16 个",
    "api.ecg_export_empty": "这份心电图还没有数据，没有可以导出的",
    "api.ecg_export_leads_differ": "这份心电图里的导联数前后不同，不能导出成一个文件",
    "api.ecg_export_too_long": "这份心电图太长，不能导出成一个文件",
    "api.ecg_export_out_of_range": "要导出的一段不在这份心电图里",
    "api.ecg_export_value_too_large": "有些值超出这种格式能存的范围；请改用 WFDB",
    "api.ecg_export_rate": "这种格式存不了这个采样率；请改用 WFDB",
    "api.ecg_export_resolution": "这种格式存不了这个分辨率；请改用 WFDB",
    "api.ecg_export_leads": "12 导联 DICOM 只能放标准导联；请改用整份 DICOM 或 WFDB",
}
