"""Tests of the process that does jobs."""
