"""What must outlive the process: bindings, call records, traces."""
