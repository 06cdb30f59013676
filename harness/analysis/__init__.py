"""From records to an answer: points, gains, curves, tables, figures, report."""
