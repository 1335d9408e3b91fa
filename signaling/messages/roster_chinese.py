"""What the roster, the directory and the slots say in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ROSTER_CHINESE: Final[Mapping[str, str]] = {
    "api.shift_ends_early": "结束时间要晚于开始时间",
    "api.shift_too_long": "一个班最长 72 小时，请检查日期",
    "api.shift_specialty_unknown": "没有这个专科",
    "api.shift_person_twice": "这位医生在这个专科的这段时间已经排了班",
    "api.person_no_expert": "这个人不是本院在岗的专家或值班专家，不能排班",
    "api.roster_full": "排班太多，存不下了；请先排近期的",
    "api.roster_range_wrong": "起止时间不对：结束要晚于开始，最多 62 天",
    "api.roster_too_long": "这段时间的班超过 {limit} 个，请分段导出",
    "api.roster_not_taken": "没有导入，一条也没有改。{first}",
    "api.phone_unreadable": "值班电话只能是数字、空格、短横和分机号，例如 0571-88001234 转 602",
    "api.phone_twice": "一个专科只能有一个值班电话",
    "api.slot_too_long": "一个预约时段最长 4 小时",
    "api.slot_past": "这个时段已经开始或过去了",
    "api.slot_overlaps": "这位医生在这段时间已经有预约时段",
    "api.slot_booked": "这个时段已被预约，不能撤；请先取消那次会诊",
    "roster.at_line.csv": "第 {number} 行：{sentence}。",
    "roster.at_line.ics": "第 {number} 个日程：{sentence}。",
    "roster.fault.empty": "文件里没有排班",
    "roster.fault.not_a_table": "这不是一张表：请用 Excel 或 WPS 另存为 CSV，引号要成对",
    "roster.fault.not_a_calendar": "这不是日历文件（iCalendar，.ics）",
    "roster.fault.too_many_lines": "一个文件最多 {written} 个班，请分成几个文件",
    "roster.fault.header_missing": "第一行缺少这些列：{written}",
    "roster.fault.specialty_unknown": "没有这个专科：“{written}”",
    "roster.fault.line_unknown": "“线”要写 一线 或 二线，这里写的是“{written}”",
    "roster.fault.time_unreadable": "看不懂这个时间：“{written}”；请写成 2026-11-22 08:00",
    "roster.fault.person_missing": "没有写姓名",
    "roster.fault.person_unknown": "本院没有这个人：“{written}”；先在“人员”里添加",
    "roster.fault.person_ambiguous": "本院有几位“{written}”，请在“人员编号”一列写明是哪一位",
    "roster.fault.person_no_expert": "“{written}”没有专家或值班专家角色，不能排班；请先在“人员”里设定",
    "roster.fault.shift_ends_early": "“{written}”的结束时间不晚于开始时间",
    "roster.fault.shift_too_long": "“{written}”的班超过 72 小时，请检查日期",
    "roster.fault.shift_person_twice": "“{written}”在这个专科的这段时间已经排了班",
    "roster.fault.repeats": "“{written}”是重复日程；请展开成一个一个的班再导入",
    "roster.fault.no_times": "“{written}”没有开始和结束的钟点；全天日程不能当班",
    "roster.fault.summary_unreadable": "标题看不懂：“{written}”；请写成 心内科 一线 王敏",
}
