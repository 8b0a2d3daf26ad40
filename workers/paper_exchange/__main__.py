"""Run `python -m workers.paper_exchange`."""

import sys

from .main import main

sys.exit(main())
