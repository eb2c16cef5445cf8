"""Sample clients of the simulated core system, each with a reason to be chosen."""

from __future__ import annotations

from on_phone import Client

JIA = Client("8001", "800100001", "410105199508130039", "13900010001")
"""Everything on file."""
YI = Client("8001", "800100002", "410105199508130020", "13900010002")
"""The contact phone is a landline."""
BING = Client("8001", "800100003", "500112198505050018", "13900010003")
"""The ID card has expired."""
DING = Client("8001", "800100004", "11010519491231002X", "13900010004")
"""The ID card is valid for ever; retired."""
WU = Client("8001", "800100005", "330113199001010011", "13900010005", "资管账户")
"""Only an asset management account; signs nothing in any test."""
QING_JIA = Client("8002", "QH-0001", "410105199508130039", "13900020001")
"""The same person as JIA, at the other company."""
ZI = Client("8002", "QH-0002", "330106199107220013", "13900020002")
"""The contact phone is a landline with an extension."""
CHOU = Client("8002", "QH-0003", "33020319831104002X", "13900020003")
CHEN = Client("8002", "QH-0006", "120101199306300015", "13900020006")
"""The ID card has expired."""
