"""
Sends stories by HealthChain's own client, in its own environment: python healthchain_client.py URL WORKFLOW FILE...
Prints what its response model made of the answers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from healthchain.models.requests.cdsrequest import CDSRequest
from healthchain.models.responses.cdsresponse import CDSResponse
from healthchain.sandbox.sandboxclient import SandboxClient

url, workflow, *files = sys.argv[1:]
client = SandboxClient(url=url, workflow=workflow)
client.requests = [CDSRequest(**json.loads(Path(file).read_text())) for file in files]
answers = client.send_requests()
print(json.dumps([CDSResponse(**answer).model_dump(mode="json") if answer else None for answer in answers]))
