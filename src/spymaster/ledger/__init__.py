"""The record: every test of a level with what it took and how it ended, beside what happens where no level is."""
