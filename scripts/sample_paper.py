"""Draws the sample PDF of the example site: `python scripts/sample_paper.py OUT.pdf FONT.ttc`.

Needs fpdf2 (with fonttools), which Banli itself does not: the drawn file lies beside its agreement. The font is a CJK one
such as Noto Sans CJK (SIL OFL); only the characters that are used go into the file.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

TITLE = "期货交易收费说明（样本）"
LEAD = "本说明为软件的示例文本，其中的标准均为虚构，不是任何公司的正式收费标准。"
ROWS = (
    ("品种（虚构）", "开仓", "平仓", "平今仓"),
    ("样本农产品一", "2.00 元/手", "2.00 元/手", "免收"),
    ("样本农产品二", "1.50 元/手", "1.50 元/手", "1.50 元/手"),
    ("样本金属", "成交额的万分之 0.5", "成交额的万分之 0.5", "成交额的万分之 0.5"),
    ("样本能源", "6.00 元/手", "6.00 元/手", "6.00 元/手"),
)
PARTS = (
    (
        "一、手续费",
        "手续费在每笔成交后从期货账户中扣除，在当日的结算单中逐笔列明。下表为示例标准，包含交易所收取的部分。",
    ),
    (
        "二、保证金",
        "保证金按合约价值的一定比例收取。公司可以在交易所标准之上加收，并可以在节假日前、行情剧烈波动时提高比例，"
        "提高前通过交易软件和短信通知。",
    ),
    (
        "三、标准的调整",
        "收费标准调整的，公司在生效前至少五个交易日通知。不同意新标准的，可以在生效前平仓并办理销户，不另收费用。",
    ),
    (
        "四、其他费用",
        "出入金、查询结算单、修改个人资料不收费。银行收取的转账费用，以银行公布的标准为准。",
    ),
    (
        "五、疑问",
        "对扣收的费用有疑问的，请在收到结算单之日起三个交易日内联系公司。公司在两个交易日内答复，多收的费用予以退还。",
    ),
)


def draw(out: Path, font: Path) -> None:
    from fpdf import FPDF
    from fpdf.enums import XPos, YPos

    paper = FPDF(format="A4")
    paper.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    paper.set_title(TITLE)
    paper.set_lang("zh-CN")
    paper.set_margin(24)
    paper.add_font("cjk", fname=font, **({"collection_font_number": 2} if font.suffix == ".ttc" else {}))
    paper.add_page()
    paper.set_font("cjk", size=19)
    paper.multi_cell(0, 12, TITLE, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font("cjk", size=11)
    paper.multi_cell(0, 7.5, LEAD, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for place, (heading, words) in enumerate(PARTS):
        if place == 2:
            paper.add_page()
        paper.ln(5)
        paper.set_font("cjk", size=14)
        paper.multi_cell(0, 10, heading, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        paper.set_font("cjk", size=12)
        paper.multi_cell(0, 8.5, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if place == 0:
            paper.ln(3)
            with paper.table(line_height=9, text_align="CENTER", first_row_as_headings=False) as table:
                for row in ROWS:
                    table.row(row)
    paper.ln(10)
    paper.set_font("cjk", size=10)
    paper.multi_cell(0, 7, "（以下无正文）", align="C")
    paper.output(str(out))


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
