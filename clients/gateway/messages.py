"""What the gateway says to whoever looks after it, in Chinese and English, by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["zh", "en"]

CHINESE: Final[Mapping[str, str]] = {
    "enrolled": "已登记为“{name}”（{device}）。现在运行：lianzhen gateway run",
    "running": "心电网关已启动，数据目录 {data}",
    "source_open": "心电设备已就绪：{model}，{rate} Hz，{leads} 导联",
    "monitor_only": "仅供监护：{rate} Hz、{step} µV/LSB 达不到诊断要求（至少 500 Hz，不粗于 5 µV）",
    "source_ended": "信号源已结束，继续上传尚未送达的数据",
    "selftest_ok": "自检通过：定标脉冲 {uv} µV、{ms} ms（最差导联 {lead}）",
    "selftest_bad": "自检未通过：{lead} 导联的定标脉冲为 {uv} µV、{ms} ms，应为 1000 µV、200 ms；"
    "请检查设备和导联线",
    "selftest_none": "这个信号源没有定标脉冲，无法自检",
    "link_open": "已连接服务器",
    "link_closed": "与服务器的连接已断开，正在重连；采集继续，数据先存在本机",
    "link_dead": "服务器没有应答，正在重连；采集继续，数据先存在本机",
    "link_renewed": "换了设备，重新连接服务器",
    "ecg_started": "开始记录心电 {ecg}",
    "ecg_stopped": "心电 {ecg} 已结束",
    "ecg_stored": "心电 {ecg} 已全部送达服务器",
    "ecg_deleted": "心电 {ecg} 已送达满 24 小时，本机副本已删除",
    "ecg_ended_before": "服务器要求开始心电 {ecg}，但它已经结束",
    "ecg_unknown": "服务器要求结束心电 {ecg}，但本机没有它",
    "device_changed": "接上的设备与心电 {ecg} 开始时的不同：这台设备的数据不记入该心电。"
    "请换回原设备，或结束后重新开始",
    "clock_jumped": "本机时钟被改动了 {seconds} 秒；正在进行的记录沿用原来的时间",
    "disk_full": "数据无法写入磁盘（errno {errno}）：请立即清理磁盘，写不下的数据会丢失",
    "disk_unreadable": "心电 {ecg} 的数据从磁盘读不出来（errno {errno}）",
    "folder_damaged": "目录 {folder} 的说明文件已损坏，原样保留，未上传",
    "folder_unwritable": "数据目录不能写（errno {errno}）",
    "folder_in_use": "另一个网关正在使用这个数据目录",
    "not_enrolled": "这台网关还没有登记：请先运行 lianzhen gateway enrol --server 地址 --code 登记码",
    "already_enrolled": "这台网关已经登记为“{name}”；要重新登记，请换一个 --data 目录",
    "identity_damaged": "登记文件已损坏，请换一个 --data 目录重新登记",
    "ca_unusable": "证书文件 {file} 不能用",
    "server_address": "服务器地址要写成 https://主机:端口",
    "source_unknown": "不认识的信号源“{name}”。可用：simulator、replay:文件、loop:文件、serial:设备@波特率、"
    "tcp:主机:端口、listen:端口、mllp:端口、bluetooth:地址",
    "package_missing": "没有安装 {package}，请运行：pip install lianzhen[{extra}]",
    "server_refused": "服务器拒收（{code}），心电 {ecg}；已存的数据不受影响",
    "server_away": "连不上服务器，稍后重试；采集继续，数据先存在本机",
    "server_certificate": "服务器的证书不可信：请用 --ca 指定签发它的证书",
    "server_handshake": "服务器没有接受连接（HTTP {status}）",
    "server_unreadable": "服务器发来的内容看不懂",
    "server_out_of_turn": "服务器不按次序应答",
    "door_refused": "服务器拒绝：{sentence}（{code}）",
    "vital_unknown": "设备发来不认识的体征",
    "vital_no_number": "设备发来的体征不是数值",
    "samples_malformed": "设备发来的数据与它声明的导联不符",
    "sample_out_of_range": "设备发来的数值超出范围",
    "counter_out_of_range": "设备的采样计数超出范围",
    "rate_wrong": "设备声明每秒 {declared_hz} 个采样，实际约 {measured_hz}：已停止接收，请检查设备设置",
    "file_unreadable": "文件 {file} 读不出来（errno {errno}）",
    "ecg_file_kind_unknown": "文件 {file} 不是可识别的心电文件 {detail}",
    "ecg_file_part_missing": "文件 {file} 缺少组成部分 {detail}",
    "ecg_file_too_large": "文件 {file} 太大 {detail}",
    "ecg_file_truncated": "文件 {file} 不完整 {detail}",
    "ecg_file_malformed": "文件 {file} 内容有误 {detail}",
    "ecg_file_unsupported": "文件 {file} 的写法暂不支持 {detail}",
    "ecg_file_checksum_wrong": "文件 {file} 校验和不符 {detail}",
    "ecg_file_rate_unsuitable": "文件 {file} 的采样率不适用 {detail}",
    "ecg_file_resolution_unsuitable": "文件 {file} 的分辨率不适用 {detail}",
    "ecg_file_value_unsuitable": "文件 {file} 中有不是数值的采样 {detail}",
    "ecg_file_no_leads": "文件 {file} 中没有心电导联 {detail}",
    "ecg_file_too_many_leads": "文件 {file} 的导联太多 {detail}",
}

ENGLISH: Final[Mapping[str, str]] = {
    "enrolled": "Enrolled as “{name}” ({device}). Now run: lianzhen gateway run",
    "running": "The ECG gateway is running, data folder {data}",
    "source_open": "ECG device ready: {model}, {rate} Hz, {leads} leads",
    "monitor_only": "Monitoring only: {rate} Hz at {step} µV/LSB is not diagnostic (500 Hz and 5 µV are)",
    "source_ended": "The source has ended; what has not arrived yet is still sent",
    "selftest_ok": "Self-test passed: calibration pulse {uv} µV, {ms} ms (worst lead {lead})",
    "selftest_bad": "Self-test failed: the calibration pulse is {uv} µV and {ms} ms on lead {lead}, "
    "not 1000 µV and 200 ms; check device and cable",
    "selftest_none": "This source has no calibration pulse to be tested with",
    "link_open": "Connected to the server",
    "link_closed": "The connection ended; reconnecting. Recording goes on, onto this machine's disk",
    "link_dead": "The server does not answer; reconnecting. Recording goes on, onto this machine's disk",
    "link_renewed": "Another device is there; reconnecting to the server",
    "ecg_started": "Recording ECG {ecg}",
    "ecg_stopped": "ECG {ecg} has ended",
    "ecg_stored": "All of ECG {ecg} is at the server",
    "ecg_deleted": "ECG {ecg} has been at the server for 24 hours; the copy here is deleted",
    "ecg_ended_before": "The server asks for ECG {ecg}, which has ended",
    "ecg_unknown": "The server asks to end ECG {ecg}, which is not here",
    "device_changed": "The device is another than the one ECG {ecg} began with: its samples are not added. "
    "Connect the first one again, or end the ECG and begin another",
    "clock_jumped": "The machine's clock was set by {seconds} s; what is being recorded keeps its time",
    "disk_full": "The disk takes no data (errno {errno}): make room now, what cannot be written is lost",
    "disk_unreadable": "The disk does not give back data of ECG {ecg} (errno {errno})",
    "folder_damaged": "What describes folder {folder} is damaged; it is left as it is and not sent",
    "folder_unwritable": "The data folder cannot be written (errno {errno})",
    "folder_in_use": "Another gateway uses this data folder",
    "not_enrolled": "This gateway is not enrolled: first run lianzhen gateway enrol --server URL --code CODE",
    "already_enrolled": "This gateway is enrolled as “{name}”; to enrol anew, use another --data folder",
    "identity_damaged": "The enrolment files are damaged; enrol anew with another --data folder",
    "ca_unusable": "The certificate file {file} cannot be used",
    "server_address": "The server's address must look like https://host:port",
    "source_unknown": "No such source “{name}”. There are simulator, replay:FILE, loop:FILE, "
    "serial:DEVICE@BAUD, tcp:HOST:PORT, listen:PORT, mllp:PORT, bluetooth:ADDRESS",
    "package_missing": "{package} is not installed; run: pip install lianzhen[{extra}]",
    "server_refused": "The server refused ({code}), ECG {ecg}; what is stored is untouched",
    "server_away": "The server cannot be reached; trying again. Recording goes on, onto this machine's disk",
    "server_certificate": "The server's certificate is not trusted: name its authority with --ca",
    "server_handshake": "The server did not accept the connection (HTTP {status})",
    "server_unreadable": "The server sent something that cannot be read",
    "server_out_of_turn": "The server answers out of turn",
    "door_refused": "The server refused: {sentence} ({code})",
    "vital_unknown": "The device sent a vital sign of an unknown kind",
    "vital_no_number": "The device sent a vital sign that is no number",
    "samples_malformed": "The device sent samples that do not fit the leads it declared",
    "sample_out_of_range": "The device sent a sample beyond its range",
    "counter_out_of_range": "The device's sample counter is beyond its range",
    "rate_wrong": "The device declares {declared_hz} samples a second and sends about {measured_hz}: "
    "not taken any more, check its settings",
    "file_unreadable": "File {file} cannot be read (errno {errno})",
    "ecg_file_kind_unknown": "File {file} is no ECG file of a known kind {detail}",
    "ecg_file_part_missing": "File {file} lacks a part {detail}",
    "ecg_file_too_large": "File {file} is too large {detail}",
    "ecg_file_truncated": "File {file} is cut off {detail}",
    "ecg_file_malformed": "File {file} is malformed {detail}",
    "ecg_file_unsupported": "File {file} is written in a way that is not supported {detail}",
    "ecg_file_checksum_wrong": "File {file} does not match its checksum {detail}",
    "ecg_file_rate_unsuitable": "File {file} has an unsuitable sampling rate {detail}",
    "ecg_file_resolution_unsuitable": "File {file} has an unsuitable resolution {detail}",
    "ecg_file_value_unsuitable": "File {file} holds samples that are no numbers {detail}",
    "ecg_file_no_leads": "File {file} holds no ECG lead {detail}",
    "ecg_file_too_many_leads": "File {file} holds too many leads {detail}",
}

CATALOGUES: Final[Mapping[Language, Mapping[str, str]]] = {"zh": CHINESE, "en": ENGLISH}


def say(key: str, language: Language | None, **facts: object) -> str:
    """Returns the sentence in the chosen language; in both, Chinese first, where none was chosen."""
    languages: tuple[Language, ...] = ("zh", "en") if language is None else (language,)
    return " / ".join(CATALOGUES[each][key].format(**facts).rstrip() for each in languages)
