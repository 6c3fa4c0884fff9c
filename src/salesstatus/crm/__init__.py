"""Real CRMs in and out: `salesstatus.crm.sell` and `salesstatus.crm.bitrix24` read what these
systems send, and write it back.
"""
