"""Documents in the composer and on the page: tiles, chips, and what an answer says of them."""
