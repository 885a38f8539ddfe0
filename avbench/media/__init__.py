"""The only room that knows codecs: probe, decode, cut, resample, resize and encode media."""
