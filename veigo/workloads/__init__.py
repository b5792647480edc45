"""What users do to the stack: who they are, what they plan, and how they carry it out."""
