"""What `helpbot doctor` looks at."""
