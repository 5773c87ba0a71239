"""One HTTP call: request values, transport, response decoding, retries and pagination. Knows no resource."""
