"""`research`: plans over many days, run, looked at and compared. The work is in `research`."""
