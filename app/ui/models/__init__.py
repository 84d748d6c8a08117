"""The models of this machine as rows: what is here, what could be, what is on its way."""
