"""Speed, measured as ratios to a bare server in the same run: `python -m benchmarks`."""
