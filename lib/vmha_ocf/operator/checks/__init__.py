"""What ``vmha check`` looks at: each check is a function over facts that were read, and pure."""
