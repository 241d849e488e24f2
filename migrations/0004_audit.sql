-- Each change has one audit row, which is found by the change's number; acts that change no record
-- have none. Two rows for one change are refused.
CREATE UNIQUE INDEX audit_log_sequence ON audit_log (tenant, sequence);
