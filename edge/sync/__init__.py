"""Between the box and its centre: records out, receipts and orders in, segments up."""
