"""Cases as other systems read them: service requests by Open311 GeoReport v2, as JSON.

The standard knows two states only. Whatever is under way is open, a case that was closed or voided is closed; how far
it is stands in ``status_notes``. Suspected and rejected cases are nobody else's business and are left out, as is the
name of every person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from pipeline.artifacts import atomic
from pipeline.casework.listing import LIVE, everything
from pipeline.casework.register import Register
from pipeline.casework.schema import parties
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import CaseState

TOLD = (*LIVE, CaseState.CLOSED, CaseState.VOID)


def service_request(case: CaseFacts, agency: str, *, media: str = "") -> dict[str, Any]:
    """A case as a service request; what is not known is null, as the standard has it.

    Parameters
    ----------
    agency : the name of the party that answers for it
    media : the address under which the working folder can be read; empty where it cannot
    """
    return {
        "service_request_id": case.number,
        "status": "open" if case.state.live else "closed",
        "status_notes": f"{case.state.zh} {case.state.en}",
        "service_name": f"{case.kind.zh} {case.kind.en}",
        "service_code": case.kind.value,
        "description": case.problem or None,
        "agency_responsible": agency or None,
        "service_notice": None,
        "requested_datetime": case.opened_at,
        "updated_datetime": case.last_at,
        "expected_datetime": case.deadline or None,
        "address": case.place or None,
        "address_id": case.block_id,
        "zipcode": None,
        "lat": case.lat,
        "long": case.lon,
        "media_url": f"{media.rstrip('/')}/{case.picture}" if media and case.picture else None,
    }


def write_requests(register: Register, out: Path, *, media: str = "", english: bool = False) -> int:
    """Write all cases that others may know of, by number; gives how many. The file is whole or not there.

    Raises
    ------
    WorkdirError : the disk is full, or the folder cannot be written
    """
    count = 0
    with register.reading() as connection, atomic(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        names = _names(connection, english)
        for case in everything(connection, TOLD):
            if case.opened_at:
                request = service_request(case, names.get(case.party, ""), media=media)
                file.write("[\n" if count == 0 else ",\n")
                file.write(json.dumps(request, ensure_ascii=False, allow_nan=False))
                count += 1
        file.write("\n]\n" if count else "[]\n")
    return count


def _names(connection: Connection, english: bool) -> Mapping[str, str]:
    rows = connection.execute(select(parties.c.id, parties.c.name, parties.c.name_en))
    return {row.id: (row.name_en if english else "") or row.name for row in rows}
