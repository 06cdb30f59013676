"""Write ids.json anew; a changed id makes every finished phase of that kind run again, so say why in the commit."""

import json

from tests.golden.lineages import ids
from tests.golden.test_identity import IDS

if __name__ == "__main__":
    IDS.write_text(json.dumps(ids(), indent=1) + "\n")
