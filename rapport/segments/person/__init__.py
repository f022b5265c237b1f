"""One customer against one rule, answered from the record: the plain evaluator, with its evidence.

It reads a customer's own facts and nothing else, the moment they arrive. It is written apart from the evaluator over many
and shares no line with it, so that agreement between the two proves something.
"""

from rapport.segments.person.amounts_of import amounts_of
from rapport.segments.person.evidence import FactSeen, NodeEvidence, evidence
from rapport.segments.person.history import Deed, History, SuppressionWord, history_of
from rapport.segments.person.verdict import holds

__all__ = ["Deed", "FactSeen", "History", "NodeEvidence", "SuppressionWord", "amounts_of", "evidence", "history_of", "holds"]
