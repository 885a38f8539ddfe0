"""How a protocol wants the inside of an extractor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Extractors that have no such inside ignore these."""

    batch_statistics: bool = False  # AudioCLIP left in training mode, as the released evaluation has it
    waveform_scale: float = 32768.0  # what audio in [-1, 1] is multiplied by before AudioCLIP's 16-bit input map
