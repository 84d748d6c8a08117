"""Keys that are heard while another program is in front."""
