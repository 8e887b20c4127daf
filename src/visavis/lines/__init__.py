"""A telecom operator's register of lines: who a number is registered to, shown by verifications and by nothing else."""
