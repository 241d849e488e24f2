-- A webhook hears of the changes after the one that was the tenant's last when it was made: by number, since a clock
-- may be set back (API, section 8).

ALTER TABLE webhooks ADD COLUMN since {int} NOT NULL DEFAULT 0;
